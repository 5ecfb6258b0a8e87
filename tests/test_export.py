"""ExportQAppSessionData: the file, and the link to it that expires."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, quote, urlsplit

import boto3
import pytest
import requests
from botocore.config import Config
from freezegun import freeze_time

from qapps_mock import credentials, mock_qapps
from tests.conftest import INSTANCE
from tests.running import (
    FORM,
    form_card,
    missing,
    refusal,
    share,
    start,
    submission,
    text_card,
    update,
)

OTHER = "20000000-0000-4000-8000-000000000000"
ID = "10000000-0000-4000-8000-00000000000{}"
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
FIXED = ["submission id", "user", "timestamp", "card id", "card title"]


@pytest.fixture
def mock():
    with mock_qapps() as mock:
        yield mock


@pytest.fixture
def client(mock):
    return mock.client()


@pytest.fixture
def session(client):
    return start(client, form_card({"properties": {"n": {"title": "Name"}}}), FORM='{"n": "Ann"}')


def export(client, session):
    return client.export_q_app_session_data(instanceId=INSTANCE, sessionId=session)


def rows(client, session):
    text = requests.get(export(client, session)["csvFileLink"]).content.decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def refused(answer):
    """Return status and the elements of S3's error, without the ids of the response."""
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "Error"
    elements = {each.tag: each.text for each in root}
    assert elements.pop("RequestId") == answer.headers["x-amz-request-id"]
    assert elements.pop("HostId") == answer.headers["x-amz-id-2"]
    assert answer.headers["Content-Type"] == "application/xml"
    return answer.status_code, elements


# The file


def test_the_file_has_a_row_for_each_submission_and_a_column_for_each_field(mock, client):
    schema = {"properties": {"n": {"title": "Name"}, "age": {"type": "integer"}}}
    session = start(client, form_card(schema, computeMode="append"))
    share(client, session)
    bob = mock.client(user="bob@example.com")
    with freeze_time(NOON):
        update(client, session, submission({"age": 30, "n": 'Ann, the "first"\n'}, "add", ID.format(1)))
    with freeze_time(NOON + timedelta(milliseconds=1500)):
        update(bob, session, submission({"n": "Zoë", "extra": [1, None]}, "add", ID.format(2)))

    table = rows(client, session)

    ann_id, bob_id = mock.user("user@example.com"), mock.user("bob@example.com")
    assert table == [
        [*FIXED, "Name", "age", "extra"],
        [ID.format(1), ann_id, "2026-03-01T12:00:00.000Z", FORM, "Survey", 'Ann, the "first"\n', "30", ""],
        [ID.format(2), bob_id, "2026-03-01T12:00:01.500Z", FORM, "Survey", "Zoë", "", "[1, null]"],
    ]


def test_the_fields_of_two_forms_have_columns_of_their_own(client):
    schema = {"properties": {"n": {"title": "Name"}}}
    session = start(client, form_card(schema), form_card(schema, card_id=OTHER, title="Poll"))

    update(client, session, submission({"n": "Ann"}), {"cardId": OTHER, "value": '{"n": "Bob"}'})

    header, first, second = rows(client, session)
    assert header == [*FIXED, "Name", "Name"]
    assert first[3:] == [FORM, "Survey", "Ann", ""]
    assert second[3:] == [OTHER, "Poll", "", "Bob"]


@pytest.mark.parametrize("schema", [{}, {"properties": {"n": True}}, {"properties": {"n": {}}}])
def test_a_field_without_a_title_is_named_as_in_the_responses(client, schema):
    session = start(client, form_card(schema), FORM='{"n": "Ann"}')

    assert [row[5:] for row in rows(client, session)] == [["n"], ["Ann"]]


@pytest.mark.parametrize(
    ("schema", "columns"),
    [("text", []), ({"properties": "n"}, []), ({"properties": {"m": {"title": 5}}}, ["m"])],
)
def test_a_form_whose_schema_cannot_be_used_does_not_spoil_the_file(client, schema, columns):
    session = start(client, form_card(), form_card(schema, card_id=OTHER), FORM='{"n": "Ann"}')

    assert rows(client, session)[0][5:] == [*columns, "n"]


def test_every_export_is_a_file_of_its_own(client, session):
    share(client, session)
    before = export(client, session)["csvFileLink"]
    update(client, session, submission({"n": "Eve"}))

    after = export(client, session)["csvFileLink"]

    assert requests.get(before).text.endswith("Ann\r\n")
    assert requests.get(after).text.endswith("Eve\r\n")


