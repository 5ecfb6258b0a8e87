"""Does the code read the responses of several users to a form?"""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest
import requests
from freezegun import freeze_time

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"
FORM = "44444444-4444-4444-8444-444444444444"
SCHEMA = {"type": "object", "properties": {"rating": {"type": "integer"}}, "required": ["rating"]}


def average_rating(client, session):
    """The code under test."""
    data = client.list_q_app_session_data(instanceId=INSTANCE, sessionId=session)["sessionData"]
    ratings = [response["value"]["rating"] for response in data]
    return sum(ratings) / len(ratings)


@pytest.fixture
def ann(qapps_mock):
    return qapps_mock.client(user="ann@example.com")


@pytest.fixture
def session(ann):
    """A data collection that ann shares with all users."""
    form = {"id": FORM, "title": "Feedback", "type": "form-input", "metadata": {"schema": SCHEMA}}
    app = ann.create_q_app(
        instanceId=INSTANCE,
        title="Survey",
        appDefinition={"cards": [{"formInput": {**form, "computeMode": "append"}}]},
    )
    session = ann.start_q_app_session(instanceId=INSTANCE, appId=app["appId"], appVersion=1)["sessionId"]
    ann.update_q_app_session_metadata(
        instanceId=INSTANCE, sessionId=session, sharingConfiguration={"enabled": True}
    )
    return session


@pytest.fixture
def responses(qapps_mock, session):
    for user, rating in (("bob@example.com", 5), ("eve@example.com", 2)):
        qapps_mock.client(user=user).update_q_app_session(
            instanceId=INSTANCE,
            sessionId=session,
            values=[{"cardId": FORM, "value": json.dumps({"rating": rating})}],
        )


def test_all_responses_count(ann, session, responses):
    assert average_rating(ann, session) == 3.5


def test_the_export_is_a_csv_file_with_a_link_that_expires(ann, session, responses):
    export = ann.export_q_app_session_data(instanceId=INSTANCE, sessionId=session)

    rows = list(csv.DictReader(requests.get(export["csvFileLink"], timeout=30).text.splitlines()))
    with freeze_time(export["expiresAt"] + timedelta(seconds=1)):
        late = requests.get(export["csvFileLink"], timeout=30)

    assert [row["rating"] for row in rows] == ["5", "2"]
    assert late.status_code == 403


def test_a_response_that_does_not_fit_the_form_is_refused(qapps_mock, session):
    bob = qapps_mock.client(user="bob@example.com")

    with pytest.raises(bob.exceptions.ValidationException):
        bob.update_q_app_session(
            instanceId=INSTANCE, sessionId=session, values=[{"cardId": FORM, "value": '{"rating": "good"}'}]
        )
