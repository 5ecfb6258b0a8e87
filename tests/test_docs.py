"""Each page of the documentation, and the README, is a test file that passes."""

from __future__ import annotations

import re
from html import unescape
from importlib.metadata import requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# What other tests have left to the garbage collector can be reported while a page runs.
INI = """[pytest]
filterwarnings =
    error
    ignore::pytest.PytestUnraisableExceptionWarning
asyncio_default_fixture_loop_scope = function
"""
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def path(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def program(page: Path) -> str:
    return "\n".join(_BLOCK.findall(page.read_text()))


@pytest.mark.parametrize("page", [page for page in PAGES if program(page)], ids=path)
def test_the_python_of_a_page_passes(page, pytester):
    pytester.makeini(INI)
    pytester.makepyfile(test_page=program(page))
    tests = len(re.findall(r"^ *(?:async )?def test_", program(page), re.MULTILINE))

    result = pytester.runpytest_inprocess("--strict-markers", "-p", "no:randomly")

    # A snippet is skipped when the library that it shows is not installed.
    outcomes = result.parseoutcomes()
    assert outcomes.get("passed", 0) + outcomes.get("skipped", 0) == sum(
        number for outcome, number in outcomes.items() if outcome != "warnings"
    )
    assert outcomes["passed"] + outcomes.get("skipped", 0) >= tests  # more, where one has parameters


@pytest.mark.parametrize("page", PAGES, ids=path)
def test_the_links_of_a_page_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=path)
def test_each_block_of_a_page_names_its_language(page):
    opening = re.findall(r"^```(.*)$", page.read_text(), re.MULTILINE)[::2]

    assert "" not in opening  # a block without a language is not run, and nobody notices


def test_the_design_lists_every_module():
    tree = (ROOT / "docs" / "design.md").read_text().partition("## The modules")[2].partition("\n## ")[0]
    modules = [path for path in (ROOT / "qapps_mock").rglob("*.py") if path.name != "__init__.py"]

    assert [path.name for path in modules if path.name not in tree] == []


@pytest.mark.parametrize(
    "requirement", [text for text in requires("qapps-mock") or () if "extra" not in text]
)
def test_the_page_about_versions_has_the_lowest_version_of_each_dependency(requirement):
    found = re.fullmatch(r"(\w+)(?:\[\w+\])?>=([\d.]+)", requirement)
    assert found is not None
    name, version = found.groups()
    page = (ROOT / "docs" / "compatibility.md").read_text().lower()

    (row,) = (line for line in page.splitlines() if re.match(rf"\| {name}\b", line))
    assert f"| {version} |" in row


@pytest.mark.parametrize(
    "source", sorted((ROOT / "docs" / "drawings").glob("*.dot")), ids=lambda path: path.name
)
def test_a_drawing_shows_each_label_of_its_source(source):
    drawing = unescape(source.with_suffix(".svg").read_text())
    labels = re.findall(r'label = "(.*?)"', source.read_text())

    assert [line for label in labels for line in label.split("\\n") if f">{line}</text>" not in drawing] == []
