from __future__ import annotations

import inspect

import pytest

from qapps_mock.models import QAppsBackend
from qapps_mock.service import protocol
from tests import fidelity


def test_the_page_has_the_statements_of_the_docstrings():
    _, mark, below = fidelity.PAGE.read_text().partition(fidelity.MARK)

    assert mark
    assert below.strip() == fidelity.generated().strip(), "run python -m tests.fidelity"


@pytest.mark.parametrize("name", sorted(protocol.operations()))
def test_each_operation_states_the_sources_of_its_behaviour(name):
    operation = protocol.find_operation(name)
    docstring = inspect.getdoc(getattr(QAppsBackend, operation.method_name)) or ""

    assert fidelity.statements(operation) or docstring.count("\n\n") == 0
    # Every paragraph after the first is a statement, so that the page has all of them.
    assert len(fidelity.statements(operation)) == docstring.count("\n\n")
