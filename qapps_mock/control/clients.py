"""Clients of the service and their users."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from qapps_mock import credentials, users
from qapps_mock.control import checks
from qapps_mock.control.handle import OfRun

if TYPE_CHECKING:
    from qapps_mock.client_type import QAppsClient


class Clients(OfRun):
    """How a test makes clients, and decides which user a client acts as."""

    def client(self, user: str | None = None, region_name: str | None = None, **kwargs: Any) -> QAppsClient:
        """Make a boto3 qapps client.

        Args:
            user: the e-mail of the user that the client acts as; None: the default user, unless
                *kwargs* or the environment hold keys of Moto's IAM or STS.
            region_name: None: boto3's own default, or us-east-1 when it has none.
            kwargs: passed on to ``boto3.client``.

        Raises:
            RuntimeError: the mock is not active, so the client would call AWS.
            ValueError: AWS cannot have a region of that name, or *user* is not a text, or is empty.
        """
        import boto3  # imported here for start-up time

        from qapps_mock.control.default_session import default_session  # imported here for start-up time

        arguments = self._client_arguments("client", user, region_name, kwargs)
        with default_session():
            # Not the session's: in Moto's server mode only boto3's function makes clients of the server.
            client: QAppsClient = boto3.client("qapps", **arguments)
        return client

    def async_client(
        self, user: str | None = None, region_name: str | None = None, **kwargs: Any
    ) -> AbstractAsyncContextManager[Any]:
        """Make an aiobotocore qapps client: ``async with qapps.async_client() as client:``.

        Args:
            user: the e-mail of the user that the client acts as; None: the default user, unless
                *kwargs* or the environment hold keys of Moto's IAM or STS.
            region_name: None: boto3's own default, or us-east-1 when it has none.
            kwargs: passed on to ``create_client`` of aiobotocore's session.

        Raises:
            ImportError: aiobotocore is not installed.
            RuntimeError: the mock is not active, so the client would call AWS.
            ValueError: AWS cannot have a region of that name, or *user* is not a text, or is empty.
        """
        arguments = self._client_arguments("async_client", user, region_name, kwargs)
        try:
            from aiobotocore.session import get_session  # imported here because it is optional
        except ImportError:
            raise ImportError("async_client() needs aiobotocore: pip install aiobotocore") from None
        from qapps_mock.control.default_session import session_variables  # imported here for start-up time

        session = get_session(session_variables())
        client: AbstractAsyncContextManager[Any] = session.create_client("qapps", **arguments)
        return client

    def _client_arguments(
        self, method: str, user: str | None, region_name: str | None, kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        from qapps_mock.control.default_session import default_session  # imported here for start-up time

        self._running(f"{method}()")
        if region_name is not None:
            checks.check_region(region_name)
        if user is not None:
            _require_no_keys(method, kwargs)
            kwargs |= self.credentials(user)
        config = kwargs.get("config")
        with default_session() as session:
            region = region_name or session.region_name
        if not region and not (config is not None and config.region_name):
            region = "us-east-1"
        return {**kwargs, "region_name": region}

    def credentials(self, user: str) -> dict[str, str]:
        """Return the keys of a user, for code that makes its own client.

        They are arguments of ``boto3.client``, ``boto3.Session`` and aiobotocore's ``create_client``:
        aws_access_key_id and aws_secret_access_key. In capital letters these are the names of the
        environment variables.

        Args:
            user: the e-mail of the user.

        Raises:
            ValueError: *user* is not a text, or is empty.
        """
        keys = credentials.of_user(self._registered(user))
        return {"aws_access_key_id": keys.access_key, "aws_secret_access_key": keys.secret.key}

    def user(self, email: str, id: str | None = None) -> str:
        """Return the id of the user behind *email*, as createdBy shows it.

        It is the UserId of the user with this e-mail in Moto's Identity Store, if there is one, or else
        an id in the form of IAM Identity Center, which depends on the e-mail alone. The first use of the
        user decides; the decision holds until `reset`.

        Args:
            email: the e-mail of the user.
            id: the id that the user is to have, a text of 1 to 256 characters.

        Raises:
            ValueError: *email* is not a text or is empty, *id* is not an id, another user has it, or this user was
                used with another id before.
        """
        self._registered(email)
        if id is not None:
            users.check_id(id)
            users.fix_id(email, id)
        return users.user_id(email)

    @contextlib.contextmanager
    def as_user(self, user: str) -> Iterator[str]:
        """Let *user* be the default user within a ``with`` block, for code that makes its own client.

        The default user makes each call that no key of a user signs (`credentials`), in every thread and
        over HTTP. ``as`` gets the user's id.

        Args:
            user: the e-mail of the user.

        Raises:
            RuntimeError: the mock is not active.
            ValueError: *user* is not a text, or is empty.
        """
        before = self._default_user
        self._default_user = self._registered(user)
        try:
            yield self.user(user)
        finally:
            self._default_user = before

    @property
    def _default_user(self) -> str | None:
        """The e-mail of the default user; None: the test has not set it."""
        return self._running("as_user()").default_email

    @_default_user.setter
    def _default_user(self, email: str | None) -> None:
        self._latest("as_user()").default_email = email

    def _registered(self, email: str) -> str:
        """Return *email*, whose keys identify its user from now on."""
        users.check_email(email)
        credentials.of_user(email)
        return email


def _require_no_keys(method: str, kwargs: dict[str, Any]) -> None:
    given = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"} & kwargs.keys()
    if given:
        raise TypeError(
            f"{method}(user=...) uses keys of its own. Leave out {', '.join(sorted(given))}, or leave out user."
        )
