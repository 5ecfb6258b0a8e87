"""Which hosts are AWS's, and which of them are Q Apps' and S3's; the one path that is the mock's own.

A test holds the suffixes to botocore's own list of partitions.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

# The DNS suffixes of all partitions, with and without dual-stack.
DNS_SUFFIXES = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "api.aws",
    "api.aws.hci.ic.gov",
    "api.aws.ic.gov",
    "api.aws.scloud",
    "api.cloud-aws.adc-e.uk",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
    "sc2s.sgov.gov",
)
_PARTITION_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}
_SUFFIX = f"(?:{'|'.join(map(re.escape, DNS_SUFFIXES))})"
_END = r"(?::\d+)?(?=[/?#]|$)"

_REGION = re.compile("[a-z0-9-]{1,63}").fullmatch
# Where people sign in, and `aws login` gets its keys.
_SIGN_IN_SUFFIXES = (
    "amazonaws-eusc.eu",
    "amazonaws-us-gov.com",
    "amazonaws.cn",
    "aws.amazon.com",
    "c2shome.ic.gov",
    "csphome.adc-e.uk",
    "csphome.hci.ic.gov",
    "sc2shome.sgov.gov",
)
_SIGN_IN = rf"signin(?:-fips)?\.(?:{'|'.join(map(re.escape, _SIGN_IN_SUFFIXES))})|signin\.aws"
# Function URLs of Lambda, and a few services, are below on.aws.
_AWS_HOST = re.compile(rf"(?:.+\.)?(?:{_SUFFIX}|on\.aws|{_SIGN_IN})", re.IGNORECASE)
# Where a server has its control API; the first part is Moto's convention.
CONTROL_PATH = "/moto-api/static/qapps/"
# A VPC endpoint has a name of its own: vpce-0123456789abcdef0-abcdefgh.qapps.us-east-1.vpce.amazonaws.com.
# A host may have capital letters and a dot at its end.
_QAPPS = (
    r"(?i:https?://(?:data\.|vpce-[a-z0-9-]+\.)?qapps(?:-fips)?\.({}[a-z0-9-]+)\.(?:vpce\.)?"
    rf"{_SUFFIX})\.?(?::\d+)?"
)
# The form that Moto wants: a pattern that the whole URL starts with.
QAPPS_BASE = _QAPPS.format("?:")
_QAPPS_URL = re.compile(_QAPPS.format("") + "(?=[/?#]|$)")
# Virtual-hosted and path-style, in every spelling that botocore has or had; any name may be a region's.
_S3_VARIANT = "accesspoint|accelerate|dualstack|fips|external-1"
_S3_URL = re.compile(
    rf"https?://(?:(?P<bucket>[^/?#]+?)\.)?s3"
    rf"(?P<labels>(?:[.-](?:{_S3_VARIANT}|[a-z]{{2,4}}(?:-[a-z]+)+-\d+))*(?:\.(?!s3[.-])[a-z0-9-]+)?)"
    rf"\.{_SUFFIX}{_END}(?P<path>[^?#]*)\??(?P<query>[^#]*)"
)
_NO_REGION = re.compile(rf"[.-](?:{_S3_VARIANT})")
_WEBSITE_URL = re.compile(
    rf"https?://(?P<bucket>[^/?#]+?)\.s3-website[.-](?P<region>[a-z0-9-]+)"
    rf"\.{_SUFFIX}{_END}(?P<path>[^?#]*)\??(?P<query>[^#]*)"
)


class S3Url(NamedTuple):
    """A URL of S3 in its parts.

    Attributes:
        bucket: the bucket in the host; None: the path names it.
        path: as it is written.
        query: as it is written.
        region: the region in the host; None: the host is a global one.
        is_website: whether the host is the website endpoint of the bucket.
    """

    bucket: str | None
    path: str
    query: str
    region: str | None = None
    is_website: bool = False


def qapps_region(url: str) -> str | None:
    """Return the region that *url* names when it is one of Q Apps; else None."""
    if "qapps" not in url[:80] and "qapps" not in url[:80].lower():  # every call comes here
        return None
    end = url.find("/", 8)
    return _region_of_origin(url if end < 0 else url[:end])


@functools.lru_cache(maxsize=64)
def _region_of_origin(origin: str) -> str | None:
    match = _QAPPS_URL.match(origin)
    return match[1].lower() if match else None


def is_region(name: str) -> bool:
    """Tell whether a region of AWS can have that name."""
    return _REGION(name) is not None


def is_aws(host: str) -> bool:
    """Tell whether *host* belongs to AWS."""
    return _AWS_HOST.fullmatch(host) is not None


@functools.lru_cache(maxsize=64)
def s3_url(url: str) -> S3Url | None:
    """Return the parts of a URL of S3; None: it is not one."""
    match = _S3_URL.match(url)
    if match:
        region = _NO_REGION.sub("", match["labels"])[1:]
        return S3Url(match["bucket"], match["path"], match["query"], region or None)
    match = _WEBSITE_URL.match(url)
    if match:
        return S3Url(match["bucket"], match["path"], match["query"], match["region"], is_website=True)
    return None


def s3_host(bucket: str, *, region: str, partition: str) -> str:
    """Return the virtual-hosted address of a bucket."""
    return f"{bucket}.s3.{region}.{_PARTITION_SUFFIXES.get(partition, 'amazonaws.com')}"
