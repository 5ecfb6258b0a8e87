"""Who calls: the identity and the options that come with a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from qapps_mock.control import Options


class Caller(NamedTuple):
    """The user of a call, and the options of the mock that it reached."""

    user_id: str
    email: str
    options: Options