def test_the_file_is_csv_in_the_bucket_of_the_service(client, session):
    link = urlsplit(export(client, session)["csvFileLink"])
    s3 = boto3.client("s3", region_name="us-east-1")

    stored = s3.get_object(Bucket=link.netloc.partition(".")[0], Key=link.path[1:])

    assert stored["ContentType"] == "text/csv; charset=utf-8"
    assert stored["ServerSideEncryption"] == "aws:kms"
    assert stored["Body"].read().startswith(b"submission id,user,timestamp,")
    assert s3.list_buckets()["Buckets"] == []


def test_stopping_a_session_deletes_its_exports(client, session):
    link = export(client, session)["csvFileLink"]

    client.stop_q_app_session(instanceId=INSTANCE, sessionId=session)

    assert requests.get(link).status_code == 404


# When there is none


def conflict(session, why):
    return {
        "Code": "ConflictException",
        "Message": f"Session {session} {why}",
        "resourceId": session,
        "resourceType": "Session",
    }


def test_a_session_without_forms_has_nothing_to_export(client):
    session = start(client, text_card(), TEXT="dogs")

    answer = refusal(export, client, session)

    assert answer == conflict(session, "collects no data: its app has no form card.")


def test_a_session_without_submissions_has_nothing_to_export(client):
    session = start(client, form_card())

    assert refusal(export, client, session) == conflict(session, "has collected no data yet.")


def test_an_unknown_session_has_nothing_to_export(client):
    assert refusal(export, client, OTHER) == missing("Session", OTHER)


# The link


def test_the_response_has_the_expiry_of_the_link(client, session):
    with freeze_time(NOON + timedelta(milliseconds=250)):
        answer = export(client, session)

    assert answer["expiresAt"] == NOON + timedelta(hours=1)
    assert answer["sessionArn"].endswith(f"/session/{session}")


def test_the_link_is_a_presigned_one(client, session):
    with freeze_time(NOON):
        link = urlsplit(export(client, session)["csvFileLink"])

    query = parse_qs(link.query)
    assert list(query) == [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
    ]
    access_key = credentials.service(None).access_key
    assert query["X-Amz-Credential"] == [f"{access_key}/20260301/us-east-1/s3/aws4_request"]
    assert (query["X-Amz-Date"], query["X-Amz-Expires"]) == (["20260301T120000Z"], ["3600"])


def test_the_history_does_not_show_the_query_of_the_link(mock, client, session):
    link = export(client, session)["csvFileLink"]

    (call,) = mock.calls("ExportQAppSessionData")

    assert call.result["csvFileLink"] == link.partition("?")[0]


def test_the_link_works_until_it_expires(client, session):
    with freeze_time(NOON) as clock:
        link = export(client, session)["csvFileLink"]
        clock.move_to(NOON + timedelta(hours=1))
        in_time = requests.get(link)
        clock.move_to(NOON + timedelta(hours=1, seconds=1))
        late = requests.get(link)

    assert (in_time.status_code, in_time.text.splitlines()[-1][-3:]) == (200, "Ann")
    assert refused(late) == (
        403,
        {
            "Code": "AccessDenied",
            "Message": "Request has expired",
            "X-Amz-Expires": "3600",
            "Expires": "2026-03-01T13:00:00Z",
            "ServerTime": "2026-03-01T13:00:01Z",
        },
    )


@pytest.mark.parametrize(
    ("date", "milliseconds", "end"),
    [
        ("20260301T121501Z", "1772367301000", "2026-03-01T13:15:01Z"),
        ("99991231T235959Z", "253402300799000", "9999-12-31T23:59:59Z"),
    ],
)
def test_a_link_of_the_future_is_not_yet_valid(client, session, date, milliseconds, end):
    with freeze_time(NOON):
        link = export(client, session)["csvFileLink"].replace("20260301T120000Z", date)
        early = requests.get(link)

    assert refused(early) == (
        403,
        {
            "Code": "AccessDenied",
            "Message": "Request is not yet valid",
            "X-Amz-Date": milliseconds,
            "Expires": end,
            "ServerTime": "2026-03-01T12:00:00Z",
        },
    )


@pytest.mark.parametrize("date", ["20260301T115959Z", "20260301T121500Z"])
def test_the_date_of_a_link_is_signed(client, session, date):
    with freeze_time(NOON):
        link = export(client, session)["csvFileLink"].replace("20260301T120000Z", date)
        changed = requests.get(link)

    assert (changed.status_code, refused(changed)[1]["Code"]) == (403, "SignatureDoesNotMatch")


def test_the_clock_of_a_caller_may_be_a_quarter_of_an_hour_ahead(client, session):
    with freeze_time(NOON) as clock:
        link = export(client, session)["csvFileLink"]
        clock.move_to(NOON - timedelta(minutes=15))
        valid = requests.get(link)
        clock.move_to(NOON - timedelta(minutes=15, seconds=1))
        early = requests.get(link)

    assert valid.status_code == 200
    assert refused(early)[1]["Message"] == "Request is not yet valid"


