# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How Sphinx makes the site of the folder that site.py lays out."""

import re
from pathlib import Path

from pygments import token
from pygments.lexer import RegexLexer

_PROJECT = Path(__file__).resolve().parents[1] / "CMakeLists.txt"

project = "dlc"
version = re.search(r"project\(dlc VERSION ([\d.]+)", _PROJECT.read_text(encoding="utf-8"))[1]
release = version
html_title = f"dlc {version}"
html_theme = "furo"
html_copy_source = False
html_show_sphinx = False

extensions = ["myst_parser"]
# Anchors as GitHub makes them, which pages link to.
myst_heading_anchors = 6
# TableGen's pages of passes begin lower.
suppress_warnings = ["myst.header"]
highlight_language = "none"


class MLIRLexer(RegexLexer):
    """Enough of MLIR's text to read it by colours; whatever is unknown stays plain."""

    name = "MLIR"
    tokens = {"root": [
        (r"//.*$", token.Comment.Single),
        (r'"(?:[^"\\]|\\.)*"', token.String),
        (r"[%^][\w$.-]+(?:#\d+)?", token.Name.Variable),
        (r"@[\w$.-]+", token.Name.Function),
        (r"[#!][a-zA-Z_][\w$.]*", token.Keyword.Type),
        (r"(?:tensor|memref|vector|index|none|[su]?i\d+|b?f\d+\w*)\b", token.Keyword.Type),
        (r"[a-z_]\w*(?:\.\w+)+", token.Name.Builtin),
        (r"\b(?:module|private|return|true|false|dense|array|to|step|iter_args)\b", token.Keyword),
        (r"(?:\d+|\?)x", token.Number),
        (r"-?\d+(?:\.\d*)?(?:e[-+]?\d+)?", token.Number),
        (r"\w+", token.Text),
        (r"\s+", token.Whitespace),
        (r".", token.Punctuation),
    ]}


def setup(app):
    app.add_lexer("mlir", MLIRLexer)
