"""Which hosts are AWS's, Q Apps' and S3's: compared with botocore's own data and with its real clients."""

from __future__ import annotations

from urllib.parse import urlsplit

import botocore.loaders
import botocore.session
import pytest
import requests
from botocore.config import Config

from qapps_mock import endpoints, mock_qapps
from tests.conftest import INSTANCE, create_app

PARTITIONS = botocore.loaders.create_loader().load_data("partitions")["partitions"]
SUFFIXES = sorted(
    {each["outputs"][name] for each in PARTITIONS for name in ("dnsSuffix", "dualStackDnsSuffix")}
)
REGIONS = sorted(region for each in PARTITIONS for region in each["regions"])
SESSION = botocore.session.Session()
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}


def parts_of(url):
    """Return bucket, path and query of a URL of S3."""
    return (endpoints.s3_url(url) or ())[:3]


def region_of(url):
    """Return the region in the host of a URL of S3."""
    parts = endpoints.s3_url(url)
    assert parts is not None
    assert not parts.is_website
    return parts.region


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_suffix_of_botocore_is_aws(suffix):
    assert endpoints.is_aws(suffix)
    assert endpoints.is_aws(f"service.moon-1.{suffix}")
    assert endpoints.is_aws(f"SERVICE.moon-1.{suffix}".upper())
    assert endpoints.qapps_region(f"https://data.qapps.moon-1.{suffix}/apps.get") == "moon-1"
    assert parts_of(f"https://bucket.s3.moon-1.{suffix}/key") == ("bucket", "/key", "")


@pytest.mark.parametrize("host", ["abc.lambda-url.us-east-1.on.aws", "NEPTUNE-GRAPH.us-east-1.on.aws"])
def test_hosts_below_on_aws_are_aws(host):
    assert endpoints.is_aws(host)


SIGN_IN = [each for each in SESSION.get_available_services() if each == "signin"]


@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda each: str(each["id"]))
@pytest.mark.parametrize("service", SIGN_IN)
def test_hosts_of_signin_are_aws(service, partition, fips):
    for region in partition["regions"]:
        assert endpoints.is_aws(urlsplit(resolved(service, region, use_fips_endpoint=fips)).hostname)


def test_the_host_of_links_to_the_console_is_aws():
    assert endpoints.is_aws("signin.aws.amazon.com")


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "example.com",
        "amazonaws.com.example.com",
        "notamazonaws.com",
        "my-api.aws",
        "on.aws.example.com",
        "neon.aws",
        "docs.aws.amazon.com",
        "amazonaws.company",
        "",
    ],
)
def test_other_hosts_are_not_aws(host):
    assert not endpoints.is_aws(host)


def resolved(service, region, **config):
    client = SESSION.create_client(service, region_name=region, config=Config(**config), **KEYS)
    return client.meta.endpoint_url


@pytest.mark.parametrize("dual_stack", [False, True])
@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize(
    "region", ["us-east-1", "us-west-2", "cn-north-1", "us-gov-west-1", "moon-1", "us-iso-east-1"]
)
def test_each_endpoint_that_botocore_resolves_for_qapps_is_found(region, fips, dual_stack):
    if region == "us-iso-east-1" and dual_stack:
        pytest.skip("botocore has no dual-stack endpoints there")

    url = resolved("qapps", region, use_fips_endpoint=fips, use_dualstack_endpoint=dual_stack)

    assert endpoints.qapps_region(f"{url}/apps.create") == region
    assert endpoints.qapps_region(url) == region
    assert endpoints.qapps_region(f"{url}:443/") == region
    assert endpoints.is_aws(urlsplit(url).hostname)
    assert endpoints.s3_url(f"{url}/") is None


@pytest.mark.parametrize(
    "url",
    [
        "https://qapps.amazonaws.com/",
        "https://qapps.us-east-1.example.com/",
        "https://data.qapps.us-east-1.amazonaws.com.example.com/",
        "https://s3.us-east-1.amazonaws.com/qapps",
        "https://qapps.s3.us-east-1.amazonaws.com/",
        "https://qapps-uploaded-files.s3.amazonaws.com/",
        "https://example.com/?u=https://qapps.us-east-1.amazonaws.com/",
        "http://127.0.0.1:5000/apps.create",
    ],
)
def test_other_urls_are_not_those_of_qapps(url):
    assert endpoints.qapps_region(url) is None


def posted(bucket, region, **config):
    """Return the URL to which botocore sends a form for *bucket*."""
    client = SESSION.create_client("s3", region_name=region, config=Config(**config), **KEYS)
    return client.generate_presigned_post(bucket, "key")["url"]


def split(bucket, style):
    return (bucket, "/", "") if style in ("virtual", "auto") else (None, f"/{bucket}", "")


@pytest.mark.parametrize("style", ["virtual", "path"])
@pytest.mark.parametrize("dual_stack", [False, True])
@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize(
    "region", ["us-east-1", "us-west-2", "eu-central-1", "cn-north-1", "us-gov-west-1", "moon-1"]
)
def test_each_url_that_botocore_makes_for_a_bucket_is_found(region, fips, dual_stack, style):
    if fips and region == "cn-north-1":
        pytest.skip("S3 has no FIPS endpoints in China")
    config = {
        "use_fips_endpoint": fips,
        "s3": {"addressing_style": style, "use_dualstack_endpoint": dual_stack},
    }

    url = posted("my-bucket", region, **config)

    assert parts_of(url) == split("my-bucket", style)
    assert region_of(url) == (region if region and region in url else None)


