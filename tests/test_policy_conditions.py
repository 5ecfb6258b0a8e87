"""The conditions of IAM policies: AWS's own role for Q Apps, tags, and conditions that cannot be evaluated."""

from __future__ import annotations

import json
import logging
from typing import Any

import boto3
import pytest

from qapps_mock.service.policy_conditions import NotEvaluated, are_met
from tests.conftest import INSTANCE, create_app, enable_iam_authentication, refusal

APPS = f"arn:aws:qapps:us-east-1:123456789012:application/{INSTANCE}/qapp/*"


def condition(key: str) -> dict[str, Any]:
    return {"StringEqualsIgnoreCase": {f"qapps:{key}": "true"}}


# The user guide, "IAM permissions for using Amazon Q Apps": four of the statements of its policy.
ROLE = [
    (
        [
            "GetQApp",
            "UpdateQApp",
            "DeleteQApp",
            "CreateLibraryItem",
            "StartQAppSession",
            "UpdateQAppPermissions",
        ],
        APPS,
        condition("UserIsAppOwner"),
    ),
    (
        ["GetQApp", "AssociateQAppWithUser", "GetLibraryItem", "StartQAppSession", "DescribeQAppPermissions"],
        APPS,
        condition("AppIsPublished"),
    ),
    (
        ["GetQAppSession", "UpdateQAppSessionMetadata", "StopQAppSession", "ExportQAppSessionData"],
        f"{APPS}/session/*",
        condition("UserIsSessionModerator"),
    ),
    (["GetQAppSession", "ListQAppSessionData"], f"{APPS}/session/*", condition("SessionIsShared")),
]


def allow(
    actions: list[str], resource: str = "*", conditions: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": [f"qapps:{action}" for action in actions],
        "Resource": resource,
        "Condition": conditions or {},
    }


@pytest.fixture
def caller_with(qapps_mock):
    """Make a client of an IAM user who has one policy; for Q Apps he is the default user."""

    def make(*statements: dict[str, Any]) -> Any:
        iam = boto3.client("iam", region_name="us-east-1")
        iam.create_user(UserName="ann")
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        return boto3.client(
            "qapps",
            region_name="us-east-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    return make


@pytest.fixture
def caller(caller_with):
    return caller_with(*(allow(*statement) for statement in ROLE))


@pytest.fixture
def other(qapps_mock):
    """A client of another user."""
    return qapps_mock.client("other@example.com")


def code(call: Any, **members: Any) -> str | None:
    """Return the code of the error that a call ends in, None without one."""
    try:
        call(instanceId=INSTANCE, **members)
    except call.__self__.exceptions.ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def test_the_role_of_aws_lets_an_owner_change_the_own_app(qapps_client, caller):
    app = create_app(qapps_client)["appId"]

    with enable_iam_authentication():
        assert code(caller.update_q_app, appId=app, title="New") is None


def test_the_role_of_aws_denies_the_app_of_another_user(caller, other):
    app = create_app(other)["appId"]

    with enable_iam_authentication():
        error = refusal(caller.get_q_app, instanceId=INSTANCE, appId=app)

    assert error == {
        "Code": "AccessDeniedException",
        "Message": "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: qapps:GetQApp on resource: "
        f"{APPS[:-1]}{app} because no identity-based policy allows the qapps:GetQApp action",
    }


def test_the_role_of_aws_lets_everybody_read_a_published_app_and_change_none(caller, other):
    app = create_app(other)["appId"]
    other.create_library_item(instanceId=INSTANCE, appId=app, appVersion=1, categories=[])

    with enable_iam_authentication():
        assert code(caller.get_q_app, appId=app) is None
        assert code(caller.update_q_app, appId=app, title="New") == "AccessDeniedException"


@pytest.mark.parametrize(("shared", "expected"), [(True, None), (False, "AccessDeniedException")])
def test_the_role_of_aws_lets_others_see_a_shared_session(caller, other, shared, expected):
    app = create_app(other)["appId"]
    session = other.start_q_app_session(instanceId=INSTANCE, appId=app, appVersion=1)["sessionId"]
    other.update_q_app_session_metadata(
        instanceId=INSTANCE, sessionId=session, sharingConfiguration={"enabled": shared}
    )

    with enable_iam_authentication():
        assert code(caller.get_q_app_session, sessionId=session) == expected
        assert code(caller.stop_q_app_session, sessionId=session) == "AccessDeniedException"


def test_the_role_of_aws_lets_a_moderator_stop_the_session(qapps_client, caller):
    app = create_app(qapps_client)["appId"]
    session = qapps_client.start_q_app_session(instanceId=INSTANCE, appId=app, appVersion=1)["sessionId"]

    with enable_iam_authentication():
        assert code(caller.stop_q_app_session, sessionId=session) is None


def test_a_deny_with_a_condition_holds_only_where_the_condition_is_met(qapps_client, caller_with):
    mine, published = create_app(qapps_client)["appId"], create_app(qapps_client)["appId"]
    qapps_client.create_library_item(instanceId=INSTANCE, appId=published, appVersion=1, categories=[])
    deny = allow(["GetQApp"], conditions=condition("AppIsPublished")) | {"Effect": "Deny"}
    caller = caller_with(allow(["*"]), deny)

    with enable_iam_authentication():
        assert code(caller.get_q_app, appId=mine) is None
        error = refusal(caller.get_q_app, instanceId=INSTANCE, appId=published)

    assert error["Message"].endswith(f"/qapp/{published} with an explicit deny in an identity-based policy")


@pytest.mark.parametrize(("team", "expected"), [("red", None), ("blue", "AccessDeniedException")])
def test_a_condition_can_ask_for_a_tag_of_the_resource(qapps_client, caller_with, team, expected):
    app = create_app(qapps_client)
    qapps_client.tag_resource(resourceARN=app["appArn"], tags={"Team": team})
    tagged = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    caller = caller_with(allow(["GetQApp", "ListTagsForResource"], conditions=tagged))

    with enable_iam_authentication():
        assert code(caller.get_q_app, appId=app["appId"]) == expected
        if expected is None:
            assert caller.list_tags_for_resource(resourceARN=app["appArn"])["tags"] == {"Team": "red"}
        else:
            assert refusal(caller.list_tags_for_resource, resourceARN=app["appArn"])["Code"] == expected


@pytest.mark.parametrize(
    ("tags", "expected"), [({"team": "red"}, None), ({"team": "red", "x": "y"}, "AccessDeniedException")]
)
def test_a_condition_can_limit_the_tags_of_a_request(caller_with, tags, expected):
    conditions = {
        "StringLike": {"aws:RequestTag/team": "r*"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
    }
    caller = caller_with(allow(["CreateQApp"], conditions=conditions))

    with enable_iam_authentication():
        assert code(caller.create_q_app, title="T", appDefinition={"cards": []}, tags=tags) == expected


@pytest.mark.parametrize(
    "unknown",
    [
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}},
        {"StringEquals": {"qapps:X": "${aws:username}"}},
    ],
)
def test_a_condition_that_cannot_be_evaluated_is_logged_and_its_statement_does_not_apply(
    qapps_client, caller_with, caplog, unknown
):
    app = create_app(qapps_client)["appId"]
    caller = caller_with(allow(["GetQApp"], conditions=unknown))

    with enable_iam_authentication(), caplog.at_level(logging.WARNING, "qapps_mock"):
        assert code(caller.get_q_app, appId=app) == "AccessDeniedException"

    [(operator, block)] = unknown.items()
    assert caplog.messages == [
        f"The condition {operator}: {next(iter(block))} of a policy cannot be evaluated, so its statement does not "
        "apply: it neither allows nor denies. The condition keys of this call are: "
        "aws:requestedregion, qapps:appispublished, qapps:userisappowner."
    ]


