"""`load` and `dump`: the state as a document."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import re
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import settings

from qapps_mock import mock_qapps
from qapps_mock.endpoints import CONTROL_PATH
from qapps_mock.service.json_body import MAX_NESTING
from tests import running
from tests.conftest import ANN, BOB, INSTANCE, UNKNOWN, console_server, create_app
from tests.running import FORM, QUERY, TEXT, form_card, plugin_card, query_card, text_card
from tests.shapes import fuzz

APP = "7a11f34b-42d4-4bc8-b668-ae4a788dae1e"
CARDS = [text_card(), query_card(f"About @{TEXT}"), form_card({"type": "object"}, computeMode="append")]


def fill(mock):
    """Make one of everything, and return what describes it: operation, user, region, members."""
    ann, bob = mock.client(user=ANN), mock.client(user=BOB)
    app = ann.create_q_app(
        instanceId=INSTANCE,
        title="App",
        description="About",
        appDefinition={"cards": CARDS, "initialPrompt": "Make it"},
        tags={"team": "a"},
    )
    ids = {"instanceId": INSTANCE, "appId": app["appId"]}
    ann.update_q_app(**ids, title="New title")
    ann.batch_create_category(instanceId=INSTANCE, categories=[{"title": "Label", "color": "#FF0000"}])
    [category] = ann.list_categories(instanceId=INSTANCE)["categories"]
    item = ann.create_library_item(**ids, appVersion=1, categories=[category["id"]])
    item_ids = {"instanceId": INSTANCE, "libraryItemId": item["libraryItemId"]}
    bob.associate_library_item_review(**item_ids)
    ann.update_q_app_permissions(**ids, grantPermissions=[{"action": "read", "principal": BOB}])
    session = bob.start_q_app_session(
        **ids,
        appVersion=1,
        initialValues=running.given({TEXT: "bees", FORM: '{"stars": 5}'}),
        tags={"run": "1"},
    )
    session_ids = {"instanceId": INSTANCE, "sessionId": session["sessionId"]}
    bob.update_q_app_session_metadata(
        **session_ids, sharingConfiguration={"enabled": True, "revealCards": False}, sessionName="Survey"
    )
    create_app(ann, title="Second")
    create_app(mock.client(user=BOB, region_name="us-west-2"), title="Elsewhere")
    return [
        ("get_q_app", ANN, "us-east-1", ids),
        ("get_q_app", ANN, "us-east-1", {**ids, "appVersion": 1}),
        ("get_q_app", "zoe@example.com", "us-east-1", ids),
        ("describe_q_app_permissions", BOB, "us-east-1", ids),
        ("list_q_apps", ANN, "us-east-1", {"instanceId": INSTANCE}),
        ("list_q_apps", BOB, "us-east-1", {"instanceId": INSTANCE}),
        ("list_q_apps", BOB, "us-west-2", {"instanceId": INSTANCE}),
        ("list_categories", ANN, "us-east-1", {"instanceId": INSTANCE}),
        ("list_library_items", BOB, "us-east-1", {"instanceId": INSTANCE, "categoryId": category["id"]}),
        ("get_library_item", ANN, "us-east-1", item_ids),
        ("get_q_app_session", BOB, "us-east-1", session_ids),
        ("get_q_app_session_metadata", BOB, "us-east-1", session_ids),
        ("list_q_app_session_data", BOB, "us-east-1", session_ids),
        ("list_tags_for_resource", BOB, "us-east-1", {"resourceARN": app["appArn"]}),
        ("list_tags_for_resource", BOB, "us-east-1", {"resourceARN": session["sessionArn"]}),
    ]


def shown(mock, looks):
    """Return what the operations return."""
    results = []
    for operation, user, region, members in looks:
        result = getattr(mock.client(user=user, region_name=region), operation)(**members)
        results.append({name: value for name, value in result.items() if name != "ResponseMetadata"})
    return results


def test_a_dump_loads_as_the_same_state():
    with mock_qapps() as mock:
        looks = fill(mock)
        before, document = shown(mock, looks), json.loads(json.dumps(mock.dump()))

    with mock_qapps() as mock:
        mock.load(document)

        assert mock.dump() == document
        assert shown(mock, looks) == before


def test_the_state_goes_on_after_a_load(tmp_path):
    with mock_qapps() as mock:
        fill(mock)
        path = tmp_path / "state.json"
        path.write_text(json.dumps(mock.dump()))

    with mock_qapps() as mock:
        mock.load(path)
        ann = mock.client(user=ANN)
        newest = create_app(ann, title="Third")
        listed = ann.list_q_apps(instanceId=INSTANCE)["apps"]
        app = next(each for each in listed if each["title"] == "New title")
        updated = ann.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="Newer")
        session = ann.start_q_app_session(instanceId=INSTANCE, appId=app["appId"], appVersion=3)
        ann.delete_q_app(instanceId=INSTANCE, appId=app["appId"])

        assert [each["title"] for each in listed] == ["Third", "Second", "New title"]
        assert (updated["appVersion"], newest["status"], session["sessionId"]) == (
            3,
            "DRAFT",
            session["sessionId"],
        )
        assert ann.list_library_items(instanceId=INSTANCE)["libraryItems"] == []


@pytest.mark.parametrize("as_text", [False, True])
def test_results_of_get_q_app_load(as_text):
    with mock_qapps() as mock:
        client = mock.client(user=ANN)
        app_id = create_app(client, *CARDS)["appId"]
        client.update_q_app(instanceId=INSTANCE, appId=app_id, title="New")
        client.create_library_item(instanceId=INSTANCE, appId=app_id, appVersion=2, categories=[])
        export: Any = [client.get_q_app(instanceId=INSTANCE, appId=app_id)]
        if as_text:
            export = json.loads(json.dumps(export, default=str))

    with mock_qapps() as mock:
        mock.user(ANN, id=export[0]["createdBy"])
        mock.load(export)
        found = mock.client(user=BOB).get_q_app(instanceId=INSTANCE, appId=app_id)
        listed = mock.client().list_library_items(instanceId=INSTANCE)["libraryItems"]
        own = mock.client(user=ANN).list_q_apps(instanceId=INSTANCE)["apps"]

    expected = dict(export[0])
    for each in (found, expected):
        each.pop("ResponseMetadata")
        each.pop("appDefinition") if as_text else each["appDefinition"].pop("canEdit")
    if as_text:
        found = json.loads(json.dumps(found, default=str))
        for each in (found, expected):
            each.pop("createdAt"), each.pop("updatedAt")
    assert found == expected
    assert [each["appId"] for each in (*listed, *own)] == [app_id, app_id]


def test_one_result_of_get_q_app_loads_with_an_unknown_owner(qapps_mock):
    qapps_mock.load(
        {
            "appArn": f"arn:aws:qapps:us-west-2:111122223333:application/{INSTANCE}/qapp/{APP}",
            "title": "Exported",
            "createdBy": "someone",
            "appDefinition": {"cards": []},
        }
    )

    [app] = qapps_mock.dump()["apps"]
    assert (app["appId"], app["owner"], app["createdBy"]) == (APP, "someone@example.com", "someone")
    assert qapps_mock.user("someone@example.com") == "someone"


def test_a_short_document_gets_the_rest(qapps_mock):
    qapps_mock.load(
        {
            "apps": [
                {
                    "instanceId": INSTANCE,
                    "title": "Short",
                    "owner": ANN,
                    "published": True,
                    "sharedWith": [BOB, {"principal": "zoe@example.com", "action": "write"}],
                    "appDefinition": {"cards": CARDS},
                },
                {"instanceId": INSTANCE, "title": "Mine"},
            ]
        }
    )

    [item] = qapps_mock.client().list_library_items(instanceId=INSTANCE)["libraryItems"]
    [mine] = qapps_mock.client().list_q_apps(instanceId=INSTANCE)["apps"]
    permissions = qapps_mock.client(user=BOB).describe_q_app_permissions(
        instanceId=INSTANCE, appId=item["appId"]
    )["permissions"]
    assert mine["title"] == "Mine"
    assert item["createdBy"] == qapps_mock.user(ANN)
    assert [(each["principal"]["email"], each["action"]) for each in permissions] == [
        (ANN, "write"),
        (BOB, "read"),
        ("zoe@example.com", "write"),
    ]


def test_neither_counts_as_a_call(qapps_mock):
    qapps_mock.load({})
    qapps_mock.dump()

    assert qapps_mock.calls() == []


def versioned(*versions: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Make a document with one app, which has these versions."""
    return {"apps": [{"instanceId": INSTANCE, "versions": list(versions), **members}]}


