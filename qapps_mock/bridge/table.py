"""The table of private touches: what is used of another library, and what happens when it is gone."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from types import CodeType
from typing import Any

from qapps_mock.locks import Lock

_LOG = logging.getLogger("qapps_mock")
_GONE: Any = object()

# Gets the value of a touch, and returns what replaces it.
Make = Callable[[Any], Any]


@dataclass(eq=False)
class Touch:
    """One name of another library that is not part of its documented interface; a row of `TABLE`.

    Attributes:
        owner: a module, or ``module:object`` for the attribute of a class or of an object.
        name: the attribute.
        gain: what a user gains by it, as a sentence.
        use: what is done with it.
        needed: the mock cannot work without it; every other touch can fail without harm.
        parameters: the names of the first parameters that the replacement relies on.
        make: returns what replaces the value while a mock is active; None: it is only read.
        anew: each start makes it anew: it depends on more than the value, or a test could leave something in it.
        module: the module that the owner is, or is in.
        library: the package that the module is in; the modules of pytest are in _pytest.
    """

    owner: str
    name: str
    gain: str
    use: str = "read"
    needed: bool = False
    parameters: str = ""
    make: Make | None = None
    anew: bool = False
    module: str = field(init=False)
    library: str = field(init=False)

    def __post_init__(self) -> None:
        self.module, _, path = self.owner.partition(":")
        self.library = self.module.partition(".")[0].lstrip("_")
        self._path = path.split(".") if path else []
        TABLE.append(self)

    def __str__(self) -> str:
        return f"{self.owner.replace(':', '.')}.{self.name}"

    def find_owner(self) -> Any:
        """Return the module or the object that has the name; None when it is gone."""
        try:
            # Not sys.modules alone: another thread may be importing the module.
            found = _modules.get(self.module)
            if found is None or found is not sys.modules.get(self.module):
                found = _modules[self.module] = import_module(self.module)
            for part in self._path:
                found = getattr(found, part)
        except (ImportError, AttributeError):
            return None
        return found

    def find(self, owner: Any = None) -> Any:
        """Return the value; None when it is gone or no longer fits, which is logged once.

        Args:
            owner: the object whose attribute it is, when it is one of an instance.

        Raises:
            RuntimeError: it is needed; the message names library, version and cure.
        """
        value = getattr(self.find_owner() if owner is None else owner, self.name, _GONE)
        if value is _GONE or (self.parameters and not _fits(value, self.parameters)):
            self._report()
            return None
        return value

    def _report(self) -> None:
        library = self.library
        # A name of Python's own is there, unless another double, for example vcrpy, stands in its place.
        if not self.needed and (self in _reported or library in sys.stdlib_module_names):
            return
        what = f"{_release(library)} has no {self} that fits"
        if self.needed:
            raise RuntimeError(
                f"qapps_mock does not work with this release of {library}: {what}, which is needed so that "
                f"{self.gain}. Install another release of {library}, or a newer release of qapps-mock."
            )
        _reported.add(self)
        _LOG.warning("qapps_mock works without this: %s. It is used so that %s.", what, self.gain)


TABLE: list[Touch] = []
# Modules whose import has ended.
_modules: dict[str, Any] = {}
_reported: set[Touch] = set()
in_place: set[Touch] = set()
_lock = Lock()


def put_in_place() -> None:
    """Put every replacement in place that fits, and whose library is imported; again, when one was imported."""
    with _lock:
        for touch in TABLE:
            if touch.make is not None and touch not in in_place and touch.library in sys.modules:
                in_place.add(touch)
                _swap(touch, touch.make)


def put_back() -> None:
    """Restore every value."""
    with _lock:
        in_place.clear()
        while _replaced:
            _restore(*_replaced.pop())


# Owner, name, the owner's own attribute (_GONE: a class or a module further up has it), value, replacement.
_replaced: list[tuple[Any, str, Any, Any, Any]] = []
# What was made of what.
_made: dict[Touch, tuple[Any, Any]] = {}


def _swap(touch: Touch, make: Make) -> None:
    name, owner = touch.name, touch.find_owner()
    own = _GONE if owner is None else vars(owner).get(name, _GONE)
    original, replacement = _made.get(touch, (_GONE, _GONE))
    # It is known to fit when an earlier start has found it. And a test that patched this name may have put back
    # what was made then.
    known = touch in _made and (own is original or own is replacement)
    if not known:
        value = touch.find(owner)
        if value is None:
            return
        original = value if own is _GONE else own
    if not known or touch.anew:
        replacement = make(original)
        _made[touch] = original, replacement
    _replaced.append((owner, name, own, original, replacement))
    setattr(owner, name, replacement)


def _restore(owner: Any, name: str, own: Any, original: Any, replacement: Any) -> None:
    if vars(owner).get(name) is not replacement:
        return  # a test has patched it, and puts the replacement back later; that does nothing then
    if own is _GONE:
        delattr(owner, name)
    else:
        setattr(owner, name, original)


def _release(library: str) -> str:
    try:
        return f"{library} {version(library)}"
    except ImportError:  # PackageNotFoundError: a module of Python's own
        return f"this Python's {library}"


def _fits(value: Any, parameters: str) -> bool:
    """Tell whether a function still has the *parameters*; one that takes any has them."""
    code, names = getattr(value, "__code__", None), tuple(parameters.split())
    if not isinstance(code, CodeType) or code.co_flags & 0x04:  # *args
        return True
    return code.co_varnames[: code.co_argcount][: len(names)] == names
