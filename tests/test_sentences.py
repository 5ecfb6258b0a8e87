"""Sentences of AWS's documentation about users, cards and the library, in process and against the server."""

from __future__ import annotations

from typing import Any

import pytest

from qapps_mock import MockQApps
from tests.conftest import ANN, BOB, INSTANCE, create_app
from tests.running import (
    FILE,
    FORM,
    NOBODY,
    PLUGIN,
    QUERY,
    SECOND,
    TEXT,
    card_of,
    form_card,
    given,
    invalid,
    look,
    plugin_card,
    query_card,
    refusal,
    share,
    start,
    states,
    submission,
    text_card,
    update,
    upload_card,
    value_of,
)

strict = pytest.mark.qapps_mock(strict=True)


class Users:
    """Clients of several users, of the mock in this process or of a server with the same state."""

    def __init__(self, mock: MockQApps, **endpoint: str) -> None:
        self.owner = mock.client("owner@example.com", region_name="us-east-1", **endpoint)
        self.ann = mock.client(ANN, region_name="us-east-1", **endpoint)
        self.bob = mock.client(BOB, region_name="us-east-1", **endpoint)
        self.ann_id = mock.user(ANN)


@pytest.fixture(params=["in process", "server"])
def users(request: pytest.FixtureRequest, qapps_mock: MockQApps) -> Users:
    if request.param == "server":
        return Users(qapps_mock, endpoint_url=request.getfixturevalue("qapps_server"))
    return Users(qapps_mock)


@pytest.fixture
def client(users: Users) -> Any:
    return users.owner


def new_version(client: Any, app: str, **members: Any) -> None:
    client.update_q_app(instanceId=INSTANCE, appId=app, **members)


def publish(client: Any, app: str, version: int = 1) -> str:
    item = client.create_library_item(instanceId=INSTANCE, appId=app, appVersion=version, categories=[])
    return str(item["libraryItemId"])


def permit(client: Any, app: str, *actions: str, revoke: bool = False) -> None:
    permissions = [{"action": each, "principal": ANN} for each in actions]
    name = "revokePermissions" if revoke else "grantPermissions"
    client.update_q_app_permissions(instanceId=INSTANCE, appId=app, **{name: permissions})


def add(client: Any, app: str) -> None:
    client.associate_q_app_with_user(instanceId=INSTANCE, appId=app)


def drop(client: Any, app: str) -> None:
    client.disassociate_q_app_from_user(instanceId=INSTANCE, appId=app)


def listed(client: Any) -> list[tuple[str, str, str]]:
    apps = client.list_q_apps(instanceId=INSTANCE)["apps"]
    return [(each["title"], each.get("description", ""), each["status"]) for each in apps]


def begin(client: Any, app: str, **members: Any) -> Any:
    return client.start_q_app_session(instanceId=INSTANCE, appId=app, appVersion=1, **members)


def denied(app: str, version: int, user: str) -> dict[str, str]:
    message = f"Version {version} of app {app} is neither published nor shared with user {user}."
    return {"Code": "AccessDeniedException", "Message": message}


def imported(client: Any, app: str, content: str = "SGVsbG8=", **members: Any) -> str:
    file = client.import_document(
        instanceId=INSTANCE, appId=app, cardId=FILE, fileName="a.txt", fileContentsBase64=content,
        **{"scope": "APPLICATION", **members},
    )  # fmt: skip
    return str(file["fileId"])


# Drafts stay private


@pytest.mark.parametrize("end", ["deleted", "disabled"])
def test_after_an_app_left_the_library_its_former_users_see_the_version_they_knew(users, end):
    app = create_app(users.owner, title="Public")["appId"]
    item = publish(users.owner, app)
    add(users.ann, app)
    new_version(users.owner, app, title="Secret", description="Secret plan")

    assert listed(users.ann) == [("Public", "", "PUBLISHED")]
    if end == "deleted":
        users.owner.delete_library_item(instanceId=INSTANCE, libraryItemId=item)
    else:
        users.owner.update_library_item(instanceId=INSTANCE, libraryItemId=item, status="DISABLED")
    new_version(users.owner, app, title="Secret too")

    assert listed(users.ann) == [("Public", "", "DRAFT")]
    assert listed(users.owner) == [("Secret too", "Secret plan", "DRAFT")]


