"""Put a mock around each test of a class, and one around all of its tests and class hooks."""

from __future__ import annotations

import contextlib
import functools
import inspect
import unittest
from collections.abc import Callable, Iterator
from typing import Any

from qapps_mock import class_mock
from qapps_mock.bridge.fixtures import scope_of
from qapps_mock.class_mock import NewMock
from qapps_mock.control.active import ACTIVE

# In a class: what makes its mocks.
_NEW_MOCK = "_qapps_mock_new_mock"
# In an instance: the mocks that its setup_method has started.
_STARTED = "_qapps_mock_started"
# In a function: it is one of the wrappers below.
_IS_WRAPPER = "_qapps_mock_is_wrapper"

_TEST_PAIR = ("setup_method", "teardown_method")
_CLASS_PAIR = ("setup_class", "teardown_class")

# The hooks that run now: a hook that calls the one of a base class starts nothing more.
_running: list[tuple[object, str]] = []


def decorate_class(cls: Any, new_mock: NewMock, around_function: Callable[[Any, NewMock], Any]) -> Any:
    """Put a mock around each test of *cls*, and one around all of them and its class hooks.

    The class hooks are setUpClass, tearDownClass and class cleanups of unittest; setup_class,
    teardown_class and class-scoped fixtures of pytest. A class-scoped fixture from outside the class is
    inside the mock too, unless it is autouse or the class has no hook: no decorator can reach it then.
    """
    if _NEW_MOCK not in vars(cls):
        setattr(cls, _NEW_MOCK, staticmethod(new_mock))
    if not issubclass(cls, unittest.TestCase):
        for name, attribute in list(vars(cls).items()):
            if name.startswith("_") or name in _TEST_PAIR + _CLASS_PAIR:
                continue
            if inspect.isfunction(attribute):
                setattr(cls, name, around_function(attribute, new_mock))
            elif isinstance(attribute, type) and attribute.__qualname__ == f"{cls.__qualname__}.{name}":
                setattr(cls, name, decorate_class(attribute, new_mock, around_function))
    _around_hooks(cls)
    _around_hooks_of_subclasses(cls)
    return cls


def _around_hooks_of_subclasses(cls: Any) -> None:
    own = vars(cls).get("__init_subclass__")

    def __init_subclass__(sub: Any, /, **kwargs: Any) -> None:
        """Keep the hooks of a subclass inside the mock, whether or not they call those of this class."""
        if own is None:
            super(cls, sub).__init_subclass__(**kwargs)
        else:
            own.__get__(None, sub)(**kwargs)
        _around_hooks(sub)

    cls.__init_subclass__ = classmethod(__init_subclass__)
    for sub in _subclasses(cls):
        _around_hooks(sub)


def _subclasses(cls: type) -> Iterator[type]:
    """Yield the subclasses that exist when a class is decorated, for example those of parameterized_class."""
    sub: type
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)


def _around_hooks(cls: Any) -> None:
    if issubclass(cls, unittest.TestCase):
        # One mock from setUp to the last cleanup; some debuggers run a test by `debug`.
        wrappers = {"run": _run, "debug": _run, "doCleanups": _do_cleanups}
        wrappers |= {"setUpClass": _set_up_class, "tearDownClass": _tear_down_class}
        wrappers["doClassCleanups"] = _do_class_cleanups
        for name, wrapper in wrappers.items():
            found = inspect.getattr_static(cls, name)
            if not _is_wrapper(found):
                setattr(cls, name, _marked(wrapper(found)))
    else:
        _wrap_pair(cls, _TEST_PAIR, (_setup_method, _teardown_method))
    if any(_has_hook(cls, name) for name in _CLASS_PAIR) or _has_class_fixture(cls):
        # pytest calls them before and after the class-scoped fixtures of the class.
        _wrap_pair(cls, _CLASS_PAIR, (_setup_class, _teardown_class))


def _wrap_pair(
    cls: Any, names: tuple[str, str], wrappers: tuple[Callable[..., Any], Callable[..., Any]]
) -> None:
    """Wrap both hooks of pytest, or none: what one starts, the other one stops."""
    for name, wrapper in zip(names, wrappers, strict=True):
        found = inspect.getattr_static(cls, name, None)
        if not _is_wrapper(found):
            setattr(cls, name, _marked(wrapper(found, cls)))


def _function_of(hook: Any) -> Any:
    return getattr(hook, "__func__", hook)


def _is_wrapper(hook: Any) -> bool:
    return hasattr(_function_of(hook), _IS_WRAPPER)


def _marked(hook: Any) -> Any:
    setattr(_function_of(hook), _IS_WRAPPER, True)
    return hook


def _has_hook(cls: type, name: str) -> bool:
    found = inspect.getattr_static(cls, name, None)
    return found is not None and scope_of(found) is None


def _has_class_fixture(cls: type) -> bool:
    attributes = (attribute for base in cls.__mro__ for attribute in vars(base).values())
    return any(scope_of(attribute) not in (None, "function") for attribute in attributes)


def _newest(cls: type) -> NewMock:
    """Return what makes the mocks of a class: the decorator closest to it decides the options."""
    new_mock: NewMock = getattr(cls, _NEW_MOCK)
    return new_mock


@contextlib.contextmanager
def _outermost(owner: object, name: str) -> Iterator[bool]:
    """Tell whether a hook was called by the runner, not by the same hook of a subclass."""
    called_by_runner = not any(other == name and _is_part(each, owner) for each, other in _running)
    _running.append((owner, name))
    try:
        yield called_by_runner
    finally:
        _running.remove((owner, name))


