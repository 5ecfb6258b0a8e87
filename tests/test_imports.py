"""There is no circle of imports; imports inside functions and for type checking count too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import qapps_mock

# The modules that are checked, by the start of their names.
CHECKED = ("qapps_mock",)

ROOT = Path(qapps_mock.__file__).parent


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Yield the modules of the package that a module imports, wherever the statement is."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import, which this test does not follow"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                target = submodule if submodule in known else str(node.module)
                if target in known:
                    yield target


def import_graph() -> dict[str, set[str]]:
    known = modules()
    return {name: set(imports(path, known)) for name, path in known.items()}


def in_cycles(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return a graph without the modules that are outside of cycles."""
    left = dict(graph)
    while True:
        imported = set().union(*left.values())
        kept = {
            name: targets & left.keys()
            for name, targets in left.items()
            if targets & left.keys() and name in imported
        }
        if kept.keys() == left.keys():
            return kept
        left = kept


def test_no_module_imports_itself_by_way_of_others():
    graph = {name: targets for name, targets in import_graph().items() if name.startswith(CHECKED)}

    assert len(graph) > 20
    assert in_cycles(graph) == {}


def test_a_circle_is_found_and_what_leads_to_it_is_not():
    graph = {"before": {"a"}, "a": {"b", "after"}, "b": {"c"}, "c": {"a"}, "after": set[str]()}

    assert in_cycles(graph) == {"a": {"b"}, "b": {"c"}, "c": {"a"}}


def test_imports_are_found_inside_functions_and_for_types(tmp_path):
    module = tmp_path / "module.py"
    module.write_text(
        "import qapps_mock.clock\n"
        "import json\n"
        "if TYPE_CHECKING:\n    from qapps_mock.models.upload import Upload\n"
        "def function():\n    from qapps_mock.models import cards, QAppsBackend\n"
    )

    assert sorted(imports(module, modules())) == [
        "qapps_mock.clock",
        "qapps_mock.models",
        "qapps_mock.models.cards",
        "qapps_mock.models.upload",
    ]
