# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lays out the pages for Sphinx as one folder: site.py FOLDER.

The pages are written to be read where they lie. Here the README becomes the first page, the pages
beside it pages of the site, and a link to a source file or a folder leads to a page that shows it.
A page that is missing from PAGES is one that Sphinx finds in no table of contents, which is an
error of `make docs`, as a broken link is.
"""

import posixpath
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BESIDE = {"README.md": "index.md", "CONTRIBUTING.md": "CONTRIBUTING.md",
          "SECURITY.md": "SECURITY.md", "CHANGELOG.md": "CHANGELOG.md",
          "examples/README.md": "examples.md"}
PAGES = {
    "Libraries": ["examples", "c-interface", "training", "performance", "recurrent",
                  "mlir-input"],
    "Front ends": ["python", "keras", "keras-api", "pytorch", "jax", "scikit-learn", "onnx",
                   "onnx-support", "systems"],
    "Reference": ["stages", "reference/pipelines", "reference/dl", "reference/codegen",
                  "reference/passes-autodiff", "reference/passes-transforms",
                  "reference/passes-conversion", "reference/passes-codegen", "glossary"],
    "The project": ["CONTRIBUTING", "adding-an-op", "derivatives", "testing", "benchmark",
                    "rationale", "SECURITY", "CHANGELOG"],
}
# The pages that TableGen writes have no title.
TITLES = {"reference/passes-autodiff": "Passes of derivatives",
          "reference/passes-transforms": "Passes on models",
          "reference/passes-conversion": "Passes from dl to linalg",
          "reference/passes-codegen": "Passes from linalg to machine code"}
LANGUAGES = {".py": "python", ".h": "c", ".c": "c", ".cpp": "cpp", ".toml": "toml", ".sh": "sh"}
LINK = re.compile(r"(\]\()(?!\w+:|#)([^)\s#]+)(#[^)\s]*)?(\))")
FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2 *$", re.MULTILINE | re.DOTALL)


def in_site(place):
    """The site's file for one of the repository, and whether it shows a source."""
    if place in BESIDE:
        return BESIDE[place], False
    if place.startswith("docs/") and (ROOT / place).is_file() and \
            Path(place).suffix in (".md", ".png", ".svg"):
        return place.removeprefix("docs/"), False
    return f"sources/{place}.md", True


def moved(text, place, sources):
    """A page with links that hold in the site; `sources` collects what they want shown."""
    uri = in_site(place)[0]

    def link(match):
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(place), match[2]))
        if not (ROOT / wanted).exists():
            sys.exit(f"{place} links to {match[2]}, which is not there")
        target, is_source = in_site(wanted)
        if is_source:
            sources.add(wanted)
        relative = posixpath.relpath(target, posixpath.dirname(uri) or ".")
        return match[1] + relative + (match[3] or "") + match[4]

    parts, last = [], 0
    for fence in FENCE.finditer(text):
        parts += [LINK.sub(link, text[last:fence.start()]), fence.group()]
        last = fence.end()
    return "".join([*parts, LINK.sub(link, text[last:])])


def shown(place, sources):
    """A page for a source file or a folder, which adds the folder's files."""
    path = ROOT / place
    orphan = ["---", "orphan: true", "---"]
    if path.suffix == ".md":
        return "\n".join([*orphan, moved(path.read_text(encoding="utf-8"), place, sources)])
    lines = [*orphan, f"# {place}", ""]
    if path.is_dir():
        names = sorted(file.name for file in path.iterdir() if file.is_file())
        sources |= {f"{place}/{name}" for name in names}
        lines += [f"- [{name}]({path.name}/{name}.md)" for name in names]
    elif path.suffix == ".ipynb":
        lines.append("A notebook: open it in Jupyter.")
    else:
        text = path.read_text(encoding="utf-8").rstrip("\n")
        lines += [f"````{LANGUAGES.get(path.suffix, 'text')}", text, "````"]
    return "\n".join([*lines, ""])


def contents():
    """The tables of contents, at the end of the first page; its text links to most pages too."""
    for caption, pages in PAGES.items():
        yield "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *pages,
                         "```", ""])


def main():
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    pages = [*BESIDE, *(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md"))]
    texts, sources = {}, set()
    for place in pages:
        uri = in_site(place)[0]
        text = moved((ROOT / place).read_text(encoding="utf-8"), place, sources)
        if uri.startswith("reference/"):  # a side bar has it
            text = text.replace("\n[TOC]\n", "\n")
        if title := TITLES.get(uri.removesuffix(".md")):
            text = f"# {title}\n\n{text}"
        texts[uri] = text
    texts["index.md"] += "".join(contents())
    while missing := {place for place in sources if in_site(place)[0] not in texts}:
        for place in missing:
            texts[in_site(place)[0]] = shown(place, sources)
    for uri, text in texts.items():
        (folder / uri).parent.mkdir(parents=True, exist_ok=True)
        (folder / uri).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "images", folder / "images")


if __name__ == "__main__":
    main()