APP_NAMES = (
    "appId, appArn, title, description, initialPrompt, appVersion, status, createdAt, createdBy, updatedAt, "
    "updatedBy, requiredCapabilities, appDefinition, instanceId, owner, published, sharedWith, tags, versions, "
    "account, region, ResponseMetadata"
)
NO_ID = "it must be a text of 1 to 256 characters, for example the UserId of IAM Identity Center"
NO_USER = "is not a user: pass an e-mail address, for example 'ann@example.com'"


def plugin_of_type(plugin_type: Any) -> dict[str, Any]:
    return {"qPlugin": {**plugin_card("p")["qPlugin"], "pluginType": plugin_type}}


def entry(**members: Any) -> dict[str, Any]:
    return {"apps": [{"instanceId": "i", "title": "T", **members}]}


@pytest.mark.parametrize(
    ("member", "other", "of_arn"),
    [
        ("appId", "11111111-1111-4111-8111-111111111111", APP),
        ("instanceId", "another", INSTANCE),
        ("account", "222233334444", "111122223333"),
        ("region", "us-east-1", "us-west-2"),
    ],
)
def test_an_app_whose_arn_says_something_else_is_refused(qapps_mock, member, other, of_arn):
    arn = f"arn:aws:qapps:us-west-2:111122223333:application/{INSTANCE}/qapp/{APP}"
    same = {"appArn": arn, "instanceId": INSTANCE, "title": "T"}

    message = f"apps[0]: {member} is {other!r}, and appArn has {of_arn}: leave one of them out"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        qapps_mock.load([{**same, member: other}])

    qapps_mock.load([{**same, member: of_arn}])
    assert [app["appId"] for app in qapps_mock.dump()["apps"]] == [APP]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (3, "The document is 3: it must be a JSON object, or a list of apps"),
        (
            {"app": []},
            "'app' is unknown. Did you mean 'apps'? Valid are: apps, associations, categories, libraryItems, sessions, users.",
        ),
        ({"apps": 3}, "apps is 3: it must be a list"),
        ({"apps": [3]}, "apps[0]: 3 is not a JSON object"),
        ({"apps": [{"title": "T"}]}, "apps[0]: it needs an instanceId, or an appArn that has one"),
        (entry(titel="T"), f"apps[0]: 'titel' is unknown. Did you mean 'title'? Valid are: {APP_NAMES}."),
        (
            entry(title="T" * 101),
            "apps[0]: 1 validation error detected. Value with length 101 at '/title' failed to satisfy "
            "constraint: Member must have length less than or equal to 100",
        ),
        (
            entry(appId=[]),
            "apps[0]: 1 validation error detected. Value at '/appId' failed to satisfy constraint: "
            "Member must be of type string",
        ),
        (entry(appArn="app"), "apps[0]: appArn is 'app': it is not the ARN of an app"),
        (
            entry(createdAt="yesterday"),
            "apps[0]: createdAt is 'yesterday': it must be a time, for example '2026-01-01T12:00:00Z'",
        ),
        (
            entry(appDefinition={"cards": [{"textInput": {**text_card()["textInput"], "placholder": "p"}}]}),
            "apps[0]: cards[0]: 'placholder' is unknown. Did you mean 'placeholder'? "
            "Valid are: title, id, type, placeholder, defaultValue, dependencies.",
        ),
        (
            entry(appDefinition={"cards": [{"textInpt": text_card()["textInput"]}]}),
            "apps[0]: cards[0]: 'textInpt' is unknown. Did you mean 'textInput'? "
            "Valid are: textInput, qQuery, qPlugin, fileUpload, formInput.",
        ),
        (
            entry(appDefinition={"cards": [], "initialPromt": "p"}),
            "apps[0]: appDefinition: 'initialPromt' is unknown. Did you mean 'initialPrompt'? "
            "Valid are: cards, initialPrompt, appDefinitionVersion, canEdit.",
        ),
        (
            entry(appDefinition={"cards": [{"note": "n", **text_card()}]}),
            "apps[0]: cards[0]: 'note' is unknown. "
            "Valid are: textInput, qQuery, qPlugin, fileUpload, formInput.",
        ),
        (
            entry(appDefinition={"cards": [plugin_of_type(3)]}),
            "apps[0]: cards[0]: pluginType is 3: it must be a text that is not empty",
        ),
        (
            entry(appDefinition={"cards": [text_card(), text_card()]}),
            f"apps[0]: Card id {TEXT} is used by more than one card.",
        ),
        (entry(appDefinition=3), "apps[0]: appDefinition is 3: it must be a JSON object"),
        (versioned(), "apps[0]: versions is empty: an app has one version or more"),
        (
            entry(versions=[{"title": "T"}]),
            "apps[0]: title beside versions: leave it out, each version has its own",
        ),
        (
            versioned({"title": "T"}, {"title": ""}),
            "apps[0]: versions[1]: 1 validation error detected. Value at '/title' failed to satisfy constraint: "
            'Member must satisfy regular expression pattern: ^[^{}\\\\"<>]+$',
        ),
        (entry(appVersion=10**9), "apps[0]: appVersion is 1000000000: it must be 1 to 10000"),
        (
            {**entry(appId=APP, published=1), "libraryItems": [{"appId": APP}]},
            "apps[0]: published beside a library item of the app: leave one of them out",
        ),
        (
            entry(published="yes"),
            "apps[0]: published is 'yes': it must be true, false or the number of a version",
        ),
        (entry(appId=APP, published=2), f"apps[0]: App {APP} has no version 2."),
        (entry(tags={"aws:a": "b"}), "apps[0]: Tag key aws:a is reserved: it starts with aws:."),
        (entry(account="1"), "apps[0]: account is '1': it must be a text of 12 digits"),
        (entry(region="a b"), "apps[0]: region is 'a b': it must be a name such as us-east-1"),
        (entry(appId=APP, published=0), f"apps[0]: App {APP} has no version 0."),
        (
            entry(owner=3),
            "apps[0]: owner: 3 is not a user: pass an e-mail address, for example 'ann@example.com'",
        ),
        (entry(owner="\ud800"), f"apps[0]: owner: '\\ud800' {NO_USER}"),
        (
            entry(createdBy=257 * "x"),
            f"apps[0]: createdBy is 'xxxxxxxxxxxx...xxxxxxxxxxxxx': {NO_ID}",
        ),
        ({"users": {"": "x"}}, f"users: '' {NO_USER}"),
        ({"users": {ANN: "\ud800"}}, f"users.{ANN}: id is '\\ud800': {NO_ID}"),
        (
            json.loads('{"apps": ' + 900 * "[" + 900 * "]" + "}"),
            "The document is nested more than 103 levels deep",
        ),
        (
            {"libraryItems": [{"appId": []}]},
            "libraryItems[0]: appId is []: the document has no such app",
        ),
        (
            {
                "apps": [*entry(appId=APP)["apps"], *entry(appId=UNKNOWN)["apps"]],
                "libraryItems": [{"appId": app, "libraryItemId": QUERY} for app in (APP, UNKNOWN)],
            },
            f"libraryItems[1]: the document has another library item with the id {QUERY}",
        ),
        (
            {**entry(appId=APP), "libraryItems": [{"appId": APP, "isVerified": "no"}]},
            "libraryItems[0]: isVerified is 'no': it must be true or false",
        ),
        (
            {
                **entry(appId=APP, appDefinition={"cards": CARDS}),
                "sessions": [{"appId": APP, "cards": {QUERY: {"state": "IN_PROGRESS", "reads": -1}}}],
            },
            f"sessions[0]: cards.{QUERY}: reads is -1: it must be a whole number, 0 or more",
        ),
        (
            {**entry(appId=APP), "sessions": 2 * [{"appId": APP, "sessionId": QUERY}]},
            f"sessions[1]: the document has another session with the id {QUERY}",
        ),
        (
            {**entry(appId=APP), "associations": 2 * [{"appId": APP, "userId": "ann"}]},
            f"associations[1]: the document has another association of user ann with app {APP}",
        ),
        (
            {**entry(appId=APP), "sessions": [{"appId": APP, "submissions": [{"cardId": []}]}]},
            "sessions[0]: submissions[0]: cardId is []: the app's form cards are: none",
        ),
        ({"apps": 2 * entry(appId=APP)["apps"]}, f"apps[1]: the document has another app with the id {APP}"),
        (
            {"libraryItems": [{"appId": APP}]},
            f"libraryItems[0]: appId is '{APP}': the document has no such app",
        ),
        (
            {**entry(appId=APP), "libraryItems": [{"appId": APP, "categories": [APP]}]},
            f"libraryItems[0]: the document has no category {APP} of instance i",
        ),
        (
            {**entry(appId=APP), "sessions": [{"appId": APP, "cards": {TEXT: {"state": "WAITING"}}}]},
            f"sessions[0]: cards.{TEXT}: the app has no such card. Its cards are: none",
        ),
        (
            {
                **entry(appId=APP, appDefinition={"cards": CARDS}),
                "sessions": [{"appId": APP, "cards": {QUERY: {"state": "DONE"}}}],
            },
            f"sessions[0]: cards.{QUERY}: state is 'DONE': "
            "it must be one of ERROR, WAITING, IN_PROGRESS, COMPLETED",
        ),
        (
            {**entry(appId=APP), "sessions": [{"appId": APP, "submissions": [{"cardId": FORM}]}]},
            f"sessions[0]: submissions[0]: cardId is '{FORM}': the app's form cards are: none",
        ),
        (
            {"categories": [{"instanceId": "i", "title": "A"}, {"instanceId": "i", "title": "A"}]},
            "categories: instance i would have two categories with one title",
        ),
        (
            {"categories": [{"instanceId": "i", "title": str(number)} for number in range(11)]},
            "categories: instance i would have 11 categories; at most 10 are allowed",
        ),
        (
            {"apps": 101 * entry(owner=ANN)["apps"]},
            f"apps: user {ANN} would have 101 apps; at most 100 are allowed",
        ),
        (
            {"users": {ANN: "ann", BOB: "ann"}},
            f"users.{BOB}: The id 'ann' is that of {ANN}: each user has an id of their own",
        ),
        (
            {**entry(appId=APP), "associations": [{"appId": APP, "knownVersion": "1"}]},
            "associations[0]: knownVersion is '1': it must be the number of a version",
        ),
        (
            entry(appDefinition={"cards": [form_card({"const": b"x"})]}),
            "apps[0]: cards[0]: it cannot be written as JSON: Object of type bytes is not JSON serializable",
        ),
        (entry(sharedWith=["\ud800"]), f"apps[0]: sharedWith: '\\ud800' {NO_USER}"),
        (entry(appVersion=0), "apps[0]: appVersion is 0: it must be 1 to 10000"),
        (entry(status="DELETED"), "apps[0]: status is 'DELETED': it must be DRAFT or PUBLISHED"),
        (entry(sharedWith=3), "apps[0]: sharedWith is 3: it must be a list"),
        (
            entry(sharedWith=[3]),
            "apps[0]: sharedWith: 1 validation error detected. Value at '/grantPermissions/0' failed to satisfy "
            "constraint: Member must be of type structure",
        ),
        (
            versioned({"title": "T", "updatedBy": 3}),
            "apps[0]: versions[0]: updatedBy is 3: it must be a text that is not empty",
        ),
        (
            versioned({"title": "T", "updatedBy": "\ud800"}),
            "apps[0]: versions[0]: updatedBy is '\\ud800': it has a lone surrogate, which is not valid Unicode",
        ),
        (
            {**entry(appId=APP), "libraryItems": [{"appId": APP, "ratings": ["ann", 3]}]},
            "libraryItems[0]: ratings[1] is 3: it must be a text that is not empty",
        ),
        (
            {**entry(appId=APP), "libraryItems": 2 * [{"appId": APP}]},
            f"libraryItems[1]: app {APP} has another library item",
        ),
        (
            {
                **entry(appId=APP, appDefinition={"cards": CARDS}),
                "sessions": [{"appId": APP, "cards": {QUERY: {"state": "COMPLETED", "value": 3}}}],
            },
            f"sessions[0]: cards.{QUERY}: value is 3: it must be a text",
        ),
        (
            {
                **entry(appId=APP, appDefinition={"cards": CARDS}),
                "sessions": [{"appId": APP, "submissions": [{"cardId": FORM, "userId": "ann"}]}],
            },
            "sessions[0]: submissions[0]: value is None: it must be a JSON object",
        ),
    ],
)
def test_a_wrong_document_says_where_and_why_and_loads_nothing(qapps_mock, document, message):
    qapps_mock.load(entry(owner="zoe@example.com"))
    before = qapps_mock.dump()

    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the whole message follows
        qapps_mock.load(document)

    assert str(refused.value) == message
    assert qapps_mock.dump() == before


