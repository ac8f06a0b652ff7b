# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every system reaches its figure in less than 40 lines, and docs/systems.md shows it."""

import re
import runpy
import sys
from pathlib import Path

import pytest

FRONT_END = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(FRONT_END))

import make_systems  # noqa: E402

NAMES = sorted(p.stem for p in make_systems.FOLDER.glob("*.py"))


@pytest.fixture(scope="module")
def page():
    return make_systems.PAGE.read_text(encoding="utf-8")


def test_all_are_listed(page):
    assert sorted(make_systems.TITLES) == NAMES
    assert sorted(make_systems.figures_of(page)) == sorted(make_systems.TITLES.values())
    for target in re.findall(r"\]\(#(.*?)\)", page):
        assert target in map(make_systems.anchor, make_systems.TITLES.values())


@pytest.mark.parametrize("name", NAMES)
def test_system(name):
    pytest.importorskip("sklearn")
    names = runpy.run_path(str(make_systems.path_of(name)))
    assert names["FIGURE"] and names["TRAINS"] in (True, False)


@pytest.mark.parametrize("name", NAMES)
def test_page_has_it(name, page):
    text = make_systems.path_of(name).read_text(encoding="utf-8")
    licence, *lines = text.splitlines()
    assert licence.startswith("# SPDX-License-Identifier: ") and len(lines) < 40
    assert max(map(len, lines)) <= 100
    words, program = make_systems.program_of(name)
    start = page.index(f"### {make_systems.TITLES[name]}\n")
    part = page[start:page.index("</details>", start)]
    assert words in part and f"```python\n{program}\n```" in part
    model, trains = make_systems.model_and_trains(name)
    shown = "\n".join(make_systems.dl_of(model))
    assert f"```mlir\n{shown}\n```" in part
    title = re.escape(make_systems.TITLES[name])
    assert re.search(rf"^\| \[{title}\]\(.*?\) \| yes \| . \| {'yes' if trains else '-'} \| .+ \|$",
                     page, re.MULTILINE)
