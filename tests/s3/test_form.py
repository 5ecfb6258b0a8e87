"""The form of an upload: bytes to fields and file."""

from __future__ import annotations

import contextlib
import tracemalloc
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock.s3 import form
from qapps_mock.s3.errors import S3Error
from tests.s3.posts import BOUNDARY, CONTENT_TYPE, MALFORMED, Part, Refused, multipart, refused
from tests.shapes import fuzz

KEY: Part = ("key", "a.txt", None)
FILE: Part = ("file", b"content", "f.txt")


def parse(*parts: Part) -> form.Form:
    return form.parse(CONTENT_TYPE, multipart(parts))


def missing_key() -> Refused:
    return refused(
        "InvalidArgument",
        "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
        ArgumentName="key",
        ArgumentValue="",
    )


def wrong_number_of_files(count: int) -> Refused:
    return refused(
        "InvalidArgument",
        "POST requires exactly one file upload per request.",
        ArgumentName="file",
        ArgumentValue=str(count),
    )


def too_large() -> Refused:
    return refused(
        "MaxPostPreDataLengthExceeded",
        "Your POST request fields preceeding the upload file was too large.",
        MaxPostPreDataLengthBytes=20480,
    )


def test_fields_have_lower_cased_names():
    parsed = parse(("Key", "A.txt", None), ("X-Amz-Meta-Who", "Ann", None), FILE)

    assert parsed == form.Form(
        fields={"key": "A.txt", "x-amz-meta-who": "Ann"},
        content=memoryview(b"content"),
        size=7,
        least_size=7,
    )


def test_the_last_of_several_fields_of_one_name_counts():
    parsed = parse(("key", "first", None), ("KEY", "last", None), FILE)

    assert parsed.fields == {"key": "last"}


def test_the_content_of_the_file_does_not_show_in_a_repr():
    assert "content" not in repr(parse(KEY, FILE))


def test_what_follows_the_file_is_ignored():
    parsed = parse(KEY, FILE, ("x-amz-meta-late", "1", None), ("bytes", b"\xff" * 30_000, None))

    assert parsed.fields == {"key": "a.txt"}


def test_a_field_with_a_file_name_is_a_field():
    parsed = parse(("key", "a.txt", "key.txt"), FILE)

    assert parsed.fields == {"key": "a.txt"}


def test_a_file_is_known_by_its_name_alone():
    parsed = parse(KEY, ("FILE", b"content", None))

    assert bytes(parsed.content) == b"content"


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("b.txt", "up/b.txt/b.txt"),
        ("C:\\fakepath\\b.txt", "up/b.txt/b.txt"),
        ("/home/ann/b.txt", "up/b.txt/b.txt"),
        ("..\\a/b.txt", "up/b.txt/b.txt"),
        ('a\\"b', 'up/a"b/a"b'),
        ("%22b%22", 'up/"b"/"b"'),
        ("größe.txt", "up/größe.txt/größe.txt"),
        ("", "up//"),
        (None, "up/${filename}/${filename}"),
    ],
)
def test_filename_in_a_field_becomes_the_base_name_of_the_file(file_name, expected):
    parsed = parse(("key", "up/${filename}/${filename}", None), ("file", b"", file_name))

    assert parsed.fields["key"] == expected


def test_filename_is_expanded_in_every_field():
    parsed = parse(KEY, ("x-amz-meta-name", "<${filename}>", None), FILE)

    assert parsed.fields["x-amz-meta-name"] == "<f.txt>"


@pytest.mark.parametrize(
    "header",
    [
        "Content-Disposition: form-data; filename*=UTF-8''gr%C3%B6%C3%9Fe.txt; name=\"file\"",
        'content-disposition:form-data;name=file;filename="größe.txt"',
        'CONTENT-DISPOSITION: form-data;\r\n name="file";\r\n\tfilename="größe.txt"',
        'Content-Type: text/plain\r\nContent-Disposition: form-data; name="file"; filename="größe.txt"',
    ],
)
def test_a_part_names_its_file_in_every_spelling(header):
    body = f'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n${{filename}}\r\n--b\r\n{header}\r\n\r\n1\r\n--b--'

    parsed = form.parse("multipart/form-data; boundary=b", body.encode())

    assert parsed.fields == {"key": "größe.txt"}
    assert bytes(parsed.content) == b"1"


def test_a_continued_header_carries_no_line_break_into_a_name():
    body = b'--b\r\nContent-Disposition: form-data; name="a\r\n b"\r\n\r\n1\r\n' + multipart(
        [KEY, FILE], boundary="b"
    )

    assert set(form.parse("multipart/form-data; boundary=b", body).fields) == {"a  b", "key"}


