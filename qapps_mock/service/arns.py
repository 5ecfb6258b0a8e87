"""The ARNs of Amazon Q Apps: build and parse them.

Source: the service authorization reference of Amazon Q Business Q Apps. AWS's published examples of the API
also have the short form ``app/<id>``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):qapps:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):"
    r"(?:application/(?P<instance>[^/]+)/qapp/(?P<app>[^/]+)(?:/session/(?P<session>[^/]+))?"
    r"|app/(?P<short>[^/]+))"
)


class ResourceArn(NamedTuple):
    """The parts of the ARN of an app, or of one of its sessions."""

    partition: str
    region: str
    account: str
    instance_id: str | None
    app_id: str
    session_id: str | None


def instance_arn(*, partition: str, region: str, account: str, instance_id: str) -> str:
    """Build the ARN of an instance: an application of Amazon Q Business."""
    return f"arn:{partition}:qbusiness:{region}:{account}:application/{instance_id}"


def app_arn(*, partition: str, region: str, account: str, instance_id: str, app_id: str) -> str:
    """Build the canonical ARN of an app."""
    return f"arn:{partition}:qapps:{region}:{account}:application/{instance_id}/qapp/{app_id}"


def session_arn(app: str, session_id: str) -> str:
    """Build the ARN of a session of the app whose ARN is *app*."""
    return f"{app}/session/{session_id}"


def parse(arn: str) -> ResourceArn | None:
    """Split *arn* into its parts; None when it is not the ARN of an app or a session."""
    match = _ARN.fullmatch(arn)
    if match is None:
        return None
    app_id = match["app"] or match["short"]
    return ResourceArn(
        match["partition"], match["region"], match["account"], match["instance"], app_id, match["session"]
    )