@pytest.mark.parametrize("region", REGIONS)
def test_the_url_of_a_bucket_is_found_in_every_region_of_botocore(region):
    url = posted("my-bucket", region, s3={"addressing_style": "virtual"})

    assert parts_of(url) == ("my-bucket", "/", "")
    assert region_of(url) == (region if region and region in url else None)


@pytest.mark.parametrize("dual_stack", [False, True])
def test_accelerated_urls_are_found(dual_stack):
    s3 = {"use_accelerate_endpoint": True, "use_dualstack_endpoint": dual_stack}

    url = posted("my-bucket", "us-west-2", s3=s3)

    assert parts_of(url) == ("my-bucket", "/", "")
    assert region_of(url) is None


def test_the_global_url_is_found():
    s3 = {"us_east_1_regional_endpoint": "legacy"}

    url = posted("my-bucket", "us-east-1", s3=s3)

    assert url == "https://my-bucket.s3.amazonaws.com/"
    assert parts_of(url) == ("my-bucket", "/", "")
    assert region_of(url) is None


@pytest.mark.parametrize(
    ("url", "parts", "region"),
    [
        ("https://b.s3-us-west-2.amazonaws.com/", ("b", "/", ""), "us-west-2"),
        ("https://s3-us-west-2.amazonaws.com/b", (None, "/b", ""), "us-west-2"),
        ("https://s3-external-1.amazonaws.com/b", (None, "/b", ""), None),
        ("https://s3-fips-us-gov-west-1.amazonaws.com/b", (None, "/b", ""), "us-gov-west-1"),
        ("http://b.s3.amazonaws.com:80/k?delete", ("b", "/k", "delete"), None),
        ("https://s3.amazonaws.com", (None, "", ""), None),
        ("https://s3.amazonaws.com?x", (None, "", "x"), None),
        ("https://dotted.name.s3.us-east-1.amazonaws.com/", ("dotted.name", "/", ""), "us-east-1"),
        ("https://my.s3.s3.amazonaws.com/", ("my.s3", "/", ""), None),
        ("https://s3.s3.us-east-1.amazonaws.com/", ("s3", "/", ""), "us-east-1"),
        ("https://b.s3.cn-north-1.amazonaws.com.cn/", ("b", "/", ""), "cn-north-1"),
    ],
)
def test_older_and_odd_forms_are_split(url, parts, region):
    assert parts_of(url) == parts
    assert region_of(url) == (region if region and region in url else None)


@pytest.mark.parametrize("separator", ["-", "."])
def test_the_website_endpoint_of_a_bucket_is_told_apart(separator):
    url = f"https://my.bucket.s3-website{separator}us-east-1.amazonaws.com/k?x"

    assert endpoints.s3_url(url) == ("my.bucket", "/k", "x", "us-east-1", True)


@pytest.mark.parametrize(
    "url",
    [
        "https://s3-control.us-east-1.amazonaws.com/",
        "https://123456789012.s3-control.us-east-1.amazonaws.com/",
        "https://s3tables.us-east-1.amazonaws.com/",
        "https://s3-website-us-east-1.amazonaws.com/",
        "https://sts.us-east-1.amazonaws.com/",
        "https://s3.example.com/b",
        "https://s3.amazonaws.com.example.com/b",
        "http://127.0.0.1:9000/b",
    ],
)
def test_other_urls_are_not_those_of_buckets(url):
    assert endpoints.s3_url(url) is None


SPELLINGS = [
    "DATA.QApps.US-West-2.AmazonAWS.com",
    "data.qapps.us-west-2.amazonaws.com.",
    "data.qapps.us-west-2.amazonaws.com.:443",
    "VPCE-0a1b.qapps.us-west-2.vpce.amazonaws.com",
]


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize(
    "config", [None, {"core": {"service_whitelist": ["qapps"]}}], ids=["fast", "general"]
)
def test_the_spelling_of_a_host_does_not_matter(host, config):
    with mock_qapps(config=config) as mock:
        mock.client(endpoint_url=f"https://{host}").list_q_apps(instanceId=INSTANCE)

        assert [(call.operation, call.region) for call in mock.calls()] == [("ListQApps", "us-west-2")]


@pytest.mark.parametrize("host", SPELLINGS)
def test_the_spelling_of_a_host_does_not_matter_to_requests_and_to_a_server(host, qapps_server, qapps_mock):
    headers = {"instance-id": INSTANCE}
    requests.get(f"https://{host}/apps.list", headers=headers, timeout=5)
    # A signature of another service: only the host says that the request is for Q Apps.
    headers |= {
        "Host": host,
        "Authorization": "AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/s3/aws4_request",
    }
    requests.get(f"{qapps_server}/apps.list", headers=headers, timeout=5)

    assert [(call.operation, call.region) for call in qapps_mock.calls()] == [("ListQApps", "us-west-2")] * 2


VPC_ENDPOINT = "https://vpce-0a1b2c3d4e5f67890-ab12cd34.qapps.us-west-2.vpce.amazonaws.com"


@pytest.mark.parametrize("url", [VPC_ENDPOINT, VPC_ENDPOINT.replace("-ab12cd34", "-ab12cd34-us-west-2a")])
def test_a_client_of_a_vpc_endpoint_is_mocked(url):
    with mock_qapps() as mock:
        app = create_app(mock.client(region_name="us-west-2", endpoint_url=url))

        assert app["appArn"].startswith("arn:aws:qapps:us-west-2:")
        assert [(call.operation, call.region) for call in mock.calls()] == [("CreateQApp", "us-west-2")]
    assert endpoints.qapps_region(url) == "us-west-2"
    assert endpoints.s3_url(url) is None
