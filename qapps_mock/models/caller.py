"""Who calls: the identity and the options that come with a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from qapps_mock.control import Options


class Caller(NamedTuple):
    """The user of a call, the options of the mock that it reached, and where its presigned URLs lead."""

    user_id: str
    options: Options
    # The origin of a server, or None: AWS's S3.
    upload_origin: Callable[[], str | None] = lambda: None
