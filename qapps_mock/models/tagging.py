"""What may be a tag, on creation and later."""

from __future__ import annotations

from collections.abc import Mapping

from qapps_mock.service.exceptions import ValidationException

# AWS's limits for tags on any resource ("Tagging AWS resources", user guide).
MOST_TAGS = 50
_RESERVED = "aws:"


def merge(tags: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return *tags* with *more* added or changed.

    Raises:
        ValidationException: a key is AWS's own, or they become too many.
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
