"""For mypy only, never run: clients have the type of the stubs that are installed, and names are completed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qapps_mock import MockQApps, errors

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from typing_extensions import assert_type

    from qapps_mock.client_type import QAppsClient


def clients(mock: MockQApps, name: str) -> None:
    assert_type(mock.client(), QAppsClient)
    assert_type(mock.async_client(), AbstractAsyncContextManager[Any])
    assert_type(errors("CreateQApp"), list[str])
    mock.fail(name, name)
    mock.fail("CreateQApp", "ThrottlingException")
    mock.fail(3, "ThrottlingException")  # type: ignore[arg-type]
    with mock.as_user("ann@example.com") as ann:
        assert_type(ann, str)
