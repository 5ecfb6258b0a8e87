"""S3's errors: Code, Message and the elements that belong to them, as XML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple
from xml.sax.saxutils import escape

from qapps_mock.s3.request_ids import request_ids

_STATUS = {
    "AccessDenied": 403,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidRange": 416,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "PermanentRedirect": 301,
    "PreconditionFailed": 412,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "SlowDown": 503,
}
# What S3 answers to a valid form too, with its words (Amazon S3 API reference, "List of error codes").
OUTAGES = {
    "SlowDown": "Please reduce your request rate.",
    "InternalError": "We encountered an internal error. Please try again.",
    "RequestTimeout": "Your socket connection to the server was not read from or written to within the timeout "
    "period. Idle connections will be closed.",
    "ServiceUnavailable": "Service is unable to handle request.",
    "AccessDenied": "Invalid according to Policy: Policy expired.",
}
# What XML 1.0 cannot carry, whatever stands in the request.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Response(NamedTuple):
    """S3's response."""

    status: int
    headers: dict[str, str]
    body: bytes


class S3Error(Exception):
    """A request that S3 refuses; *elements* follow Code and Message, in this order."""

    def __init__(self, code: str, message: str, **elements: str | int) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.headers: Mapping[str, str] = {}
        self.elements = elements

    def with_headers(self, headers: Mapping[str, str]) -> S3Error:
        """Return the error itself; its response has these *headers* too."""
        self.headers = headers
        return self

    @property
    def status(self) -> int:
        """The HTTP status."""
        return _STATUS.get(self.code, 400)

    def response(self) -> Response:
        """Return the response that carries it."""
        ids = request_ids()
        end = {"RequestId": ids["x-amz-request-id"], "HostId": ids["x-amz-id-2"]}
        kind, body = self._write({"Code": self.code, "Message": self.message, **self.elements, **end})
        return Response(self.status, {**ids, "Content-Type": kind, **self.headers}, body)

    def _write(self, parts: dict[str, str | int]) -> tuple[str, bytes]:
        """Return the type and the body of the response."""
        return "application/xml", xml("Error", parts)


class WebsiteError(S3Error):
    """A request that the website endpoint of a bucket refuses: the response is a page."""

    def _write(self, parts: dict[str, str | int]) -> tuple[str, bytes]:
        status = f"{self.status} {HTTPStatus(self.status).phrase}"
        items = "\n".join(f"<li>{name}: {_text(value)}</li>" for name, value in parts.items())
        page = (
            f"<html>\n<head><title>{status}</title></head>\n<body>\n<h1>{status}</h1>\n"
            f"<ul>\n{items}\n</ul>\n<hr/>\n</body>\n</html>\n"
        )
        return "text/html; charset=utf-8", page.encode()


def xml(root: str, elements: dict[str, str | int]) -> bytes:
    """Write *elements* under *root*, as S3 does: no namespace, no white space between them."""
    inner = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in elements.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{inner}</{root}>'.encode()


def _text(value: str | int) -> str:
    return escape(_NO_XML.sub("\ufffd", str(value)))


def invalid_argument(message: str, *, name: str, value: str = "", **elements: str) -> S3Error:
    """Return the error for one field of a form."""
    return S3Error("InvalidArgument", message, ArgumentName=name, ArgumentValue=value, **elements)


def several_mechanisms(name: str, value: str) -> S3Error:
    """Return the error for a link that is signed in two ways."""
    message = (
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
        "parameter or the Authorization header should be specified"
    )
    return invalid_argument(message, name=name, value=value)


def access_denied() -> S3Error:
    """Return the error for a request without the required permission."""
    return S3Error("AccessDenied", "Access Denied")


def invalid_access_key(access_key: str) -> S3Error:
    """Return the error for an unknown access key."""
    message = "The AWS Access Key Id you provided does not exist in our records."
    return S3Error("InvalidAccessKeyId", message, AWSAccessKeyId=access_key)


def signature_mismatch(access_key: str, signed: str, signature: str, **elements: str) -> S3Error:
    """Return the error for a *signature* that is not the one of the text *signed*."""
    message = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )
    sent = {"AWSAccessKeyId": access_key, "StringToSign": signed, "SignatureProvided": signature}
    return S3Error("SignatureDoesNotMatch", message, **sent, StringToSignBytes=hex_bytes(signed), **elements)


def hex_bytes(text: str) -> str:
    """Write the bytes of *text* as S3 does in an error."""
    return text.encode("utf-8", "replace").hex(" ")


def missing_field(name: str) -> S3Error:
    """Return the error for a field that a form lacks, or has after its file."""
    return invalid_argument(
        f"Bucket POST must contain a field named '{name}'.  "
        "If it is specified, please check the order of the fields.",
        name=name,
    )


def invalid_policy(why: str) -> S3Error:
    """Return the error for a policy document that is not valid."""
    return S3Error("InvalidPolicyDocument", f"Invalid Policy: {why}")


def against_policy(why: str) -> S3Error:
    """Return the error for a form that its policy does not allow."""
    return S3Error("AccessDenied", f"Invalid according to Policy: {why}")
