"""The pytest plugin: four fixtures and a marker. Loading it imports neither boto3 nor moto."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from qapps_mock.control.options import checked_options, option_names, options_with_defaults

if TYPE_CHECKING:
    from qapps_mock.client_type import QAppsClient
    from qapps_mock.mock import MockQApps

_FIXTURE = _MARKER = "qapps_mock"
_OPTIONS = "qapps_mock_options"
# In an item: the mock of its fixture.
_RUNNING = pytest.StashKey["MockQApps"]()
# In an item: the mocks that were active in it.
_WATCH = pytest.StashKey[Any]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the coverage of Q Apps."""
    group = parser.getgroup("qapps_mock", "Amazon Q Apps")
    group.addoption(
        "--qapps-coverage",
        action="store_true",
        help="show at the end which operations and documented exceptions of Amazon Q Apps the tests have seen",
    )
    group.addoption(
        "--qapps-coverage-fail-under",
        type=_percentage,
        metavar="PERCENT",
        help="fail when less of the operations that were called is covered: success and each documented exception",
    )


def _percentage(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 <= share <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a percentage: expected 0 to 100")
    return share


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the report of the coverage if it is asked for."""
    fail_under = config.getoption("qapps_coverage_fail_under")
    is_asked = config.getoption("qapps_coverage") or fail_under is not None
    if is_asked and not config.getoption("collectonly"):  # an editor collects with the options of the suite
        from qapps_mock.plugin_coverage import CoverageReport  # imported here for start-up time

        config.pluginmanager.register(CoverageReport(fail_under), "qapps_mock_coverage")
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(*, {options_with_defaults()}): run the test with Amazon Q Apps mocked, with these options.",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Set up the mock of marked tests before any other fixture, and reject wrong options at collection.

    In a worker of pytest-xdist the test with wrong options fails instead, in its setup.
    """
    for item in items:
        if item.get_closest_marker(_MARKER) is None:
            continue
        if not hasattr(item.config, "workerinput"):  # pytest-xdist hides usage errors of its workers
            _checked_mock(item, {})
        names = getattr(item, "fixturenames", None)
        if names is not None:
            if _FIXTURE in names:
                names.remove(_FIXTURE)
            names.insert(0, _FIXTURE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that passed but has scripted something that no call has used."""
    __tracebackhide__ = True
    result = yield
    mock = item.stash.get(_RUNNING, None)
    if mock is not None:
        from qapps_mock.mock import require_used  # imported here for start-up time

        require_used(mock)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Watch the mocks of a test, for the report."""
    if "qapps_mock.control.active" not in sys.modules:  # no mock is active
        return (yield)
    from qapps_mock.control.report import Watch  # imported here for start-up time

    watch = item.stash[_WATCH] = Watch()
    try:
        return (yield)
    finally:
        watch.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the calls and the scripts of a test that fails, and where its clients found no server."""
    report = yield
    if report.failed and "qapps_mock.control.active" in sys.modules:
        # Imported here for start-up time.
        from qapps_mock.control.active import ACTIVE
        from qapps_mock.control.report import Watch, is_complaint

        ACTIVE.note_failed_test()
        if call.excinfo is not None and is_complaint(call.excinfo, item.path):
            report.longrepr = call.excinfo.getrepr(style="value", tbfilter=False)
        watch = item.stash.get(_WATCH, None) or Watch.late()
        report.sections.extend(watch.sections(whole=item.config.get_verbosity() > 1))
    return report


def _checked_mock(node: Any, inherited: Any) -> MockQApps:
    """Return the mock of a test, with the options of the fixture and of the markers, which win."""
    __tracebackhide__ = True
    from qapps_mock.mock import mock_qapps  # imported here for start-up time

    options = _checked_options(node, inherited)
    try:
        for marker in reversed(list(node.iter_markers(_MARKER))):  # the closest one wins
            if marker.args:
                raise TypeError(
                    f"{marker.args[0]!r} has no name. The options are keyword-only: {', '.join(option_names())}."
                )
            options.update(marker.kwargs)
        return mock_qapps(**options)
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(f"{node.nodeid}: @pytest.mark.{_MARKER}: {error}") from None


def _checked_options(node: Any, options: Any) -> dict[str, Any]:
    __tracebackhide__ = True
    try:
        if not isinstance(options, Mapping):
            raise TypeError(
                f"it returns {options!r}: it must return a dict of options, for example {{'strict': True}}"
            )
        checked_options(options)
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(f"{node.nodeid}: the fixture {_OPTIONS}: {error}") from None
    return dict(options)


@pytest.fixture(scope="session")
def qapps_mock_options() -> dict[str, Any]:
    """The options of every `qapps_mock`; a suite, a folder, a file or a class can define its own. Markers win."""
    return {}


@pytest.fixture
def qapps_mock(request: pytest.FixtureRequest, qapps_mock_options: Mapping[str, Any]) -> Iterator[MockQApps]:
    """Amazon Q Apps mocked for one test: the running `qapps_mock.MockQApps`, to script and to inspect."""
    mock = _checked_mock(request.node, qapps_mock_options).start()
    request.node.stash[_RUNNING] = mock
    yield mock
    mock.stop()


@pytest.fixture
def qapps_client(qapps_mock: MockQApps) -> QAppsClient:
    """A boto3 qapps client of the mocked service, which acts as the default user."""
    return qapps_mock.client()


@pytest.fixture(scope="session")
def _qapps_server() -> Iterator[str]:
    # Imported here for start-up time.
    from moto import settings

    from qapps_mock.server.server import Server

    if settings.TEST_SERVER_MODE:
        yield settings.test_server_mode_endpoint()
        return
    try:
        server = Server(whole=True)
    except RuntimeError as error:
        raise pytest.UsageError(f"The fixture qapps_server: {error}") from None
    with server:
        yield server.url


@pytest.fixture
def qapps_server(_qapps_server: str, qapps_mock: MockQApps) -> str:
    """The URL of a server on 127.0.0.1 that shares the state of `qapps_mock`; no environment variable is set."""
    return _qapps_server
