"""How a test controls a running mock and inspects it."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from qapps_mock import mock_qapps, models
from qapps_mock.service import exceptions, protocol
from qapps_mock.service.service_model import service_model
from tests.conftest import (
    APP,
    CARD,
    DIGEST,
    INSTANCE,
    ONE_ATTEMPT,
    SESSION,
    create_app,
    file_card,
    grant,
)
from tests.running import QUERY, query_card, start

OPERATIONS = protocol.operations()
NAMES = list(OPERATIONS)
PAIRS = [(name, error) for name, each in OPERATIONS.items() for error in sorted(each.errors)]
UNDOCUMENTED = [
    (name, error)
    for name, each in OPERATIONS.items()
    for error in exceptions.MODELLED
    if error not in each.errors
]
IDENTITY_CENTER_ID = re.compile(
    r"[0-9a-f]{10}-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)
MEMBERS: dict[str, Any] = {
    "resourceId": "the-resource",
    "resourceType": "Thing",
    "serviceCode": "a-service",
    "quotaCode": "L-12345678",
    "retryAfterSeconds": 7,
}
TEXTS = {
    "appId": APP,
    "cardId": CARD,
    "fileContentsSha256": DIGEST,
    "libraryItemId": APP,
    "resourceARN": f"arn:aws:qapps:us-east-1:123456789012:application/{INSTANCE}/qapp/{APP}",
    "scope": "APPLICATION",
    "sessionId": SESSION,
}
EMPTY: dict[str, Any] = {"integer": 1, "boolean": True, "map": {}}


def smallest(shape: Any) -> dict[str, Any]:
    """Return the required members of a structure, with values that its constraints allow."""
    return {name: value_of(name, shape.members[name]) for name in shape.required_members}


def value_of(name: str, shape: Any) -> Any:
    if shape.type_name == "structure":
        return smallest(shape)
    if shape.type_name == "string":
        return TEXTS.get(name, "text")
    if shape.type_name == "list":
        return [APP] if shape.member.type_name == "string" else []  # a valid id, category or tag key
    return EMPTY[shape.type_name]


def call(client: Any, operation: str) -> Any:
    """Call an operation with its required members only."""
    shape = service_model().operation_model(operation).input_shape
    return getattr(client, xform_name(operation))(**smallest(shape))


def refused(client: Any, operation: str = "GetQApp") -> Any:
    """Call an operation that must fail, and return the response."""
    with pytest.raises(ClientError) as error:
        call(client, operation)
    return error.value.response


def outcomes(mock: Any) -> list[tuple[str, str | None]]:
    return [(each.operation, each.error) for each in mock.calls()]


@pytest.fixture
def mock():
    with mock_qapps() as running:
        yield running


@functools.cache
def kept_client() -> Any:
    """Return one client for all tests: most tests take less time than making a client."""
    return boto3.session.Session(
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="secret"
    ).client("qapps", region_name="us-east-1", config=ONE_ATTEMPT.merge(Config(max_pool_connections=16)))


@pytest.fixture
def client(mock):
    return kept_client()


# Clients


def test_a_client_without_a_region_is_in_us_east_1(mock):
    assert mock.client().meta.region_name == "us-east-1"


@pytest.mark.parametrize("variable", ["AWS_DEFAULT_REGION"])
def test_a_client_is_in_boto3s_own_default_region(mock, monkeypatch, variable):
    monkeypatch.setenv(variable, "eu-west-1")

    assert mock.client().meta.region_name == "eu-west-1"


def test_a_client_is_in_the_region_of_the_default_session(mock):
    boto3.setup_default_session(region_name="us-west-2")

    assert mock.client().meta.region_name == "us-west-2"


def test_a_client_is_in_the_region_of_its_config(mock):
    assert mock.client(config=Config(region_name="us-west-2")).meta.region_name == "us-west-2"
    assert mock.client(config=Config(max_pool_connections=16)).meta.region_name == "us-east-1"


def test_a_client_is_in_the_region_that_is_asked_for(mock, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    client = mock.client(region_name="us-west-2")
    create_app(client)

    assert [each.region for each in mock.calls()] == ["us-west-2"]


def test_a_clients_other_arguments_are_those_of_boto3(mock):
    config = Config(user_agent_extra="mine")

    client = mock.client(config=config, endpoint_url="https://data.qapps.us-west-2.amazonaws.com")

    assert client.meta.config.user_agent_extra == "mine"
    assert client.meta.endpoint_url == "https://data.qapps.us-west-2.amazonaws.com"


def test_an_argument_that_boto3_does_not_have_is_a_type_error(mock):
    with pytest.raises(TypeError, match="colour"):
        mock.client(colour="red")


def test_a_client_without_a_user_acts_as_the_default_user(mock):
    create_app(mock.client())

    assert [each.user for each in mock.calls()] == [mock.user("user@example.com")]


def test_a_client_of_a_user_acts_as_that_user(mock):
    app = create_app(mock.client("ann@example.com"))
    other = create_app(mock.client(user="bob@example.com"))

    ann, bob = mock.user("ann@example.com"), mock.user("bob@example.com")
    assert [each.user for each in mock.calls()] == [ann, bob]
    assert app["createdBy"] == ann
    assert other["createdBy"] == bob
    assert ann != bob


def test_users_of_one_account_share_its_state(mock):
    app = create_app(mock.client("ann@example.com"))

    mock.client("ann@example.com").get_q_app(instanceId=INSTANCE, appId=app["appId"])

    assert {each.account for each in mock.calls()} == {"123456789012"}


def test_a_client_of_a_user_may_be_made_before_that_users_id_is_asked_for(mock):
    client = mock.client("zoe@example.com")
    create_app(client)

    assert mock.calls()[0].user == mock.user("zoe@example.com")


@pytest.mark.parametrize("name", ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"])
def test_a_user_and_keys_together_are_refused(mock, name):
    with pytest.raises(TypeError, match=f"uses keys of its own. Leave out {name}, or"):
        mock.client("ann@example.com", **{name: "mine"})


def test_keys_without_a_user_are_those_of_the_client(mock):
    client = mock.client(aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="secret")
    create_app(client)

    assert [each.user for each in mock.calls()] == [mock.user("user@example.com")]


# Users


def test_a_user_has_an_id_as_identity_center_makes_them(mock):
    assert IDENTITY_CENTER_ID.fullmatch(mock.user("ann@example.com"))


def test_a_user_keeps_the_id_in_every_mock_and_after_a_reset(mock):
    before = mock.user("ann@example.com")
    mock.reset()

    assert mock.user("ann@example.com") == before
    assert mock_qapps().user("ann@example.com") == before


def test_a_user_keeps_the_id_in_every_process(mock, run_python):
    program = "from qapps_mock import mock_qapps; print(mock_qapps().user('ann@example.com'))"

    assert run_python(program) == mock.user("ann@example.com")


def test_a_client_of_a_user_stays_that_users_after_a_reset(mock):
    client = mock.client("ann@example.com")
    mock.reset()

    create_app(client)

    assert mock.calls()[0].user == mock.user("ann@example.com")


@pytest.mark.parametrize("value", ["", None, 3, b"ann@example.com", "\ud800", "a\udcff@example.com"])
def test_a_value_that_is_not_a_user_is_refused(mock, value):
    with pytest.raises(ValueError, match="is not a user"):
        mock.user(value)


@pytest.mark.parametrize("ask", ["user", "client", "credentials"])
def test_a_user_has_no_lone_surrogates(mock, ask):
    with pytest.raises(ValueError, match="is not a user") as refused:
        getattr(mock, ask)("ann\ud800@example.com")

    assert str(refused.value) == (
        r"'ann\ud800@example.com' is not a user: pass an e-mail address, for example 'ann@example.com'"
    )


@pytest.mark.parametrize(
    "region", ["../../etc", "<script>", "US-EAST-1", "us_east_1", "", "\ud800", "a" * 64, 5]
)
def test_a_client_has_no_region_that_aws_cannot_have(mock, region):
    with pytest.raises(ValueError, match="is not a region") as refused:
        mock.client(region_name=region)

    assert str(refused.value) == f"{region!r} is not a region: expected a name such as us-east-1"


# Scripted failures


@pytest.mark.parametrize(("operation", "exception"), PAIRS)
def test_every_documented_exception_of_every_operation_arrives(mock, client, operation, exception):
    names = exceptions.members_of(exception)
    members = {name: MEMBERS[name] for name in names}
    mock.fail(operation, exception, message="As the test says", **members)

    with pytest.raises(getattr(client.exceptions, exception)) as raised:
        call(client, operation)

    answer = raised.value.response
    shape = service_model().shape_for(exception)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == shape.metadata["error"]["httpStatusCode"]
    assert answer["Error"]["Code"] == exception
    assert answer["Error"]["Message"] == answer["message"] == "As the test says"
    assert {name: answer[name] for name in names} == members
    assert outcomes(mock) == [(operation, exception)]


@pytest.mark.parametrize(("operation", "exception"), UNDOCUMENTED)
def test_every_exception_that_an_operation_does_not_document_is_refused(mock, operation, exception):
    documented = ", ".join(sorted(OPERATIONS[operation].errors))

    with pytest.raises(ValueError, match="does not document") as error:
        mock.fail(operation, exception)

    assert str(error.value) == f"{operation} does not document {exception}. It documents: {documented}"


@pytest.mark.parametrize("operation", NAMES)
def test_an_operation_may_be_spelt_as_boto3_spells_it(mock, client, operation):
    mock.fail(xform_name(operation), "AccessDeniedException")

    assert refused(client, operation)["Error"]["Code"] == "AccessDeniedException"


def test_an_unknown_exception_for_every_operation_is_refused(mock):
    with pytest.raises(ValueError, match=r"^'Oops' is not an exception of Q Apps\."):
        mock.fail("*", "Oops")


@pytest.mark.parametrize("operation", [None, 3, ""])
def test_an_unknown_name_of_an_operation_is_refused(mock, operation):
    with pytest.raises(ValueError, match="is not an operation of Q Apps"):
        mock.fail(operation, "AccessDeniedException")


@pytest.mark.parametrize("exception", [None, 3, "", ValueError])
def test_an_unknown_name_of_an_exception_is_refused(mock, exception):
    with pytest.raises(ValueError, match="is not an exception of Q Apps"):
        mock.fail("GetQApp", exception)


@pytest.mark.parametrize("times", [0, -1, 1.5, True, False, "2"])
def test_a_wrong_number_of_times_is_refused(mock, times):
    with pytest.raises(ValueError, match=rf"^times is {times!r}: "):
        mock.fail("GetQApp", "AccessDeniedException", times=times)


def test_what_was_refused_scripts_nothing(mock, client):
    for members in ({"times": 0}, {"resourceId": "x"}):
        with pytest.raises((TypeError, ValueError)):
            mock.fail("CreateQApp", "ThrottlingException", **members)

    assert create_app(client)["appVersion"] == 1


def test_one_call_fails_and_the_next_goes_through(mock, client):
    mock.fail("CreateQApp", "ConflictException")

    assert refused(client, "CreateQApp")["Error"]["Code"] == "ConflictException"
    assert create_app(client)["appVersion"] == 1


def test_as_many_calls_fail_as_the_test_scripts(mock, client):
    mock.fail("CreateQApp", "ConflictException", times=3)

    for _ in range(3):
        refused(client, "CreateQApp")

    create_app(client)
    assert [error for _, error in outcomes(mock)] == ["ConflictException"] * 3 + [None]


def test_every_call_fails_until_the_reset(mock, client):
    mock.fail("CreateQApp", "ConflictException", times=None)
    for _ in range(50):
        refused(client, "CreateQApp")

    mock.reset()

    assert create_app(client)["appVersion"] == 1


def test_failures_come_in_the_order_in_which_they_were_scripted(mock, client):
    mock.fail("GetQApp", "AccessDeniedException", times=2)
    mock.fail("GetQApp", "ThrottlingException")
    mock.fail("GetQApp", "ResourceNotFoundException")

    seen = [refused(client)["Error"]["Code"] for _ in range(4)]

    assert seen == ["AccessDeniedException"] * 2 + ["ThrottlingException", "ResourceNotFoundException"]


def test_only_the_operation_that_was_named_fails(mock, client):
    mock.fail("GetQApp", "AccessDeniedException", times=None)

    assert create_app(client)["appVersion"] == 1
    assert refused(client)["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.parametrize("operation", NAMES)
def test_a_star_means_every_operation(mock, client, operation):
    mock.fail("*", "InternalServerException")

    assert refused(client, operation)["Error"]["Code"] == "InternalServerException"


def test_a_star_means_the_operations_that_document_the_exception(mock, client):
    mock.fail("*", "ResourceNotFoundException", times=None, message="Scripted")

    assert create_app(client)["appVersion"] == 1  # CreateQApp documents none
    assert refused(client)["Error"]["Message"] == "Scripted"


def test_the_calls_of_a_star_are_counted_over_all_operations(mock, client):
    mock.fail("*", "AccessDeniedException", times=2)

    refused(client, "CreateQApp")
    refused(client, "GetQApp")

    assert create_app(client)["appVersion"] == 1


def test_failures_of_a_star_and_of_a_name_are_raised_in_order(mock, client):
    mock.fail("GetQApp", "UnauthorizedException")
    mock.fail("*", "AccessDeniedException", times=2)

    seen = [refused(client, name)["Error"]["Code"] for name in ("CreateQApp", "GetQApp", "GetQApp")]

    assert seen == ["AccessDeniedException", "UnauthorizedException", "AccessDeniedException"]


def test_a_scripted_failure_changes_no_state(mock, client):
    app = create_app(client)
    mock.fail("UpdateQApp", "AccessDeniedException")
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="Changed")

    assert client.get_q_app(instanceId=INSTANCE, appId=app["appId"])["title"] == "Title"


def test_a_call_that_is_not_valid_uses_up_no_failure(mock, client):
    mock.fail("GetQApp", "AccessDeniedException")

    with pytest.raises(client.exceptions.ValidationException):
        client.get_q_app(instanceId=INSTANCE, appId="not-an-id")

    assert refused(client)["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("exception", "message"),
    [
        ("UnauthorizedException", "Unauthorized"),  # observed on the real service
        ("AccessDeniedException", "The client is not authorized to perform the requested operation."),
    ],
)
def test_without_a_message_aws_own_sentence_arrives(mock, client, exception, message):
    mock.fail("GetQApp", exception)

    assert refused(client)["Error"]["Message"] == message


def test_required_members_without_a_value_are_placeholders(mock, client):
    mock.fail("CreateQApp", "ServiceQuotaExceededException", resourceId="the-app")

    answer = refused(client, "CreateQApp")

    assert {name: answer[name] for name in ("resourceId", "resourceType", "serviceCode", "quotaCode")} == {
        "resourceId": "the-app",
        "resourceType": "unknown",
        "serviceCode": "qapps",
        "quotaCode": "L-00000000",
    }


def test_each_of_several_failing_calls_gets_its_own_response(mock, client):
    mock.fail("GetQApp", "ResourceNotFoundException", times=2, resourceId="x")

    first, second = refused(client), refused(client)

    assert first["resourceId"] == second["resourceId"] == "x"
    assert first["ResponseMetadata"]["RequestId"] != second["ResponseMetadata"]["RequestId"]


# The history


def test_calls_are_listed_in_the_order_in_which_they_came(mock, client):
    app = create_app(client)
    grant(client)
    client.get_q_app(instanceId=INSTANCE, appId=app["appId"])
    refused(client)

    assert outcomes(mock) == [
        ("CreateQApp", None),
        ("CreatePresignedUrl", None),
        ("GetQApp", None),
        ("GetQApp", "ResourceNotFoundException"),
    ]


def during_a_call(mock, work):
    """Do *work* while StartQAppSession runs."""

    def answer(prompt):
        work()
        return "done"

    mock.answer(QUERY, answer)
    start(mock.client(), query_card("Hello"))


def test_a_slow_call_is_listed_before_the_calls_that_arrived_later(mock):
    during_a_call(mock, lambda: create_app(mock.client(region_name="us-west-2"), title="later"))

    shown = [(each.operation, each.region) for each in mock.calls()]
    assert shown[-2:] == [("StartQAppSession", "us-east-1"), ("CreateQApp", "us-west-2")]


def test_a_call_shows_when_it_has_finished(mock):
    seen = []
    during_a_call(mock, lambda: seen.extend(mock.calls("StartQAppSession")))

    assert seen == []
    assert len(mock.calls("StartQAppSession")) == 1


def test_a_call_that_came_before_a_reset_does_not_show_after_it(mock):
    during_a_call(mock, mock.reset)

    assert mock.calls() == []


def test_a_call_that_came_before_a_mock_does_not_show_in_it(mock):
    inner = mock_qapps()
    during_a_call(mock, inner.start)
    inner.stop()

    assert inner.calls() == []
    assert len(mock.calls("StartQAppSession")) == 1


@pytest.mark.parametrize("spelling", ["GetQApp", "get_q_app"])
def test_the_calls_of_one_operation_can_be_asked_for(mock, client, spelling):
    create_app(client)
    refused(client)

    assert [each.operation for each in mock.calls(spelling)] == ["GetQApp"]
    assert mock.calls("DeleteQApp") == []


def test_the_calls_of_an_unknown_operation_are_refused_with_the_valid_ones(mock):
    with pytest.raises(ValueError, match=r"^'getqapp' is not an operation of Q Apps\..*CreateQApp"):
        mock.calls("getqapp")


def test_a_call_has_user_account_region_and_time(mock, monkeypatch):
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "111122223333")
    before = datetime.now(timezone.utc)

    create_app(mock.client("ann@example.com", region_name="us-west-2"))

    [seen] = mock.calls()
    assert seen.operation == "CreateQApp"
    assert seen.user == mock.user("ann@example.com")
    assert seen.account == "111122223333"
    assert seen.region == "us-west-2"
    assert before <= seen.at <= datetime.now(timezone.utc)
    assert seen.error is None


def test_parameters_go_by_the_names_that_boto3_uses(mock, client):
    definition = {"cards": [file_card()], "initialPrompt": "Do"}

    client.create_q_app(instanceId=INSTANCE, title="T", appDefinition=definition, tags={"a": "b"})

    assert mock.calls()[0].params == {
        "instanceId": INSTANCE,
        "title": "T",
        "appDefinition": definition,
        "tags": {"a": "b"},
    }


def test_parameters_of_header_path_and_query_are_there_too(mock, client):
    arn = TEXTS["resourceARN"]
    for request in (
        lambda: client.untag_resource(resourceARN=arn, tagKeys=["a", "b"]),
        lambda: client.get_q_app(instanceId=INSTANCE, appId=APP, appVersion=2),
    ):
        with pytest.raises(ClientError):
            request()

    assert [each.params for each in mock.calls()] == [
        {"resourceARN": arn, "tagKeys": ["a", "b"]},
        {"instanceId": INSTANCE, "appId": APP, "appVersion": 2},
    ]


def test_a_test_that_changes_parameters_changes_its_copy_only(mock, client):
    app = create_app(client, file_card())

    seen = mock.calls()[0].params
    seen["appDefinition"]["cards"].clear()
    seen["title"] = "Changed"

    assert mock.calls()[0].params["title"] == "Title"
    assert len(mock.calls()[0].params["appDefinition"]["cards"]) == 1
    found = client.get_q_app(instanceId=INSTANCE, appId=app["appId"])
    assert len(found["appDefinition"]["cards"]) == 1


def test_the_result_is_what_the_caller_got(mock, client):
    app = create_app(client)

    result = mock.calls()[0].result

    assert result["appId"] == app["appId"]
    assert result["createdAt"] == app["createdAt"].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert result.keys() == app.keys() - {"ResponseMetadata"}


def test_a_test_that_changes_a_result_changes_its_copy_only(mock, client):
    create_app(client)

    mock.calls()[0].result.clear()

    assert mock.calls()[0].result["title"] == "Title"


def test_the_result_of_an_operation_without_output_is_empty(mock, client, monkeypatch):
    monkeypatch.setattr(
        models.QAppsBackend, "stop_q_app_session", lambda self, context, instance_id, session_id: None
    )

    call(client, "StopQAppSession")

    assert [each.result for each in mock.calls()] == [{}]


def test_a_call_that_failed_has_an_error_and_no_result(mock, client):
    refused(client)

    [seen] = mock.calls()
    assert seen.error == "ResourceNotFoundException"
    assert seen.result is None
    assert seen.params == {"instanceId": "text", "appId": APP}


def test_a_refused_call_shows_what_was_sent(mock, client):
    with pytest.raises(client.exceptions.ValidationException):
        client.create_q_app(instanceId=INSTANCE, title="{bad}", appDefinition={"cards": []})

    [seen] = mock.calls()
    assert seen.error == "ValidationException"
    assert seen.params == {"instanceId": INSTANCE, "title": "{bad}", "appDefinition": {"cards": []}}


def test_the_list_of_calls_is_the_tests_own(mock, client):
    create_app(client)

    mock.calls().clear()

    assert len(mock.calls()) == 1


SECRETS = ("x-amz-signature", "x-amz-security-token")


def test_the_secrets_of_a_presigned_url_are_not_in_the_history(mock, client):
    fields = grant(client)["presignedUrlFields"]

    [seen] = mock.calls()
    assert seen.result["presignedUrlFields"] == {
        name: value for name, value in fields.items() if name not in (*SECRETS, "policy")
    } | {"policy": fields["policy"]}
    assert SECRETS[0] in fields
    for name in SECRETS:
        assert fields[name] not in repr(seen)
        assert fields[name] not in str(seen.result)


def test_the_repr_of_a_call_shows_its_result_or_error(mock, client):
    create_app(client)
    refused(client)

    user = mock.user("user@example.com")
    assert [repr(each) for each in mock.calls()] == [
        f"<Call CreateQApp by {user} in 123456789012/us-east-1: ok>",
        f"<Call GetQApp by {user} in 123456789012/us-east-1: ResourceNotFoundException>",
    ]


def test_a_call_that_is_not_signed_is_the_default_users(mock):
    create_app(mock.client(config=Config(signature_version=UNSIGNED)))

    assert mock.calls()[0].user == mock.user("user@example.com")


# Reset


def test_a_reset_empties_state_scripts_and_history(mock, client):
    app = create_app(client)
    grant(client)
    mock.fail("CreateQApp", "ConflictException", times=None)

    mock.reset()

    assert mock.calls() == []
    assert mock.uploads == {}
    assert refused(client) is not None
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_q_app(instanceId=INSTANCE, appId=app["appId"])
    assert create_app(client)["appVersion"] == 1


def test_a_reset_empties_every_region_and_account(mock, monkeypatch):
    create_app(mock.client(region_name="us-west-2"))
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "111122223333")
    grant(mock.client())
    assert len(mock.uploads) == 1

    mock.reset()

    assert mock.uploads == {}


def test_a_reset_leaves_the_rest_of_aws_alone(mock):
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="mine")

    mock.reset()

    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["mine"]


# Threads


def at_once(number: int, work: Callable[[int], object]) -> None:
    """Run *work* in many threads that start together; raise the first error of any."""
    together = threading.Barrier(number)

    def start(each: int) -> None:
        together.wait()
        work(each)

    with ThreadPoolExecutor(number) as pool:
        for done in [pool.submit(start, each) for each in range(number)]:
            done.result()


def test_nothing_is_lost_when_many_threads_call_at_once(mock, client):
    made: dict[str, tuple[str, str]] = {}

    def work(number: int) -> None:
        instance = f"instance-{number}"
        for title in (f"{number} {each}" for each in range(50)):
            app = client.create_q_app(instanceId=instance, title=title, appDefinition={"cards": []})
            made[app["appId"]] = instance, title
            assert client.get_q_app(instanceId=instance, appId=app["appId"])["title"] == title

    at_once(16, work)

    assert len(made) == 16 * 50
    assert len(mock.calls("GetQApp")) == 16 * 50
    recorded = {
        each.result["appId"]: (each.params["instanceId"], each.params["title"])
        for each in mock.calls("CreateQApp")
    }
    assert recorded == made
    for app_id, (instance, title) in made.items():
        assert client.get_q_app(instanceId=instance, appId=app_id)["title"] == title


def test_a_scripted_number_of_failures_is_exact_when_many_threads_call_at_once(mock, client):
    mock.fail("GetQApp", "UnauthorizedException", times=37)

    at_once(8, lambda number: [refused(client) for _ in range(20)])

    ends = [error for _, error in outcomes(mock)]
    assert len(ends) == 160
    assert ends.count("UnauthorizedException") == 37
