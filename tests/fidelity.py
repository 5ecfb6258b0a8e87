"""The part of docs/fidelity.md about each operation: made from the model and the docstrings.

``python -m tests.fidelity`` writes it; tests/test_fidelity.py fails when the page lags behind.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from qapps_mock.models import QAppsBackend
from qapps_mock.service import protocol
from qapps_mock.service.service_model import service_model

PAGE = Path(__file__).parent.parent / "docs" / "fidelity.md"
MARK = "<!-- made by python -m tests.fidelity: do not edit below this line -->\n"
# The kinds of statements in the docstring of an operation: a paragraph that starts with one of these words.
GROUNDS = ("Modelled", "Documented", "Observed", "Assumed", "Not simulated")
_STATEMENT = re.compile(rf"({'|'.join(GROUNDS)}): (.+)", re.DOTALL)


def statements(operation: protocol.Operation) -> list[tuple[str, str]]:
    """Return the statements of the operation's docstring, each with its source."""
    text = inspect.getdoc(getattr(QAppsBackend, operation.method_name)) or ""
    paragraphs = [" ".join(each.split()) for each in text.split("\n\n")[1:]]
    matches = [_STATEMENT.fullmatch(each) for each in paragraphs]
    return [(match[1], match[2]) for match in matches if match]


def section(operation: protocol.Operation) -> str:
    """Return the operation's part of the page."""
    http = service_model().operation_model(operation.name).http
    lines = [f"### {operation.name}", "", f"`{http['method']} {http['requestUri']}`", ""]
    lines += [f"- *{ground.lower()}*: {statement}" for ground, statement in statements(operation)]
    errors = ", ".join(sorted(operation.errors - _everywhere()))
    lines.append(
        f"- *modelled*: parameters, result, and {errors or 'no exception but those of every operation'}"
    )
    return "\n".join(lines)


def _everywhere() -> frozenset[str]:
    return frozenset.intersection(*(each.errors for each in protocol.operations().values()))


def generated() -> str:
    """Return the part of the page below the mark."""
    everywhere = ", ".join(sorted(_everywhere()))
    sections = [section(protocol.find_operation(name)) for name in sorted(protocol.operations())]
    return "\n\n".join([f"Every operation documents {everywhere}; `fail` raises them.", *sections]) + "\n"


if __name__ == "__main__":
    head, mark, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text(f"{head}{mark or MARK}\n{generated()}")
