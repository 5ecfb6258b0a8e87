"""A test with MagicMock, which accepts every parameter, and the same test with a client that accepts what AWS accepts."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from botocore.exceptions import ParamValidationError

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"


def titles(client, **wrong):
    """The code under test; *wrong* is a mistake in it."""
    return [app["title"] for app in client.list_q_apps(instanceId=INSTANCE, **wrong)["apps"]]


@pytest.mark.parametrize("wrong", [{}, {"limit": 1000}, {"maxResults": 10}])
def test_with_magicmock(wrong):
    client = MagicMock()
    client.list_q_apps.return_value = {"apps": [{"title": "Mine"}]}

    assert titles(client, **wrong) == ["Mine"]


def test_without(qapps_client):
    qapps_client.create_q_app(instanceId=INSTANCE, title="Mine", appDefinition={"cards": []})

    assert titles(qapps_client) == ["Mine"]


def test_mistakes_that_a_magicmock_accepts(qapps_client):
    with pytest.raises(qapps_client.exceptions.ValidationException) as too_many:
        titles(qapps_client, limit=1000)
    with pytest.raises(ParamValidationError, match="Unknown parameter"):
        titles(qapps_client, maxResults=10)

    assert "Value at '/limit' failed to satisfy constraint" in too_many.value.response["Error"]["Message"]
