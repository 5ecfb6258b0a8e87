"""The context of one request: who calls, with which options and scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from qapps_mock.control.active import ActiveMocks
    from qapps_mock.control.options import Options


class Context(NamedTuple):
    """The user of a request, and the options and scripts of the mock that received it.

    Attributes:
        s3_origin: returns the origin of the server that stands in for S3 in presigned URLs; None: AWS itself.
    """

    user_id: str
    email: str
    options: Options
    scripts: ActiveMocks
    s3_origin: Callable[[], str | None] = lambda: None