JUNK = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        2,
        10**9,
        1.5,
        float("nan"),
        "",
        "x",
        "\ud800",
        QUERY,
        ANN,
        [],
        [3],
        {},
        {"x": 3},
        b"x",
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of each value in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, each in inner for found in places(each, (*path, key)))]


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of a document with another value at one place."""
    copied = copy.deepcopy(document)
    inner = copied
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copied


@functools.cache
def whole_document() -> tuple[Any, Any]:
    """Return a document that has one of everything, and what describes its content."""
    with mock_qapps() as mock:
        looks = fill(mock)
        return json.loads(json.dumps(mock.dump())), looks


@fuzz(80)
@given(data=st.data(), value=JUNK)
def test_a_document_with_any_value_anywhere_is_loaded_or_refused_as_a_whole(data, value):
    whole, looks = whole_document()
    path = data.draw(st.sampled_from(places(whole)[1:]))
    with mock_qapps() as mock:
        try:
            mock.load(changed(whole, path, value))
        except ValueError:
            assert mock.dump() == {"users": {}}
        else:
            document = mock.dump()
            for operation, user, region, members in looks:
                with contextlib.suppress(ClientError):
                    getattr(mock.client(user=user, region_name=region), operation)(**members)
            errors = {call.error for call in mock.calls()}
            assert errors <= {None, "AccessDeniedException", "ResourceNotFoundException"}
            mock.reset()
            mock.load(document)
            assert mock.dump() == document


def test_owners_list_the_apps_of_a_document_that_has_no_associations_of_theirs(qapps_mock):
    qapps_mock.load({**entry(appId=APP), "associations": [{"appId": APP, "userId": qapps_mock.user(ANN)}]})

    for user in (None, ANN):
        [app] = qapps_mock.client(user=user).list_q_apps(instanceId="i")["apps"]
        assert app["appId"] == APP


def test_a_card_as_deep_as_a_request_allows_is_dumped_and_loaded(qapps_mock):
    schema: dict[str, Any] = {}
    for _ in range(MAX_NESTING - 8):
        schema = {"not": schema}
    create_app(qapps_mock.client(), form_card(schema))
    document = qapps_mock.dump()
    qapps_mock.reset()

    qapps_mock.load(document)

    assert qapps_mock.dump() == document


@pytest.mark.parametrize(
    "card", [{"qPlugin": None, **text_card()}, {**text_card(), "qPlugin": None}, plugin_of_type(None)]
)
def test_null_in_a_card_of_a_document_is_absent(qapps_mock, card):
    qapps_mock.load(entry(appDefinition={"cards": [card]}))

    [version] = qapps_mock.dump()["apps"][0]["versions"]
    [(kind, body)] = version["cards"][0].items()
    assert (kind, body.get("pluginType")) in (("textInput", None), ("qPlugin", "CUSTOM"))


def test_a_document_is_not_loaded_twice(qapps_mock):
    qapps_mock.load(entry(appId=APP))

    with pytest.raises(ValueError, match=f"^apps: the mock already has one with the id {APP}$"):
        qapps_mock.load(entry(appId=APP))


def test_a_file_that_is_not_json_is_named(qapps_mock, tmp_path):
    path = tmp_path / "state.json"
    path.write_text("{")

    with pytest.raises(ValueError, match="is not JSON: "):
        qapps_mock.load(str(path))
    with pytest.raises(FileNotFoundError):
        qapps_mock.load(tmp_path / "missing.json")


def test_a_seeded_mock_makes_no_id_of_a_document():
    with mock_qapps(seed=7) as mock:
        first = create_app(mock.client())["appId"]
        document = mock.dump()
    with mock_qapps(seed=7) as mock:
        mock.load(document)

        assert create_app(mock.client())["appId"] != first


def test_a_server_loads_and_dumps_documents(qapps_mock, qapps_server):
    def ask(method, **members):
        answer = requests.request(method, f"{qapps_server}{CONTROL_PATH}state", json=members, timeout=30)
        return answer.status_code, answer.json()

    assert ask("POST", document=entry(appId=APP)) == (200, {})
    assert ask("GET") == (200, qapps_mock.dump())
    assert ask("POST", document=entry(appId=APP))[1]["message"].startswith("apps: the mock already has")
    assert ask("POST", document="/etc/hosts") == (
        400,
        {"error": "ValueError", "message": 'document is "/etc/hosts": it must be an object or a list'},
    )


def test_a_remote_mock_loads_into_its_server(monkeypatch, tmp_path):
    path = tmp_path / "state.json"
    path.write_text(json.dumps(entry(appId=APP, owner=ANN)))
    with console_server() as console:
        monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
        monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", console.url)
        with mock_qapps() as mock:
            mock.load(path)

            assert mock.client(user=ANN).get_q_app(instanceId="i", appId=APP)["title"] == "T"
            assert mock.dump()["apps"][0]["appId"] == APP
            with pytest.raises(ValueError, match="apps: the mock already has one"):
                mock.load(path)