def test_a_former_user_sees_an_app_again_as_it_is_published_again(users):
    app = create_app(users.owner, title="First")["appId"]
    item = publish(users.owner, app)
    add(users.ann, app)
    new_version(users.owner, app, title="Second")
    users.owner.update_library_item(instanceId=INSTANCE, libraryItemId=item, status="DISABLED")

    publish(users.owner, app, 2)
    new_version(users.owner, app, title="Third")

    assert listed(users.ann) == [("Second", "", "PUBLISHED")]


def test_a_user_whose_permission_was_revoked_sees_the_version_they_knew(users):
    app = create_app(users.owner, title="First")["appId"]
    permit(users.owner, app, "read")
    add(users.ann, app)
    new_version(users.owner, app, title="Second")

    permit(users.owner, app, "read", revoke=True)
    new_version(users.owner, app, title="Secret")

    assert listed(users.ann) == [("Second", "", "DRAFT")]


# Lists of apps


def test_owners_always_list_their_apps(users):
    app = create_app(users.owner)["appId"]
    item = publish(users.owner, app)

    drop(users.owner, app)

    assert listed(users.owner) == [("Title", "", "PUBLISHED")]
    assert users.owner.get_library_item(instanceId=INSTANCE, libraryItemId=item)["userCount"] == 1


@pytest.mark.parametrize("actions", [["read"], ["write"], ["read", "write"]])
def test_disassociation_ends_the_right_of_a_user_to_run_a_shared_app(users, actions):
    app = create_app(users.owner)["appId"]
    permit(users.owner, app, *actions)
    add(users.ann, app)

    drop(users.ann, app)

    assert listed(users.ann) == []
    assert refusal(begin, users.ann, app) == denied(app, 1, users.ann_id)
    assert refusal(add, users.ann, app) == denied(app, 1, users.ann_id)
    shown = users.owner.describe_q_app_permissions(instanceId=INSTANCE, appId=app)["permissions"]
    assert [each["principal"]["email"] for each in shown] == ["owner@example.com"]


def test_a_published_app_can_be_run_after_disassociation(users):
    app = create_app(users.owner)["appId"]
    publish(users.owner, app)
    add(users.ann, app)
    add(users.bob, app)

    drop(users.ann, app)

    assert (listed(users.ann), len(listed(users.bob))) == ([], 1)
    begin(users.ann, app)
    assert listed(users.ann) == [("Title", "", "PUBLISHED")]


# The library


def test_only_an_owner_deletes_an_item(users):
    app = create_app(users.owner)["appId"]
    item = publish(users.owner, app)

    answer = refusal(users.ann.delete_library_item, instanceId=INSTANCE, libraryItemId=item)

    assert answer == {
        "Code": "AccessDeniedException",
        "Message": f"User {users.ann_id} is not the owner of app {app}.",
    }
    users.owner.delete_library_item(instanceId=INSTANCE, libraryItemId=item)
    assert users.owner.list_library_items(instanceId=INSTANCE)["libraryItems"] == []


def test_an_update_of_a_verified_app_removes_the_verified_mark(users):
    app = create_app(users.owner)["appId"]
    item = publish(users.owner, app)
    users.owner.update_library_item_metadata(instanceId=INSTANCE, libraryItemId=item, isVerified=True)

    new_version(users.owner, app)

    assert not users.owner.get_library_item(instanceId=INSTANCE, libraryItemId=item)["isVerified"]
    assert not users.owner.list_q_apps(instanceId=INSTANCE)["apps"][0]["isVerified"]


def test_a_user_with_the_write_permission_can_update_an_app(users):
    app = create_app(users.owner)["appId"]
    permit(users.owner, app, "write")

    new_version(users.ann, app, title="New")

    assert listed(users.owner) == [("New", "", "DRAFT")]


# Values of cards


def test_a_default_file_can_be_overridden_while_nothing_else_waits(client):
    app = create_app(client, upload_card(fileId=NOBODY, allowOverride=True), query_card(f"Read @{FILE}."))
    session = begin(client, app["appId"])["sessionId"]
    assert states(client, session) == ["COMPLETED"] * 3
    file_id = imported(client, app["appId"], scope="SESSION", sessionId=session)

    update(client, session, FILE=file_id)

    assert value_of(client, session, FILE) == file_id
    assert value_of(client, session, QUERY).endswith(f"Read {file_id}.")


