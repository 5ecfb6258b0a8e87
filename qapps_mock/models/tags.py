"""The tags of apps and sessions.

The tag operations name no instance, and the model documents no UnauthorizedException for them. So the
account's permissions decide who can call them, not the users of an instance: ownership is not checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qapps_mock.models.access import Access
from qapps_mock.service import arns
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import ResourceNotFoundException, ValidationException

# AWS's limits for tags on any resource ("Tagging AWS resources", user guide).
MOST_TAGS = 50
_RESERVED = "aws:"


def merge_tags(tags: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return *tags* with *more* added or changed.

    Raises:
        ValidationException: a key starts with aws:, or the resource would have too many tags.
    """
    for key in more:
        if key.lower().startswith(_RESERVED):
            raise ValidationException(f"Tag key {key} is reserved: it starts with {_RESERVED}.")
    merged = {**tags, **more}
    if len(merged) > MOST_TAGS:
        raise ValidationException(
            f"A resource can have at most {MOST_TAGS} tags, and this would be {len(merged)}."
        )
    return merged


class Tags(Access):
    """The operations on tags."""

    def tag_resource(self, context: Context, *, resource_arn: str, tags: Mapping[str, str]) -> dict[str, Any]:
        """Tag an app or a session.

        QA-253 assumed (AWS's examples of appArn): the short form app/<id> is accepted as an ARN. Settle:
            the call with such an ARN.
        QA-254 assumed (AWS's general rules for tags): keys that start with aws: and more than 50 tags are
            ValidationExceptions. Settle: both.
        QA-255 assumed (service model: no UnauthorizedException): the caller does not have to own the
            resource. Settle: the call by another user.
        QA-256 not simulated: only `fail` raises ConflictException.
        """
        kept = self._tags_of(resource_arn)
        kept.update(merge_tags(kept, tags))
        return {}

    def untag_resource(
        self, context: Context, *, resource_arn: str, tag_keys: Sequence[str]
    ) -> dict[str, Any]:
        """Remove tags from an app or a session.

        QA-257 assumed: a key that the resource does not have is ignored. Settle: such a key.
        """
        tags = self._tags_of(resource_arn)
        for key in tag_keys:
            tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, context: Context, *, resource_arn: str) -> dict[str, Any]:
        """Return the tags of an app or a session.

        QA-235 assumed: an ARN of another account, region, instance or app is a ResourceNotFoundException.
            Settle: such an ARN.
        """
        return {"tags": dict(self._tags_of(resource_arn))}

    def _tags_of(self, text: str) -> dict[str, str]:
        arn = arns.parse(text)
        if arn is None:
            raise ValidationException(f"{text} is not the ARN of an app or a session of Amazon Q Apps.")
        app, session = self.known_resource(arn)
        resource = app if arn.session_id is None else session
        if resource is None:
            kind = "App" if arn.session_id is None else "Session"
            raise ResourceNotFoundException(
                f"Resource {text} does not exist.", resourceId=text, resourceType=kind
            )
        return resource.tags