def _is_part(running: object, owner: object) -> bool:
    if isinstance(running, type) and isinstance(owner, type):
        return issubclass(running, owner)
    return running is owner


def _call(hook: Any, *args: Any) -> None:
    """Call a hook of pytest, which may omit its last parameter."""
    if hook is not None:
        takes = len(inspect.signature(hook).parameters)
        hook(*args[: max(takes, len(args) - 1)])


# --- Each test


def _run(original: Any) -> Any:
    @functools.wraps(original)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        with class_mock.one_test(), contextlib.ExitStack() as stack:
            started = class_mock.Started(_newest(type(self)))
            stack.callback(started.stop)
            # The first cleanup is the last one to run: what fails in it is a failure of the test.
            self.addCleanup(started.end)
            return original(self, *args, **kwargs)

    return run


def _do_cleanups(original: Any) -> Any:
    @functools.wraps(original)
    def doCleanups(self: Any) -> Any:
        """Tell whether the test has passed: during the cleanups unittest does not."""
        outcome = self._outcome
        if not outcome.success or outcome.expectedFailure:
            ACTIVE.note_failed_test()
        return original(self)

    return doCleanups


def _setup_method(original: Any, cls: type) -> Any:
    """Start in pytest's setup_method and stop in its teardown_method, so that one test has one state."""

    def setup_method(self: Any, method: Any = None) -> None:
        with _outermost(self, "setup_method") as outermost, contextlib.ExitStack() as stack:
            if outermost:
                stack.enter_context(class_mock.one_test())
                started = class_mock.Started(_newest(type(self)))
                stack.callback(started.stop)
            _call(original, self, method)
            if outermost:
                # A list: pytest calls these hooks twice for a class in a class.
                vars(self).setdefault(_STARTED, []).append((started, stack.pop_all()))

    return setup_method


def _teardown_method(original: Any, cls: type) -> Any:
    def teardown_method(self: Any, method: Any = None) -> None:
        with contextlib.ExitStack() as stack:
            outermost = stack.enter_context(_outermost(self, "teardown_method"))
            if outermost:
                started, end = vars(self)[_STARTED].pop()
                stack.enter_context(end)
            _call(original, self, method)
            if outermost:
                started.end()

    return teardown_method


# --- The hooks of unittest for a class


def _set_up_class(original: Any) -> Any:
    @functools.wraps(original.__func__)
    def setUpClass(cls: Any) -> None:
        if class_mock.is_held(cls, "setUpClass") or not _has_unittest_hook(cls):
            original.__get__(None, cls)()
            return
        held = class_mock.hold(cls, "setUpClass", _newest(cls))
        try:
            original.__get__(None, cls)()
        except BaseException as error:
            if not isinstance(error, Exception):  # then no runner calls doClassCleanups
                class_mock.release(cls, "setUpClass")
            raise
        held.note_calls()

    return classmethod(setUpClass)


def _has_unittest_hook(cls: Any) -> bool:
    return any(
        inspect.unwrap(getattr(cls, name).__func__) is not getattr(unittest.TestCase, name).__func__
        for name in ("setUpClass", "tearDownClass")
    )


def _tear_down_class(original: Any) -> Any:
    @functools.wraps(original.__func__)
    def tearDownClass(cls: Any) -> None:
        with _held(cls, "tearDownClass") if _has_unittest_hook(cls) else contextlib.nullcontext():
            original.__get__(None, cls)()
            class_mock.check(cls)

    return classmethod(tearDownClass)


def _do_class_cleanups(original: Any) -> Any:
    @functools.wraps(original.__func__)
    def doClassCleanups(cls: Any) -> None:
        with _held(cls, "doClassCleanups") if cls._class_cleanups else contextlib.nullcontext():
            original.__get__(None, cls)()
        class_mock.release(cls, "setUpClass")

    return classmethod(doClassCleanups)


@contextlib.contextmanager
def _held(cls: type, name: str) -> Iterator[None]:
    class_mock.hold(cls, name, _newest(cls))
    try:
        yield
    finally:
        class_mock.release(cls, name)


# --- The hooks of pytest for a class


def _setup_class(original: Any, owner: type) -> Any:
    function = _function_of(original)

    def setup_class(cls: Any = owner) -> None:
        with _outermost(cls, "setup_class") as outermost:
            if not outermost:
                _call(function, cls)
                return
            held = class_mock.hold(cls, "setup_class", _newest(cls if hasattr(cls, _NEW_MOCK) else owner))
            try:
                _call(function, cls)
            except BaseException:
                class_mock.release(cls, "setup_class")
                raise
            held.note_calls()

    return _of_same_kind(original, setup_class)


def _teardown_class(original: Any, owner: type) -> Any:
    function = _function_of(original)

    def teardown_class(cls: Any = owner) -> None:
        with _outermost(cls, "teardown_class") as outermost:
            passed = False
            try:
                _call(function, cls)
                passed = True
            finally:
                if outermost:
                    class_mock.release(cls, "setup_class", passed=passed)

    return _of_same_kind(original, teardown_class)


def _of_same_kind(original: Any, wrapper: Callable[..., None]) -> Any:
    """Make a wrapper a class method or a static method, as the hook is: other hooks may call it."""
    if original is None:
        return classmethod(wrapper)
    return type(original)(wrapper) if isinstance(original, (classmethod, staticmethod)) else wrapper
