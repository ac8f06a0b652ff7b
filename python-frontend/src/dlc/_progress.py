"""Bars of progress by tqdm: on a terminal and in a notebook, where tqdm is installed."""

import sys
import warnings


def is_watched():
    """Whether a person may be looking: standard error is a terminal, or this is a notebook."""
    shell = sys.modules.get("IPython")
    shell = shell and shell.get_ipython()
    return sys.stderr.isatty() or type(shell).__name__ == "ZMQInteractiveShell"


class Bar:
    """One bar; it says nothing where nobody looks or tqdm is missing.

    total: what it counts to; unit: of what. shown: True and False instead of asking who
    looks. after: seconds that pass before it is drawn, so short work leaves no flicker.
    """

    def __init__(self, total, title, unit, shown=None, after=0.0):
        self._bar = None
        if shown if shown is not None else is_watched():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of a notebook without widgets
                    from tqdm.auto import tqdm
            except ImportError:
                return
            self._bar = tqdm(total=total, desc=title, unit=f" {unit}", leave=False, delay=after)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """The bar goes away."""
        if self._bar is not None:
            self._bar.close()

    def to(self, done, note=None):
        """So much is done; note: a word, or numbers by name, that stand behind the bar."""
        if self._bar is None:
            return
        if isinstance(note, dict):
            note = ", ".join(f"{k.replace('_', ' ')} {v:.4f}" for k, v in note.items())
        if note:
            self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)