def test_a_refusal_of_head_has_no_body(client, session):
    link = export(client, session)["csvFileLink"]

    answer = requests.head(link)

    assert (answer.status_code, answer.content) == (403, b"")


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=604800"),
        ("/us-east-1/", "/us-west-2/"),
        ("/us-east-1/", "/us-\u00fcst-1/"),
        (".csv?", ".csv2?"),
        ("?X-Amz-Algorithm", "?response-content-type=text%2Fhtml&X-Amz-Algorithm"),
    ],
)
def test_a_link_that_was_changed_is_refused(client, session, part, other):
    link = export(client, session)["csvFileLink"].replace("%2F", "/").replace(part, other)

    status, elements = refused(requests.get(link))

    assert status == 403
    assert (elements["Code"], elements["Message"]) == (
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    )
    assert elements["AWSAccessKeyId"] == credentials.service(None).access_key
    assert elements["SignatureProvided"] == parse_qs(urlsplit(link).query)["X-Amz-Signature"][0]
    assert bytes.fromhex(elements["StringToSignBytes"]).decode() == elements["StringToSign"]
    assert bytes.fromhex(elements["CanonicalRequestBytes"]).decode() == elements["CanonicalRequest"]


def test_a_link_with_another_session_token_is_refused(client, session):
    link = export(client, session)["csvFileLink"].replace("X-Amz-Security-Token=", "X-Amz-Security-Token=0")

    status, elements = refused(requests.get(link))

    assert (status, elements["Code"], elements["Message"]) == (
        400,
        "InvalidToken",
        "The provided token is malformed or otherwise invalid.",
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA1", 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"'),
        (
            "X-Amz-Credential",
            "nonsense",
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
            'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        ),
        (
            "X-Amz-Date",
            "yesterday",
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
        ),
        (
            "X-Amz-Date",
            "20261399T000000Z",
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
        ),
        ("X-Amz-Expires", "soon", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires", "-1", "X-Amz-Expires must be non-negative"),
        ("X-Amz-Expires", "604801", "X-Amz-Expires must be less than a week (in seconds) that is 604800"),
        (
            "X-Amz-Date",
            None,
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        ),
    ],
)
def test_a_link_with_a_wrong_parameter_is_refused(client, session, name, value, message):
    link, _, query = export(client, session)["csvFileLink"].partition("?")
    pairs = {each: values[0] for each, values in parse_qs(query).items()} | {name: value}
    changed = "&".join(f"{each}={quote(text, safe='')}" for each, text in pairs.items() if text is not None)

    answer = refused(requests.get(f"{link}?{changed}"))

    assert answer == (400, {"Code": "AuthorizationQueryParametersError", "Message": message})


def test_a_link_signed_with_an_unknown_key_is_refused(client, session):
    link = export(client, session)["csvFileLink"].replace(credentials.service(None).access_key, "AKIDNOBODY")

    assert refused(requests.get(link)) == (
        403,
        {
            "Code": "InvalidAccessKeyId",
            "Message": "The AWS Access Key Id you provided does not exist in our records.",
            "AWSAccessKeyId": "AKIDNOBODY",
        },
    )


def of_the_test(link, style):
    """Return a link to the exported file that boto3 makes."""
    parts = urlsplit(link)
    s3 = boto3.client(
        "s3",
        region_name="us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": style}),
    )
    place = {"Bucket": parts.netloc.partition(".")[0], "Key": parts.path[1:]}
    return s3.generate_presigned_url("get_object", Params={**place, "ResponseContentType": "a/b"})


@pytest.mark.parametrize("style", ["virtual", "path"])
def test_a_link_that_boto3_makes_works_and_is_checked_too(client, session, style):
    with freeze_time(NOON) as clock:
        link = of_the_test(export(client, session)["csvFileLink"], style)
        in_time = requests.get(link)
        clock.move_to(NOON + timedelta(hours=2))
        late = requests.get(link)

    assert (in_time.status_code, in_time.headers["content-type"]) == (200, "a/b")
    assert refused(late)[1]["Message"] == "Request has expired"


def test_links_to_other_buckets_are_left_to_moto(mock):
    s3 = boto3.client("s3", region_name="us-east-1", config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="mine")
    s3.put_object(Bucket="mine", Key="a", Body=b"A")
    with freeze_time(NOON) as clock:
        link = s3.generate_presigned_url("get_object", Params={"Bucket": "mine", "Key": "a"})
        clock.move_to(NOON + timedelta(days=1))

        assert requests.get(link).content == b"A"


def test_a_link_works_in_each_region_and_partition(mock):
    for region in ("eu-central-1", "cn-north-1"):
        client = mock.client(region_name=region)
        session = start(client, form_card(), FORM='{"n": "Ann"}')

        assert requests.get(export(client, session)["csvFileLink"]).text.endswith("Ann\r\n")
