"""Any sequence of calls by several users leaves the service in the state of a simple model.

``QAPPS_MOCK_FUZZ=100000 pytest tests/test_stateful.py`` runs longer.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from qapps_mock import MockQApps, mock_qapps
from tests.running import FILE, FORM, QUERY, TEXT, form_card, query_card, text_card, upload_card
from tests.service import (
    CONFLICT,
    INSTANCES,
    INVALID,
    NOT_FOUND,
    USERS,
    App,
    Cards,
    Item,
    Service,
    Session,
    answers,
)
from tests.shapes import UUIDS, fuzz

CARD_IDS = {"text": TEXT, "form": FORM, "file": FILE}

OWNER = "the owner"

users = st.sampled_from(USERS)
# Mostly the owner: an app that is never published cannot be used much.
actors = st.sampled_from([OWNER, OWNER, OWNER, *USERS])
instances = st.sampled_from(INSTANCES)
titles = st.sampled_from(["One", "Two", "Three"])
card_sets = st.builds(Cards, st.booleans(), st.sampled_from([None, "append", "replace"]), st.booleans())
versions = st.sampled_from([1, 1, 1, 2, 3])
category_ids = st.sampled_from(UUIDS)
labels = st.sampled_from(["HR", "IT", "Law", "Marketing", "Sales"])
batches = st.lists(st.tuples(category_ids, labels), min_size=1, max_size=2)
item_categories = st.lists(st.sampled_from([*UUIDS[:2] * 4, *UUIDS[2:]]), max_size=2, unique=True)
tags = st.dictionaries(st.sampled_from(["team", "stage"]), st.sampled_from(["a", "b"]), max_size=2)
actions = st.sampled_from(["read", "write"])
texts = st.sampled_from(["dogs", "cats"])


def definition(cards: Cards) -> dict[str, Any]:
    built = [query_card(f"About @{TEXT} and @{FORM}")]
    if cards.text:
        built.append(text_card())
    if cards.form:
        built.append(form_card(computeMode=cards.form))
    if cards.file:
        built.append(upload_card())
    return {"cards": built}


def values(given: dict[str, str]) -> list[dict[str, str]]:
    written = {**given, **({"form": json.dumps({"answer": given["form"]})} if "form" in given else {})}
    return [{"cardId": CARD_IDS[card], "value": value} for card, value in written.items()]


class Users(RuleBasedStateMachine):
    """Calls the service and its model side by side."""

    apps = Bundle("apps")
    items = Bundle("items")
    sessions = Bundle("sessions")
    files = Bundle("files")

    def __init__(self) -> None:
        super().__init__()
        self.mock: MockQApps = mock_qapps().start()
        self.mock.answer("Summary", lambda prompt: f"<{prompt}>")
        self.service = Service()
        self.clients = {user: client_of(user) for user in USERS}
        self.steps = 0
        self.begin()

    def teardown(self) -> None:
        try:
            for user in USERS:
                for instance in INSTANCES:
                    self.look_as(user, instance)
        finally:
            self.mock.stop()

    def call(self, user: str, operation: str, expected: str | None, **members: Any) -> Any:
        """Make a call that must raise the error *expected*, or succeed if it is None."""
        code, result = None, None
        try:
            result = getattr(self.clients[user], operation)(**members)
        except ClientError as error:
            code = error.response["Error"]["Code"]
        assert code == expected
        return result

    def actor(self, user: str, found: App | Session | None) -> str:
        """The user who calls; a deleted resource can have any owner."""
        if user != OWNER:
            return user
        return USERS[0] if found is None else found.owner

    def app_of(self, item_id: str) -> App | None:
        item = self.service.items.get(item_id)
        return None if item is None else self.service.apps[item.app]

    def instance_of(self, app_id: str) -> str:
        app = self.service.apps.get(app_id)
        return INSTANCES[0] if app is None else app.instance

    def instance_of_item(self, item_id: str) -> str:
        item = self.service.items.get(item_id)
        return INSTANCES[0] if item is None else self.instance_of(item.app)

    def instance_of_session(self, session_id: str) -> str:
        session = self.service.sessions.get(session_id)
        return INSTANCES[0] if session is None else self.instance_of(session.app)

    def begin(self) -> None:
        """Create a few resources, so that even a short sequence of calls has something to use."""
        cards = Cards(text=True, form="append", file=True)
        for instance in INSTANCES:
            self.create_categories(USERS[0], instance, [(UUIDS[0], "HR"), (UUIDS[1], "IT")])
        app, _ = (self.create_an_app(user, INSTANCES[0], "One", cards, {}) for user in USERS[:2])
        self.verify(USERS[0], self.publish(OWNER, app, 1, [UUIDS[0]]), True)
        self.start_a_session(USERS[1], app, 1)
        shared = self.start_a_session(OWNER, app, 1)
        self.share_a_session(OWNER, shared, True, True, False)
        for user, answer in zip(USERS, ["dogs", "cats"], strict=False):
            self.give_values(user, shared, {"form": answer}, None)

    @initialize(target=apps)
    def first_apps(self):
        return multiple(*self.service.apps)

    @initialize(target=items)
    def first_items(self):
        return multiple(*self.service.items)

    @initialize(target=sessions)
    def first_sessions(self):
        return multiple(*self.service.sessions)

    # Apps and permissions

    @rule(target=apps, user=users, instance=instances, title=titles, cards=card_sets, tags=tags)
    def create_an_app(self, user, instance, title, cards, tags):
        made = self.call(
            user, "create_q_app", None,
            instanceId=instance, title=title, appDefinition=definition(cards), tags=tags,
        )  # fmt: skip

        app_id = made["appId"]
        self.service.apps[app_id] = App(instance, user, made["appArn"], [(title, cards)], dict(tags))
        self.service.add_to_list(user, app_id)
        return app_id

    @rule(user=actors, app=apps, title=titles, cards=st.none() | card_sets)
    def update_an_app(self, user, app, title, cards):
        user = self.actor(user, self.service.apps.get(app))
        members = {} if cards is None else {"appDefinition": definition(cards)}
        expected = self.service.editing(user, app)
        self.call(
            user, "update_q_app", expected,
            instanceId=self.instance_of(app), appId=app, title=title, **members,
        )  # fmt: skip

        if expected is None:
            versions = self.service.apps[app].versions
            versions.append((title, cards or versions[-1][1]))
            item = self.service.item_of(app)
            if item is not None:
                item.verified = False

    @rule(user=actors, app=apps)
    def delete_an_app(self, user, app):
        user = self.actor(user, self.service.apps.get(app))
        expected = self.service.owning(user, app)
        self.call(user, "delete_q_app", expected, instanceId=self.instance_of(app), appId=app)

        if expected is None:
            self.service.delete_app(app)

    @rule(user=actors, app=apps, version=versions)
    def get_a_version(self, user, app, version):
        user = self.actor(user, self.service.apps.get(app))
        expected = self.service.seeing(user, app, version)
        shown = self.call(
            user, "get_q_app", expected, instanceId=self.instance_of(app), appId=app, appVersion=version
        )

        if expected is None:
            assert (shown["appVersion"], shown["title"]) == (
                version,
                self.service.apps[app].versions[version - 1][0],
            )

    @rule(user=users, app=apps)
    def look_in_the_other_instance(self, user, app):
        [other] = set(INSTANCES) - {self.instance_of(app)}
        here = {"instanceId": other, "appId": app}

        self.call(user, "get_q_app", NOT_FOUND, **here)
        self.call(user, "delete_q_app", NOT_FOUND, **here)
        self.call(user, "describe_q_app_permissions", NOT_FOUND, **here)

    @rule(user=actors, app=apps, friend=users, action=actions)
    def grant(self, user, app, friend, action):
        user = self.actor(user, self.service.apps.get(app))
        expected = self.service.owning(user, app)
        self.call(
            user, "update_q_app_permissions", expected,
            instanceId=self.instance_of(app), appId=app,
            grantPermissions=[{"action": action, "principal": friend}],
        )  # fmt: skip

        if expected is None and friend != user:
            self.service.apps[app].grants.add((friend, action))

    @rule(user=actors, app=apps, friend=users, action=actions)
    def revoke(self, user, app, friend, action):
        user = self.actor(user, self.service.apps.get(app))
        expected = self.service.owning(user, app)
        if expected is None and (friend, action) == (user, "write"):
            expected = INVALID
        self.call(
            user, "update_q_app_permissions", expected,
            instanceId=self.instance_of(app), appId=app,
            revokePermissions=[{"action": action, "principal": friend}],
        )  # fmt: skip

        if expected is None:
            self.service.apps[app].grants.discard((friend, action))

    @rule(user=users, app=apps)
    def take_an_app(self, user, app):
        expected = self.service.seeing(user, app)
        self.call(user, "associate_q_app_with_user", expected, instanceId=self.instance_of(app), appId=app)

        if expected is None:
            self.service.add_to_list(user, app)

    @rule(user=users, app=apps)
    def leave_an_app(self, user, app):
        expected = None if app in self.service.apps else NOT_FOUND
        self.call(user, "disassociate_q_app_from_user", expected, instanceId=self.instance_of(app), appId=app)

        if expected is None and user != self.service.apps[app].owner:
            self.service.remove_from_list(user, app)
            self.service.apps[app].grants -= {(user, "read"), (user, "write")}

    # The library, categories, ratings

    @rule(target=items, user=actors, app=apps, version=versions, categories=item_categories)
    def publish(self, user, app, version, categories):
        user = self.actor(user, self.service.apps.get(app))
        expected = self.service.arranging(user, app, categories)
        if app in self.service.apps and version > len(self.service.apps[app].versions):
            expected = NOT_FOUND
        made = self.call(
            user, "create_library_item", expected,
            instanceId=self.instance_of(app), appId=app, appVersion=version, categories=categories,
        )  # fmt: skip

        if expected is not None:
            return multiple()
        before = self.service.item_of(app)
        likes = set() if before is None else before.likes
        item = Item(app, version, categories, likes=likes)
        assert before is None or self.service.items[made["libraryItemId"]] is before
        self.service.items[made["libraryItemId"]] = item
        return made["libraryItemId"]

    @rule(
        user=actors, item=items, status=st.sampled_from(["PUBLISHED", "DISABLED"]), categories=item_categories
    )
    def rearrange(self, user, item, status, categories):
        user = self.actor(user, self.app_of(item))
        found = self.service.items.get(item)
        expected = NOT_FOUND if found is None else self.service.arranging(user, found.app, categories)
        self.call(
            user, "update_library_item", expected,
            instanceId=self.instance_of_item(item), libraryItemId=item, status=status, categories=categories,
        )  # fmt: skip

        if found is not None and expected is None:
            found.verified = found.verified and status in ("DISABLED", found.status)
            found.status, found.categories = status, categories

    @rule(user=actors, item=items)
    def unpublish(self, user, item):
        user = self.actor(user, self.app_of(item))
        found = self.service.items.get(item)
        expected = NOT_FOUND if found is None else self.service.owning(user, found.app)
        self.call(
            user, "delete_library_item", expected,
            instanceId=self.instance_of_item(item), libraryItemId=item,
        )  # fmt: skip

        if expected is None:
            del self.service.items[item]

    @rule(user=users, item=items, verified=st.booleans())
    def verify(self, user, item, verified):
        expected = None if item in self.service.items else NOT_FOUND
        self.call(
            user, "update_library_item_metadata", expected,
            instanceId=self.instance_of_item(item), libraryItemId=item, isVerified=verified,
        )  # fmt: skip

        if expected is None:
            self.service.items[item].verified = verified

    @rule(user=users, item=items)
    def like(self, user, item):
        expected = self.service.seeing_item(user, item)
        if expected is None and user in self.service.items[item].likes:
            expected = CONFLICT
        self.call(
            user, "associate_library_item_review", expected,
            instanceId=self.instance_of_item(item), libraryItemId=item,
        )  # fmt: skip

        if expected is None:
            self.service.items[item].likes.add(user)

    @rule(user=users, item=items)
    def unlike(self, user, item):
        expected = self.service.seeing_item(user, item)
        if expected is None and user not in self.service.items[item].likes:
            expected = CONFLICT
        self.call(
            user, "disassociate_library_item_review", expected,
            instanceId=self.instance_of_item(item), libraryItemId=item,
        )  # fmt: skip

        if expected is None:
            self.service.items[item].likes.remove(user)

    @rule(user=users, instance=instances, batch=batches)
    def create_categories(self, user, instance, batch):
        existing = self.service.categories[instance]
        expected = CONFLICT if existing.keys() & dict(batch).keys() else self.service.titling(instance, batch)
        self.call(
            user, "batch_create_category", expected,
            instanceId=instance, categories=[{"id": each, "title": title} for each, title in batch],
        )  # fmt: skip

        if expected is None:
            existing.update(batch)

    @rule(user=users, instance=instances, batch=batches)
    def rename_categories(self, user, instance, batch):
        existing = self.service.categories[instance]
        found = dict(batch).keys() <= existing.keys()
        expected = self.service.titling(instance, batch) if found else NOT_FOUND
        self.call(
            user, "batch_update_category", expected,
            instanceId=instance, categories=[{"id": each, "title": title} for each, title in batch],
        )  # fmt: skip

        if expected is None:
            existing.update(batch)

    @rule(user=users, instance=instances, ids=st.lists(category_ids, min_size=1, max_size=2))
    def delete_categories(self, user, instance, ids):
        existing = self.service.categories[instance]
        expected = None if set(ids) <= existing.keys() else NOT_FOUND
        self.call(user, "batch_delete_category", expected, instanceId=instance, categories=ids)

        if expected is None:
            for category in set(ids):
                del existing[category]
                for item in self.service.items.values():
                    if self.instance_of(item.app) == instance and category in item.categories:
                        item.categories.remove(category)

    # Sessions

    @rule(target=sessions, user=actors, app=apps, version=versions)
    def start_a_session(self, user, app, version):
        user = self.actor(user, self.service.apps.get(app))
        expected = self.service.seeing(user, app, version)
        made = self.call(
            user, "start_q_app_session", expected,
            instanceId=self.instance_of(app), appId=app, appVersion=version,
        )  # fmt: skip

        if expected is not None:
            return multiple()
        cards = self.service.apps[app].versions[version - 1][1]
        self.service.sessions[made["sessionId"]] = Session(app, version, user, made["sessionArn"], cards)
        self.service.add_to_list(user, app)
        return made["sessionId"]

    @rule(user=users, session=sessions, app=apps)
    def join_a_session(self, user, session, app):
        expected = self.service.using(user, session)
        if app not in self.service.apps:
            expected = NOT_FOUND
        elif session in self.service.sessions and self.service.sessions[session].app != app:
            same_instance = self.instance_of(app) == self.instance_of_session(session)
            expected = (expected or INVALID) if same_instance else NOT_FOUND
        self.call(
            user, "start_q_app_session", expected,
            instanceId=self.instance_of(app), appId=app, appVersion=1, sessionId=session,
        )  # fmt: skip

    @rule(
        user=actors,
        session=sessions,
        given=st.fixed_dictionaries({}, optional={"text": texts | st.just(""), "form": texts}),
        file=st.none() | files,
    )
    def give_values(self, user, session, given, file):
        user = self.actor(user, self.service.sessions.get(session))
        given = given if file is None else {**given, "file": file}
        expected = self.service.using(user, session)
        if expected is None:
            expected = self.service.giving(user, session, given)
        self.call(
            user, "update_q_app_session", expected,
            instanceId=self.instance_of_session(session), sessionId=session, values=values(given),
        )  # fmt: skip

        if expected is None:
            self.service.give(user, session, given)

    @rule(user=actors, session=sessions)
    def stop_a_session(self, user, session):
        user = self.actor(user, self.service.sessions.get(session))
        expected = self.service.hosting(user, session)
        self.call(
            user, "stop_q_app_session", expected,
            instanceId=self.instance_of_session(session), sessionId=session,
        )  # fmt: skip

        if expected is None:
            del self.service.sessions[session]

    @rule(user=actors, session=sessions, enabled=st.booleans(), accept=st.booleans(), reveal=st.booleans())
    def share_a_session(self, user, session, enabled, accept, reveal):
        user = self.actor(user, self.service.sessions.get(session))
        expected = self.service.hosting(user, session)
        self.call(
            user, "update_q_app_session_metadata", expected,
            instanceId=self.instance_of_session(session), sessionId=session,
            sharingConfiguration={"enabled": enabled, "acceptResponses": accept, "revealCards": reveal},
        )  # fmt: skip

        if expected is None:
            found = self.service.sessions[session]
            found.enabled, found.accept, found.reveal = enabled, accept, reveal

    @rule(user=actors, session=sessions)
    def export_data(self, user, session):
        user = self.actor(user, self.service.sessions.get(session))
        expected = self.service.hosting(user, session)
        if expected is None and not self.service.sessions[session].responses:
            expected = CONFLICT
        self.call(
            user, "export_q_app_session_data", expected,
            instanceId=self.instance_of_session(session), sessionId=session,
        )  # fmt: skip

    # Documents

    @rule(target=files, user=actors, app=apps)
    def import_a_document_for_an_app(self, user, app):
        user = self.actor(user, self.service.apps.get(app))
        expected = self.service.owning(user, app)
        if expected is None and not self.service.apps[app].versions[-1][1].file:
            expected = NOT_FOUND
        made = self.call(
            user, "import_document", expected,
            instanceId=self.instance_of(app), appId=app, cardId=FILE, scope="APPLICATION",
            fileName="a.txt", fileContentsBase64="YQ==",
        )  # fmt: skip
        return self.made_file(made, app, None)

    @rule(target=files, user=actors, session=sessions)
    def import_a_document_for_a_session(self, user, session):
        user = self.actor(user, self.service.sessions.get(session))
        found = self.service.sessions.get(session)
        expected = self.service.using(user, session)
        if found is not None and expected is None and not found.cards.file:
            expected = NOT_FOUND
        app = found.app if found else session
        made = self.call(
            user, "import_document", expected,
            instanceId=self.instance_of_session(session), appId=app, cardId=FILE, scope="SESSION",
            sessionId=session, fileName="a.txt", fileContentsBase64="YQ==",
        )  # fmt: skip
        return self.made_file(made, app, session)

    def made_file(self, made: Any, app: str, session: str | None) -> Any:
        if made is None:
            return multiple()
        self.service.files[made["fileId"]] = (app, session)
        return made["fileId"]

    # Tags

    def arn_of(self, app: str, session: str | None) -> str:
        """The ARN of an app or a session; for a deleted one: an ARN of nothing."""
        found: Any = self.service.apps.get(app) if session is None else self.service.sessions.get(session)
        return found.arn if found else f"arn:aws:qapps:us-east-1:123456789012:application/first/qapp/{app}"

    @rule(user=users, app=apps, session=st.none() | sessions, tags=tags, reserved=st.booleans())
    def tag(self, user, app, session, tags, reserved):
        arn = self.arn_of(app, session)
        found = self.service.tags_of(arn)
        given = {**tags, "aws:mine": "a"} if reserved else tags
        expected = NOT_FOUND if found is None else INVALID if reserved else None
        self.call(user, "tag_resource", expected, resourceARN=arn, tags=given)

        if found is not None and expected is None:
            found.update(tags)

    @rule(user=users, app=apps, session=st.none() | sessions, key=st.sampled_from(["team", "stage"]))
    def untag(self, user, app, session, key):
        arn = self.arn_of(app, session)
        found = self.service.tags_of(arn)
        expected = NOT_FOUND if found is None else None
        self.call(user, "untag_resource", expected, resourceARN=arn, tagKeys=[key])

        if found is not None:
            found.pop(key, None)

    # What users see

    @invariant()
    def each_user_in_turn_sees_what_the_model_says(self):
        self.steps += 1
        self.look_as(USERS[self.steps % len(USERS)], INSTANCES[self.steps % len(INSTANCES)])

    def look_as(self, user: str, instance: str) -> None:
        self.service.note_known_versions()
        self.look_at_apps(user, instance)
        self.look_at_library(user, instance)
        self.look_at_categories(user, instance)
        for app in self.service.apps:
            if self.instance_of(app) == instance:
                self.look_at_app(user, app)
        for session in self.service.sessions:
            if self.instance_of_session(session) == instance:
                self.look_at_session(user, session)

    def look_at_apps(self, user: str, instance: str) -> None:
        shown = self.call(user, "list_q_apps", None, instanceId=instance)["apps"]

        service = self.service
        assert [
            (each["appId"], each["title"], each["canEdit"], each["status"], each["isVerified"])
            for each in shown
        ] == [
            (
                app,
                service.apps[app].versions[service.known[user, app] - 1][0],
                service.may_edit(user, app),
                "DRAFT" if service.published(app) is None else "PUBLISHED",
                getattr(service.item_of(app), "verified", False),
            )
            for app in reversed(service.lists[instance, user])
        ]

    def look_at_library(self, user: str, instance: str) -> None:
        shown = self.call(user, "list_library_items", None, instanceId=instance)["libraryItems"]

        assert [
            (
                each["libraryItemId"],
                each["appId"],
                each["appVersion"],
                [category["id"] for category in each["categories"]],
                each["ratingCount"],
                each["isRatedByUser"],
                each["isVerified"],
                each["userCount"],
            )
            for each in shown
        ] == [
            (
                item_id,
                item.app,
                item.version,
                item.categories,
                len(item.likes),
                user in item.likes,
                item.verified,
                self.service.user_count(item.app),
            )
            for item_id, item in (
                (each, self.service.items[each]) for each in self.service.shown_items(instance)
            )
        ]

    def look_at_categories(self, user: str, instance: str) -> None:
        shown = self.call(user, "list_categories", None, instanceId=instance)["categories"]

        assert [(each["id"], each["title"], each["appCount"]) for each in shown] == [
            (category, title, len(self.service.shown_items(instance, category)))
            for category, title in self.service.categories[instance].items()
        ]

    def look_at_app(self, user: str, app_id: str) -> None:
        app = self.service.apps[app_id]
        expected = self.service.seeing(user, app_id)
        shown = self.call(user, "get_q_app", expected, instanceId=app.instance, appId=app_id)
        assert self.call(user, "list_tags_for_resource", None, resourceARN=app.arn)["tags"] == app.tags

        if expected is None:
            version = self.service.version_for(user, app_id)
            status = "PUBLISHED" if version == self.service.published(app_id) else "DRAFT"
            assert shown["title"] == app.versions[version - 1][0]
            assert (shown["appVersion"], shown["status"]) == (version, status)
            assert shown["appDefinition"]["canEdit"] == self.service.may_edit(user, app_id)
            self.look_at_permissions(user, app_id)
            assert len(shown["appDefinition"]["cards"]) == len(
                definition(app.versions[version - 1][1])["cards"]
            )

    def look_at_permissions(self, user: str, app_id: str) -> None:
        app = self.service.apps[app_id]
        shown = self.call(user, "describe_q_app_permissions", None, instanceId=app.instance, appId=app_id)

        permissions = [(each["principal"]["email"], each["action"]) for each in shown["permissions"]]
        assert sorted(permissions) == sorted([(app.owner, "write"), *app.grants])

    def look_at_session(self, user: str, session_id: str) -> None:
        session = self.service.sessions[session_id]
        here = {"instanceId": self.instance_of(session.app), "sessionId": session_id}
        expected = self.service.using(user, session_id)
        shown = self.call(user, "get_q_app_session", expected, **here)
        data = self.call(user, "list_q_app_session_data", expected, **here)
        assert (
            self.call(user, "list_tags_for_resource", None, resourceARN=session.arn)["tags"] == session.tags
        )

        if expected is None:
            responses = self.service.responses_for(user, session_id)
            assert [(each["user"]["userId"], each["value"]["answer"]) for each in data["sessionData"]] == [
                (self.mock.user(each), answer) for each, answer in responses
            ]
            assert shown["status"] == ("WAITING" if session.waits_for() else "COMPLETED")
            assert shown["userIsHost"] == (user == session.owner)
            assert shown.get("latestPublishedAppVersion") == self.service.published(session.app)
            assert {
                card: (status["currentState"], status["currentValue"], len(status.get("submissions", [])))
                for card, status in shown["cardStatus"].items()
            } == card_statuses(session, len(responses))


def card_statuses(session: Session, responses_seen: int) -> dict[str, tuple[str, str, int]]:
    """State, value and number of submissions of each card of a session."""
    waiting = session.waits_for()

    def state(*needs: str) -> str:
        return "WAITING" if set(needs) & set(waiting) else "COMPLETED"

    statuses = {}
    if session.cards.text:
        statuses[TEXT] = (state("text"), session.text, 0)
    if session.cards.file:
        statuses[FILE] = (state("file"), session.file, 0)
    if session.cards.form:
        statuses[FORM] = (state("form"), "", responses_seen)
    about = session.text if session.cards.text else f"@{TEXT}"
    collected = answers(session.responses) if session.cards.form else f"@{FORM}"
    done = state("text", "form") == "COMPLETED"
    statuses[QUERY] = (state("text", "form"), f"<About {about} and {collected}>" if done else "", 0)
    return statuses


_clients: dict[str, Any] = {}


def client_of(user: str) -> Any:
    """Return a user's client, the same for all examples: making one takes long."""
    if user not in _clients:
        with mock_qapps() as mock:
            _clients[user] = mock.client(user=user)
    return _clients[user]


def test_any_sequence_of_calls_leaves_the_service_in_the_state_of_the_model():
    run_state_machine_as_test(
        Users,
        settings=fuzz(15, stateful_step_count=60),
    )