def test_a_query_that_also_waits_for_another_card_gets_the_file_that_overrides(client):
    preset = upload_card(fileId=NOBODY, allowOverride=True)
    app = create_app(client, preset, text_card(), query_card(f"Read @{FILE} on @{TEXT}."))["appId"]
    session = begin(client, app)["sessionId"]
    file_id = imported(client, app)

    update(client, session, FILE=file_id)
    update(client, session, TEXT="dogs")

    assert value_of(client, session, QUERY).endswith(f"Read {file_id} on dogs.")


def test_a_call_without_values_is_not_valid_while_only_a_default_file_could_change(client):
    session = start(client, upload_card(fileId=NOBODY, allowOverride=True))

    assert refusal(update, client, session) == invalid(
        f"No card of session {session} is waiting for a value."
    )


def test_values_for_unknown_cards_are_ignored(client):
    app = create_app(client, text_card())["appId"]

    session = begin(client, app, initialValues=given({NOBODY: "cats"}))["sessionId"]
    update(client, session, *given({NOBODY: "cats", TEXT: "dogs"}))

    assert {name: each["currentValue"] for name, each in look(client, session)["cardStatus"].items()} == {
        TEXT: "dogs"
    }


@strict
def test_a_strict_mock_refuses_values_for_unknown_cards(client):
    app = create_app(client, text_card())["appId"]
    session = begin(client, app)["sessionId"]

    answer = refusal(update, client, session, *given({TEXT: "dogs", NOBODY: "cats"}))

    assert answer == invalid(f"Version 1 of app {app} has no card {NOBODY}.")
    assert value_of(client, session, TEXT) == ""


def test_a_submission_mutation_for_a_card_that_does_not_wait_is_ignored(client):
    session = start(client, text_card(), text_card(SECOND, "Place"), TEXT="dogs")
    mutation = {"submissionId": NOBODY, "mutationType": "add"}

    update(client, session, {"cardId": TEXT, "value": "cats", "submissionMutation": mutation}, SECOND="home")

    assert [value_of(client, session, card) for card in (TEXT, SECOND)] == ["dogs", "home"]


def test_a_form_that_accepts_no_responses_ignores_the_mutations_of_its_host(client):
    session = start(client, form_card(), text_card(), FORM='{"name": "Ann"}')
    share(client, session, acceptResponses=False)

    update(client, session, submission({"name": "Bob"}, "add", NOBODY), TEXT="dogs")

    submissions = card_of(client, session, FORM)["submissions"]
    assert [each["value"] for each in submissions] == [{"name": "Ann"}]


@pytest.mark.parametrize(("card", "card_id"), [(plugin_card, PLUGIN), (query_card, QUERY)])
def test_a_plugin_or_query_card_that_waits_takes_a_value_as_a_message_that_follows_its_prompt(
    client, card, card_id
):
    session = start(client, text_card(), card(f"Ticket about @{TEXT}."))

    update(client, session, *given({card_id: "Project X"}))
    assert states(client, session) == ["WAITING"] * 3
    update(client, session, TEXT="dogs")

    assert states(client, session) == ["COMPLETED"] * 3
    assert value_of(client, session, card_id).endswith("Ticket about dogs.\n\nProject X")


def test_a_message_to_a_plugin_card_stays_until_another_replaces_it(qapps_mock, client):
    qapps_mock.progress = 2
    first = given({TEXT: "dogs", PLUGIN: "First"})
    app = create_app(client, text_card(), plugin_card(f"Ticket about @{TEXT}."))["appId"]
    session = begin(client, app)["sessionId"]

    update(client, session, *given({PLUGIN: "Zeroth"}))
    update(client, session, *first)
    assert states(client, session) == ["IN_PROGRESS", "COMPLETED", "IN_PROGRESS"]
    look(client, session)

    assert value_of(client, session, PLUGIN).endswith("Ticket about dogs.\n\nFirst")


# What only a strict mock refuses


@strict
def test_a_strict_mock_refuses_a_file_of_another_app_or_session_as_a_preset(client):
    app = create_app(client, upload_card())["appId"]
    session = begin(client, app)["sessionId"]
    files = [imported(client, app), imported(client, app, scope="SESSION", sessionId=session)]

    for file_id in files:
        answer = refusal(create_app, client, upload_card(fileId=file_id))
        assert answer == invalid(f"File {file_id} belongs to another app or session.")
    new_version(client, app, appDefinition={"cards": [upload_card(fileId=files[0])]})


