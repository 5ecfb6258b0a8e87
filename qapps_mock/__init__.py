"""Test code that calls Amazon Q Apps without AWS: a Moto-style mock of the boto3 client ``qapps``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qapps_mock.bridge.registration import register
    from qapps_mock.control.call import Call
    from qapps_mock.control.scripts import Progress
    from qapps_mock.mock import MockQApps, current, mock_qapps
    from qapps_mock.models.upload import Refusal, Upload
    from qapps_mock.service.names import errors

__all__ = [
    "Call",
    "MockQApps",
    "Progress",
    "Refusal",
    "Upload",
    "current",
    "errors",
    "mock_qapps",
    "register",
]

# Looked up on first use (PEP 562): pytest imports this package in every run of a suite.
_HOMES = {
    "Call": "qapps_mock.control.call",
    "MockQApps": "qapps_mock.mock",
    "Progress": "qapps_mock.control.scripts",
    "Refusal": "qapps_mock.models.upload",
    "Upload": "qapps_mock.models.upload",
    "current": "qapps_mock.mock",
    "errors": "qapps_mock.service.names",
    "mock_qapps": "qapps_mock.mock",
    "register": "qapps_mock.bridge.registration",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # imported here for start-up time

        return version("qapps-mock")
    if name not in _HOMES:
        raise _missing(name)
    from importlib import import_module  # imported here for start-up time

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def _missing(name: str) -> Exception:
    """Return the error for a name that does not exist, with a close match.

    ``from qapps_mock import name`` would replace an AttributeError, and its message, by an ImportError of its own.
    """
    import dis  # imported here for start-up time
    import inspect  # imported here for start-up time

    from qapps_mock.close_match import did_you_mean  # imported here for start-up time

    close = did_you_mean(name, __all__)
    # Not inspect.stack, which takes ms: `from qapps_mock import endpoints` comes here too, before its import.
    frame: Any = inspect.currentframe()
    caller = frame.f_back.f_back  # of __getattr__, which calls this function
    if caller.f_code.co_code[caller.f_lasti] == dis.opmap["IMPORT_FROM"]:
        return ImportError(f"cannot import name {name!r} from {__name__!r}.{close}", name=__name__)
    return AttributeError(f"module {__name__!r} has no attribute {name!r}.{close}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
