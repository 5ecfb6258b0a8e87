"""The tags of apps and sessions.

These operations name no instance, and the model documents no UnauthorizedException for them: they
are for whoever the account lets in, not for the users of an instance, so no ownership is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qapps_mock.models import tagging
from qapps_mock.models.files import Files
from qapps_mock.service import arns
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import ResourceNotFoundException, ValidationException


class Tags(Files):
    """The operations on tags."""

    def tag_resource(self, context: Context, *, resource_arn: str, tags: Mapping[str, str]) -> dict[str, Any]:
        """Tag an app or a session.

        Assumed: the short form app/<id> of AWS's examples will do; keys that start with aws: and
        more than 50 tags are ValidationExceptions; nobody asks who owns the resource.

        Not simulated: ConflictException comes only by `fail`.
        """
        kept = self._tags_of(resource_arn)
        kept.update(tagging.merge(kept, tags))
        return {}

    def untag_resource(
        self, context: Context, *, resource_arn: str, tag_keys: Sequence[str]
    ) -> dict[str, Any]:
        """Take tags from an app or a session.

        Assumed: a key that is not there changes nothing.
        """
        tags = self._tags_of(resource_arn)
        for key in tag_keys:
            tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, context: Context, *, resource_arn: str) -> dict[str, Any]:
        """Return the tags of an app or a session.

        Assumed: an ARN of another account, region, instance or app finds nothing.
        """
        return {"tags": dict(self._tags_of(resource_arn))}

    def _tags_of(self, text: str) -> dict[str, str]:
        arn = arns.parse(text)
        if arn is None:
            raise ValidationException(f"{text} is not the ARN of an app or a session of Amazon Q Apps.")
        tags = self._known_tags(arn)
        if tags is None:
            kind = "App" if arn.session_id is None else "Session"
            raise ResourceNotFoundException(
                f"Resource {text} does not exist.", resourceId=text, resourceType=kind
            )
        return tags

    def _known_tags(self, arn: arns.ResourceArn) -> dict[str, str] | None:
        if (arn.partition, arn.region, arn.account) != (self.partition, self.region_name, self.account_id):
            return None
        app = self._apps.get(arn.app_id)
        if app is None or arn.instance_id not in (None, app.instance_id):
            return None
        if arn.session_id is None:
            return app.tags
        session = self.known_session(app.instance_id, arn.session_id)
        return session.tags if session is not None and session.app_id == app.id else None