SCHEMAS = [
    ("text", "it must be a JSON object"),
    ([], "it must be a JSON object"),
    ({"$schema": 4}, "it must be a JSON object"),
    ({"minProperties": "2"}, "'2' is not of type 'integer'"),
    ({"properties": {"name": {"pattern": "("}}}, "'(' is not a 'regex'"),
    ({"$ref": "https://example.com/schema"}, "its reference https://example.com/schema leads nowhere"),
    ({"properties": {"name": {"$ref": "#/$defs/name"}}}, "its reference /$defs/name leads nowhere"),
    ({"$ref": "#"}, "maximum recursion depth exceeded"),
    ({"$ref": "http://["}, "its reference http://[ leads nowhere"),
]


@pytest.mark.parametrize(("schema", "flaw"), SCHEMAS)
def test_a_schema_that_cannot_be_used_checks_nothing(client, schema, flaw):
    session = start(client, form_card(schema))

    update(client, session, submission({"name": "Ann"}))

    assert [each["value"] for each in card_of(client, session, FORM)["submissions"]] == [{"name": "Ann"}]


@strict
@pytest.mark.parametrize(("schema", "flaw"), SCHEMAS)
def test_a_strict_mock_refuses_an_app_whose_schema_cannot_be_used(client, schema, flaw):
    answer = refusal(create_app, client, form_card(schema))

    assert answer["Code"] == "ValidationException"
    assert answer["Message"].startswith(f"The schema of form card {FORM} cannot be used: {flaw}")
    assert listed(client) == []


@strict
def test_a_strict_mock_refuses_a_prompt_that_names_a_card_by_its_title(client):
    cards = [text_card(title="Source Text"), text_card(SECOND, "Source"), query_card("Sum up @Source Text.")]

    answer = refusal(create_app, client, *cards)

    assert answer == invalid(
        f"The prompt of card {QUERY} refers to a card by its title: write @{TEXT} instead of @Source Text."
    )


@strict
@pytest.mark.parametrize(
    "prompt",
    [f"Sum up @{TEXT}.", "Write to a@Sourceforge.net", "Write to a@Source.net", "@Summary", "Source"],
)
def test_a_strict_mock_accepts_prompts_that_name_no_other_card_by_its_title(client, prompt):
    create_app(client, text_card(title="Source"), query_card(prompt))

    assert len(listed(client)) == 1


def test_a_prompt_may_name_a_card_by_its_title(client):
    session = start(client, text_card(title="Source"), query_card("Sum up @Source."))

    assert value_of(client, session, QUERY).endswith("Sum up @Source.")


# PredictQApp

NO_PROBLEM = [{}, {"options": {"conversation": [{"type": "SYSTEM", "body": "Hello"}]}}]


@pytest.mark.parametrize("members", NO_PROBLEM)
def test_predict_q_app_without_a_problem_returns_a_general_app(client, members):
    predicted = client.predict_q_app(instanceId=INSTANCE, **members)

    assert predicted["problemStatement"] == "Answer a question."
    app = predicted["app"]
    client.create_q_app(instanceId=INSTANCE, title=app["title"], appDefinition=app["appDefinition"])


@strict
@pytest.mark.parametrize("members", NO_PROBLEM)
def test_a_strict_mock_refuses_predict_q_app_without_a_problem(client, members):
    assert refusal(client.predict_q_app, instanceId=INSTANCE, **members) == invalid(
        "The request states no problem: it has no options, or no USER message."
    )


# What a test changes is its own


def test_what_a_test_does_to_results_does_not_reach_the_state_of_the_mock(qapps_mock, client):
    card = form_card({"type": "object"})
    session = start(client, card, FORM='{"name": ["Ann"]}')
    app = client.list_q_apps(instanceId=INSTANCE)["apps"][0]["appId"]

    def spoil(value: Any) -> None:
        for each in list(value.values()) if isinstance(value, dict) else list(value):
            if isinstance(each, (dict, list)):
                spoil(each)
        value.clear()

    def seen() -> list[Any]:
        results = [
            client.get_q_app(instanceId=INSTANCE, appId=app),
            look(client, session),
            client.list_q_app_session_data(instanceId=INSTANCE, sessionId=session),
        ]
        return [{name: each[name] for name in each if name != "ResponseMetadata"} for each in results]

    before = seen()
    for each in [*seen(), card, *(call.params for call in qapps_mock.calls())]:
        spoil(each)
    for call in qapps_mock.calls():
        spoil(call.result)

    assert seen() == before