@pytest.mark.parametrize(
    "parts",
    [[FILE], [FILE, KEY], [("key", "", None), FILE], [("key", "${filename}", None), ("file", b"", "")]],
)
def test_a_form_needs_its_key_before_the_file(parts):
    with missing_key():
        parse(*parts)


@pytest.mark.parametrize(
    ("parts", "count"),
    [
        ([KEY], 0),
        ([KEY, ("upload", b"1", "f.txt")], 0),
        ([KEY, FILE, FILE], 2),
        ([KEY, FILE, KEY, FILE, FILE], 3),
    ],
)
def test_a_form_has_exactly_one_file(parts, count):
    with wrong_number_of_files(count):
        parse(*parts)


def test_the_data_before_the_file_can_have_20480_bytes():
    empty = multipart([KEY, ("x-ignore-a", "", None)]).removesuffix(f"\r\n--{BOUNDARY}--\r\n".encode())
    largest = "a" * (20480 - len(empty))

    parsed = parse(KEY, ("x-ignore-a", largest, None), FILE)

    assert parsed.fields["x-ignore-a"] == largest
    with too_large():
        parse(KEY, ("x-ignore-a", largest + "a", None), FILE)


def test_a_file_under_another_name_is_a_field_that_is_too_large():
    with too_large():
        parse(KEY, ("upload", b"a" * 20481, "f.txt"))


@pytest.mark.parametrize("part", [("a" * 20481, "1", None), ("file", "1", "a" * 20481)])
def test_the_headers_of_a_part_are_limited_too(part):
    with too_large():
        parse(KEY, part)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        f"multipart/mixed; boundary={BOUNDARY}",
        "multipart/form-dat",
    ],
)
def test_a_body_that_is_not_a_form_is_a_failed_precondition(content_type):
    with refused(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        status=412,
        Condition="Bucket POST must be of the enclosure-type multipart/form-data",
    ):
        form.parse(content_type, multipart([KEY, FILE]))


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        'multipart/form-data; boundary="a "',
        f"multipart/form-data; boundary={'a' * 71}",
        'multipart/form-data; boundary="ä"',
        "multipart/form-data; boundary=other",
    ],
)
def test_a_form_without_its_boundary_is_malformed(content_type):
    with refused(*MALFORMED):
        form.parse(content_type, multipart([KEY, FILE]))


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("Multipart/Form-Data; Boundary=b", "b"),
        ("multipart/form-data;boundary=b; charset=utf-8", "b"),
        ('multipart/form-data; boundary="a b:c?"', "a b:c?"),
        (f"multipart/form-data; boundary={'a' * 70}", "a" * 70),
        ('multipart/form-data; boundary="(.*)+["', "(.*)+["),
    ],
)
def test_boundaries_come_in_every_spelling(content_type, boundary):
    parsed = form.parse(content_type, multipart([KEY, FILE], boundary=boundary))

    assert bytes(parsed.content) == b"content"


@pytest.mark.parametrize(
    "part",
    [
        b"--b\r\n\r\nno headers\r\n",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\nno blank line\r\n',
        b"--b\r\nContent-Disposition: form-data\r\n\r\nno name\r\n",
        b"--b\r\nContent-Type: text/plain\r\n\r\nno disposition\r\n",
        b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nnot UTF-8\r\n',
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff not UTF-8\r\n',
        b"--b\r\n",
    ],
)
def test_a_part_that_is_none_makes_the_form_malformed(part):
    with refused(*MALFORMED):
        form.parse("multipart/form-data; boundary=b", part + multipart([KEY, FILE], boundary="b"))


@pytest.mark.parametrize("line_break", [b"\n", b"\r"])
def test_lines_end_in_crlf(line_break):
    with refused(*MALFORMED):
        form.parse(CONTENT_TYPE, multipart([KEY, FILE]).replace(b"\r\n", line_break))


def test_a_preamble_and_an_epilogue_are_not_parts():
    body = b"preamble\r\n" + multipart([KEY, FILE]) + b"epilogue\r\n" + multipart([FILE])

    assert bytes(form.parse(CONTENT_TYPE, body).content) == b"content"


def test_white_space_may_follow_a_boundary():
    body = multipart([KEY, FILE]).replace(f"--{BOUNDARY}\r\n".encode(), f"--{BOUNDARY} \t\r\n".encode())

    assert bytes(form.parse(CONTENT_TYPE, body).content) == b"content"


@pytest.mark.parametrize("length", range(len(multipart([KEY, FILE])) - len("--\r\n") + 2))
def test_a_form_that_ends_early_is_malformed(length):
    with refused(*MALFORMED):
        form.parse(CONTENT_TYPE, multipart([KEY, FILE])[:length])


