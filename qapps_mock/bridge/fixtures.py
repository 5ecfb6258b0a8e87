"""pytest's fixtures: which objects are one, and the scope of each."""

from __future__ import annotations

from qapps_mock.bridge.moto_names import find_loaded
from qapps_mock.bridge.table import Touch

# It is kept in an attribute of the fixture, whose name changed in pytest 8.4.
_MARKER = Touch(
    "_pytest.fixtures",
    "FixtureFunctionMarker",
    "class-scoped fixtures of a decorated class are inside its mock",
)


def scope_of(target: object) -> object:
    """Return the scope of a fixture, also a callable; None: *target* is not a fixture."""
    kind = find_loaded(_MARKER)
    if kind is None:
        return None
    markers = (value for value in getattr(target, "__dict__", {}).values() if isinstance(value, kind))
    return next((marker.scope for marker in markers), None)
