"""Tags of apps and sessions, by their ARNs."""

from __future__ import annotations

from typing import Any

import pytest

from qapps_mock import models
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.options import DEFAULTS
from qapps_mock.service import arns
from qapps_mock.service.context import Context
from tests.conftest import INSTANCE, OTHER_INSTANCE, UNKNOWN, create_app, refusal

HERE = "arn:aws:qapps:us-east-1:123456789012:"


def create(client: Any, **tags: str) -> dict[str, Any]:
    app: dict[str, Any] = client.create_q_app(
        instanceId=INSTANCE, title="T", appDefinition={"cards": []}, tags=tags
    )
    return app


def start(client: Any, app: dict[str, Any], **tags: str) -> str:
    session = client.start_q_app_session(instanceId=INSTANCE, appId=app["appId"], appVersion=1, tags=tags)
    return str(session["sessionArn"])


def tags_of(client: Any, arn: str) -> dict[str, str]:
    tags: dict[str, str] = client.list_tags_for_resource(resourceARN=arn)["tags"]
    return tags


def missing(arn: str, kind: str = "App") -> dict[str, str]:
    return {
        "Code": "ResourceNotFoundException",
        "Message": f"Resource {arn} does not exist.",
        "resourceId": arn,
        "resourceType": kind,
    }


@pytest.fixture(params=["app", "short", "session"])
def arn(request, client):
    """The ARN of a resource that can have tags, and has none yet."""
    app = create_app(client)
    return {
        "app": lambda: app["appArn"],
        "short": lambda: f"{HERE}app/{app['appId']}",
        "session": lambda: start(client, app),
    }[request.param]()


def test_a_resource_starts_without_tags(client, arn):
    assert tags_of(client, arn) == {}


def test_tags_given_on_creation_are_there(client):
    app = create(client, Team="blue")

    assert tags_of(client, app["appArn"]) == {"Team": "blue"}
    assert tags_of(client, start(client, app, Run="one")) == {"Run": "one"}


def test_tags_are_added_and_changed(client, arn):
    client.tag_resource(resourceARN=arn, tags={"a": "1", "b": "2"})
    client.tag_resource(resourceARN=arn, tags={"b": "", "c": "ü/+ "})

    assert tags_of(client, arn) == {"a": "1", "b": "", "c": "ü/+ "}


def test_tags_are_removed_and_absent_ones_are_ignored(client, arn):
    client.tag_resource(resourceARN=arn, tags={"a": "1", "b": "2", "ü &=+": "3"})

    client.untag_resource(resourceARN=arn, tagKeys=["a", "ü &=+", "nothing"])

    assert tags_of(client, arn) == {"b": "2"}


def test_both_forms_of_an_app_s_arn_mean_the_same_app(client):
    app = create(client)

    client.tag_resource(resourceARN=f"{HERE}app/{app['appId']}", tags={"a": "1"})

    assert tags_of(client, app["appArn"]) == {"a": "1"}


def test_an_app_s_tags_are_not_its_session_s(client):
    app = create(client, a="1")
    session = start(client, app)

    client.tag_resource(resourceARN=session, tags={"b": "2"})

    assert (tags_of(client, app["appArn"]), tags_of(client, session)) == ({"a": "1"}, {"b": "2"})


def test_a_new_version_keeps_the_tags(client):
    app = create(client, a="1")

    client.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="New")

    assert tags_of(client, app["appArn"]) == {"a": "1"}


def test_a_resource_can_have_50_tags(client, arn):
    client.tag_resource(resourceARN=arn, tags={f"k{number}": "" for number in range(49)})
    client.tag_resource(resourceARN=arn, tags={"last": ""})
    client.tag_resource(resourceARN=arn, tags={"last": "changed"})

    error = refusal(client.tag_resource, resourceARN=arn, tags={"last": "again", "more": ""})

    assert error == {
        "Code": "ValidationException",
        "Message": "A resource can have at most 50 tags, and this would be 51.",
    }
    assert len(tags_of(client, arn)) == 50
    assert tags_of(client, arn)["last"] == "changed"