ANN: dict[str, list[str]] = {"k": ["ann"]}
RED_BLUE = {"k": ["red", "blue"]}


@pytest.mark.parametrize(
    ("operator", "expected", "keys", "met"),
    [
        ("StringEquals", "ann", ANN, True),
        ("StringEquals", "Ann", ANN, False),
        ("StringEquals", ["bob", "ann"], ANN, True),
        ("StringEquals", "ann", {}, False),
        ("StringNotEquals", "ann", ANN, False),
        ("StringNotEquals", ["bob", "ann"], ANN, False),
        ("StringNotEquals", "bob", ANN, True),
        ("StringNotEquals", "bob", {}, True),
        ("StringEqualsIgnoreCase", "ANN", ANN, True),
        ("StringNotEqualsIgnoreCase", "ANN", ANN, False),
        ("StringLike", "a?n", ANN, True),
        ("StringLike", "a*", ANN, True),
        ("StringLike", "[ab]nn", ANN, False),
        ("StringNotLike", "b*", ANN, True),
        ("ArnLike", "a*", ANN, True),
        ("Bool", True, {"k": ["true"]}, True),
        ("Bool", "False", {"k": ["true"]}, False),
        ("StringEqualsIfExists", "ann", {}, True),
        ("StringEqualsIfExists", "bob", ANN, False),
        ("Null", "true", {}, True),
        ("Null", [], {}, False),
        ("Null", True, ANN, False),
        ("Null", "false", ANN, True),
        ("ForAllValues:StringEquals", ["red", "blue", "green"], RED_BLUE, True),
        ("ForAllValues:StringEquals", ["red"], RED_BLUE, False),
        ("ForAllValues:StringEquals", ["red"], {}, True),
        ("ForAnyValue:StringEquals", ["red"], RED_BLUE, True),
        ("ForAnyValue:StringEquals", ["green"], RED_BLUE, False),
        ("ForAnyValue:StringEquals", ["green"], {}, False),
        ("ForAnyValue:StringNotEquals", ["red"], RED_BLUE, True),
    ],
)
def test_condition_operators_work_as_in_the_iam_user_guide(operator, expected, keys, met):
    assert are_met({operator: {"K": expected}}, keys) is met


def test_every_condition_of_a_statement_must_be_met():
    assert are_met({"StringEquals": {"k": "ann"}, "StringLike": {"k": "a*"}}, ANN)
    assert not are_met({"StringEquals": {"k": "ann", "other": "x"}}, ANN)


@pytest.mark.parametrize("operator", ["IpAddress", "DateLessThan", "Misspelt"])
def test_an_operator_that_is_not_supported_is_named(operator):
    with pytest.raises(NotEvaluated, match=f"^{operator}: k$"):
        are_met({operator: {"k": "x"}}, ANN)
