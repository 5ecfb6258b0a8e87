"""A step of a probe as a request: serialised and signed by botocore, whatever the model says of its parameters."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, urlencode

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.credentials import Credentials
from botocore.serialize import create_serializer

from qapps_mock.conformance import form, link
from qapps_mock.conformance.probe import ProbeError, Step, require_known
from qapps_mock.conformance.target import FIRST, Target
from qapps_mock.service.service_model import service_model

_HTTP = {"method", "path", "query", "headers", "body"}
_S3 = {"method", "bucket", "key", "query", "headers", "body", "location"}
_SIGN = {"access_key", "secret", "token", "region", "service", "then"}


@functools.cache
def _serializer() -> Any:
    return create_serializer("rest-json", include_validation=False)


def find_operation(name: str) -> Any:
    """Return an operation of the service model.

    Raises:
        ProbeError: there is none of this name.
    """
    model = service_model()
    if name not in model.operation_names:
        raise ProbeError(f"Q Apps has no operation {name!r}")
    return model.operation_model(name)


def build(step: Step, target: Target, values: Mapping[str, Any]) -> AWSPreparedRequest:
    """Return the request of a step whose templates are filled.

    Raises:
        ProbeError: the step describes no request.
        NoAnswer: the step needs the keys of a second user, and there are none.
    """
    try:
        return _BUILDERS[step.kind](step, target, values)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, ProbeError):
            raise
        raise ProbeError(f"step {step.name} describes no request: {error!r}") from None


def _to_s3(step: Step, target: Target, values: Mapping[str, Any]) -> AWSPreparedRequest:
    base, host = _bucket(step, target, values)
    require_known(step.what, _S3, "a request to S3")
    what = {name: each for name, each in step.what.items() if name in _HTTP}
    what["path"] = quote(step.what.get("key", ""), safe="/~")
    if "location" in step.what:
        what["body"] = _location(step.what["location"])
    return _sign(_http(what, base, host), step, target, "s3")


def _bucket(step: Step, target: Target, values: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the URL of the bucket of a step, with a slash at its end, and headers."""
    name = _name_of_bucket(step, values)
    return _place(step, target, target.bucket_url(name) if name else f"{target.s3_url}/")


def _name_of_bucket(step: Step, values: Mapping[str, Any]) -> str:
    name: str = step.what.get("bucket", values.get("bucket", {}).get("name", ""))
    return name


def _place(step: Step, target: Target, usual: str) -> tuple[str, dict[str, str]]:
    """Return the URL before the path of a request, and headers: those of the step's origin, or the usual URL."""
    origin = step.options.get("origin")
    if origin is None:
        return usual, {}
    url, headers = target.at(origin)
    return (f"{url}/" if usual.endswith("/") else url), headers


def _call(step: Step, target: Target, values: Mapping[str, Any]) -> AWSRequest:
    operation = find_operation(step.what)
    members = step.options.get("with", {})
    if "instanceId" in operation.input_shape.members:
        members = {"instanceId": values["instance"], **members}
    try:
        sent = _serializer().serialize_to_request(
            {name: each for name, each in members.items() if each is not None}, operation
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ProbeError(
            f"{step.what} cannot be sent with these parameters ({error}); use 'http' for what the model does not know"
        ) from None
    query = sent["query_string"]
    base, host = _place(step, target, target.qapps_url)
    url = base + sent["url_path"] + (f"?{urlencode(query, quote_via=quote)}" if query else "")
    return AWSRequest(sent["method"], url, {**sent["headers"], **host}, sent["body"])


def _http(what: Mapping[str, Any], base: str, host: Mapping[str, str]) -> AWSRequest:
    require_known(what, _HTTP, "a request")
    body = what.get("body", "")
    if not isinstance(body, str):
        body = json.dumps(body)
    query = what.get("query", "")
    url = base + what.get("path", "/") + (f"?{query}" if query else "")
    return AWSRequest(what.get("method", "GET"), url, {**host, **what.get("headers", {})}, body.encode())


def _raw(step: Step, target: Target) -> AWSRequest:
    return _http(step.what, *_place(step, target, target.qapps_url))


def _location(region: str) -> str:
    """Return the body of CreateBucket; us-east-1 must not be named."""
    constraint = f"<LocationConstraint>{region}</LocationConstraint>"
    return (
        ""
        if region == "us-east-1"
        else f"<CreateBucketConfiguration>{constraint}</CreateBucketConfiguration>"
    )


def _sign(request: AWSRequest, step: Step, target: Target, service: str) -> AWSPreparedRequest:
    sign = step.options.get("sign", {})
    if sign != "none":
        require_known(sign, _SIGN, "'sign'")
        keys = target.keys_of(step.options.get("user", FIRST))
        used = Credentials(
            sign.get("access_key", keys.access_key),
            sign.get("secret", keys.secret_key),
            sign.get("token", keys.token),
        )
        signer = S3SigV4Auth if service == "s3" else SigV4Auth
        signer(used, sign.get("service", service), sign.get("region", target.region)).add_auth(request)
        for name, value in sign.get("then", {}).items():
            del request.headers[name]
            if value is not None:
                request.headers[name] = value
    return request.prepare()


def _post(step: Step, target: Target, values: Mapping[str, Any]) -> AWSPreparedRequest:
    what = step.what
    base, host = _bucket(step, target, values)
    url = base + quote(what.get("path", "")) + what.get("query", "")
    if grant := what.get("grant"):  # a result of CreatePresignedUrl: the service has signed the form
        url, host = grant["presignedUrl"], {}
        fields = {**grant["presignedUrlFields"], **what.get("fields", {})}
        what = {**what, "sign": "none", "fields": fields}
    built = form.build(what, values["key"], _signer(step, target, values))
    body: Any = _chunks(built.body) if what.get("chunked") else built.body
    return AWSRequest("POST", url, {**host, **built.headers}, body).prepare()


def _link(step: Step, target: Target, values: Mapping[str, Any]) -> AWSPreparedRequest:
    base, host = _bucket(step, target, values)
    url = base + quote(step.what.get("key", values.get("object", values)["key"]), safe="/~")
    return link.build(step.what, url, host, _signer(step, target, values)).prepare()


def _signer(step: Step, target: Target, values: Mapping[str, Any]) -> form.Signer:
    keys, now = target.keys_of(step.options.get("user", FIRST)), datetime.now(timezone.utc)
    bucket = _name_of_bucket(step, values)
    return form.Signer(keys.access_key, keys.secret_key, keys.token, now, target.region, bucket)


_BUILDERS: Mapping[str, Callable[[Step, Target, Mapping[str, Any]], AWSPreparedRequest]] = {
    "call": lambda step, target, values: _sign(_call(step, target, values), step, target, "qapps"),
    "http": lambda step, target, values: _sign(_raw(step, target), step, target, "qapps"),
    "post": _post,
    "link": _link,
    "s3": _to_s3,
}


def _chunks(body: bytes) -> Iterator[bytes]:
    yield body