@pytest.mark.parametrize("key", ["aws:x", "AWS:x", "aws:"])
def test_aws_s_own_tag_keys_are_refused_and_nothing_is_added(client, arn, key):
    error = refusal(client.tag_resource, resourceARN=arn, tags={"a": "1", key: "2"})

    assert error == {
        "Code": "ValidationException",
        "Message": f"Tag key {key} is reserved: it starts with aws:.",
    }
    assert tags_of(client, arn) == {}


def test_a_tag_key_that_resembles_aws_s_is_accepted(client, arn):
    client.tag_resource(resourceARN=arn, tags={"awsome": "1", "my:aws:x": "2"})

    assert tags_of(client, arn) == {"awsome": "1", "my:aws:x": "2"}


OPERATIONS: list[tuple[str, dict[str, Any]]] = [
    ("tag_resource", {"tags": {"a": "1"}}),
    ("untag_resource", {"tagKeys": ["a"]}),
    ("list_tags_for_resource", {}),
]


@pytest.mark.parametrize(("operation", "members"), OPERATIONS)
@pytest.mark.parametrize(
    "change",
    [
        ("arn:aws:", "arn:aws-cn:"),
        (":us-east-1:", ":us-west-2:"),
        (":123456789012:", ":111111111111:"),
        (INSTANCE, OTHER_INSTANCE),
        ("/qapp/", f"/qapp/{UNKNOWN}-"),
    ],
)
def test_a_resource_of_another_instance_account_or_region_is_not_found(client, operation, members, change):
    app = create(client, a="0")
    arn = app["appArn"].replace(*change)

    assert arn != app["appArn"]
    assert refusal(getattr(client, operation), resourceARN=arn, **members) == missing(arn)
    assert tags_of(client, app["appArn"]) == {"a": "0"}


@pytest.mark.parametrize(("operation", "members"), OPERATIONS)
def test_an_unknown_app_or_session_is_not_found(client, operation, members):
    app, other = create(client), create(client)
    session = start(client, app)
    call = getattr(client, operation)
    short = f"{HERE}app/{UNKNOWN}"
    unknown = f"{app['appArn']}/session/{UNKNOWN}"
    mixed = session.replace(app["appId"], other["appId"])

    assert refusal(call, resourceARN=short, **members) == missing(short)
    assert refusal(call, resourceARN=unknown, **members) == missing(unknown, "Session")
    assert refusal(call, resourceARN=mixed, **members) == missing(mixed, "Session")


@pytest.mark.parametrize(("operation", "members"), OPERATIONS)
@pytest.mark.parametrize(
    "text",
    [
        "x",
        "arn:aws:s3:::bucket",
        f"{HERE}application/{INSTANCE}",
        f"{HERE}app/{UNKNOWN}/session/{UNKNOWN}",
        f"{HERE}application/{INSTANCE}/qapp/{UNKNOWN}/card/{UNKNOWN}",
        f"arn:aws:qapps:us-east-1:1234:app/{UNKNOWN}",
    ],
)
def test_an_arn_of_anything_but_an_app_or_session_is_refused(client, operation, members, text):
    error = refusal(getattr(client, operation), resourceARN=text, **members)

    assert error == {
        "Code": "ValidationException",
        "Message": f"{text} is not the ARN of an app or a session of Amazon Q Apps.",
    }


def test_tags_do_not_depend_on_ownership(client, ann):
    app = create(client, a="1")

    ann.tag_resource(resourceARN=app["appArn"], tags={"b": "2"})

    assert tags_of(ann, app["appArn"]) == {"a": "1", "b": "2"}


def test_the_arns_that_are_built_are_the_arns_that_are_read(client):
    app = create(client)
    session = start(client, app)

    assert arns.parse(session) == arns.ResourceArn(
        partition="aws",
        region="us-east-1",
        account="123456789012",
        instance_id=INSTANCE,
        app_id=app["appId"],
        session_id=session.rpartition("/")[2],
    )


def test_the_response_does_not_share_the_state(client):
    # Other threads can change the tags while the response is written.
    arn = create_app(client)["appArn"]
    backend = models.backend_of("123456789012", "us-east-1")
    context = Context("", "", DEFAULTS, ACTIVE)

    backend.list_tags_for_resource(context, resource_arn=arn)["tags"]["a"] = "b"

    assert client.list_tags_for_resource(resourceARN=arn)["tags"] == {}