# Data in a file that resembles a boundary: within a line, or with more text after it.
BOUNDARY_LIKE = [
    f"--{BOUNDARY}",
    f"\n--{BOUNDARY}\n",
    f"\r--{BOUNDARY}\r\n",
    f"\r\n--{BOUNDARY}x",
    f"\r\n--{BOUNDARY}-",
    f"\r\n-{BOUNDARY}\r\n",
    "\r\n",
    "\r",
    "\n",
    "--",
    "\r\n\r\n",
    'Content-Disposition: form-data; name="key"\r\n\r\n',
]
NEAR_64_KIB = st.integers(-3, 3).map(lambda offset: b"a" * (65536 + offset))
CONTENTS = st.lists(
    st.binary(max_size=20) | st.sampled_from(BOUNDARY_LIKE).map(str.encode) | NEAR_64_KIB, max_size=5
).map(b"".join)
NAMES = st.text(
    st.characters(exclude_characters='"\\', exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1
).filter(lambda name: name.lower() not in ("file", "key") and "%22" not in name)
VALUES = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\r\n"), max_size=50)


def has_boundary(data: bytes) -> bool:
    return any(f"\r\n--{BOUNDARY}{end}".encode() in b"\r\n" + data + b"\r\n" for end in ("\r\n", "--"))


@given(
    fields=st.dictionaries(NAMES, VALUES, max_size=5),
    content=CONTENTS.filter(lambda content: not has_boundary(content)),
)
def test_fields_and_file_come_back_as_they_were_written(fields, content):
    parts: list[Part] = [(name, each, None) for name, each in fields.items()]

    parsed = parse(KEY, *parts, ("file", content, None))

    assert bytes(parsed.content) == content
    expected = {"key": "a.txt"}
    for name, value in fields.items():
        expected[name.lower()] = value
    assert parsed.fields == expected


@given(body=st.binary() | CONTENTS, content_type=st.text() | st.just(CONTENT_TYPE))
def test_any_bytes_are_a_form_or_refused(body, content_type):
    with pytest.raises(S3Error):
        form.parse(content_type, body)


@given(data=st.data())
@fuzz(200)
def test_a_damaged_form_is_a_form_or_refused(data):
    body = bytearray(multipart([KEY, ("tagging", "<a/>", None), FILE]))
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(body)))
        body[place : place + data.draw(st.integers(0, 20))] = data.draw(
            st.binary(max_size=10) | st.sampled_from(BOUNDARY_LIKE).map(str.encode)
        )

    with contextlib.suppress(S3Error):
        form.parse(CONTENT_TYPE, bytes(body))


@pytest.mark.parametrize("parts", [1_000, 2_000])
def test_parts_after_the_file_are_opened_once_each(parts, monkeypatch):
    opened = Mock(wraps=form._open)
    monkeypatch.setattr(form, "_open", opened)

    parse(KEY, FILE, *[("late", "1", None)] * parts)

    assert opened.call_count == parts + 2


def test_a_form_costs_one_copy_of_its_file():
    size = 4 * 1024 * 1024
    body = multipart([KEY, ("file", bytes(size), None)])
    tracemalloc.start()

    try:
        parsed = form.parse(CONTENT_TYPE, body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(parsed.content) == size
    assert peak < 1.1 * size


@pytest.mark.parametrize(
    "parts",
    [
        [KEY],
        [KEY, FILE, FILE],
        [FILE, KEY],
        [("note", "a" * 30_000, None), KEY, FILE],
        [KEY, ("note", b"\xff", None), FILE],
        [("KEY", "a.txt", "f")],
    ],
)
def test_the_key_of_a_refused_form_is_found(parts):
    body = multipart(parts)

    with pytest.raises(S3Error):
        form.parse(CONTENT_TYPE, body)
    assert form.find_key(CONTENT_TYPE, body) == "a.txt"


@pytest.mark.parametrize("content_type", ["multipart/form-data", "", "application/json"])
def test_the_key_of_a_form_without_boundary_is_found(content_type):
    assert form.find_key(content_type, multipart([FILE, KEY])) == "a.txt"


@pytest.mark.parametrize("body", [b"policy=a&key=a.txt", b"key=b&key=a%2Etxt"])
def test_the_key_of_an_url_encoded_form_is_found(body):
    assert form.find_key("application/x-www-form-urlencoded", body) == "a.txt"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        multipart([FILE]),
        multipart([("key", b"\xff", None)]),
        b"--b",
        b"key",
        b"{}",
        b"\xff=1",
        b"&" * 99,
    ],
)
def test_a_form_may_have_no_readable_key(body):
    assert form.find_key(CONTENT_TYPE, body) is None
