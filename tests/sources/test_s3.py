"""Opening S3 the way people configure it, over a real HTTP endpoint."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.sources.conftest import KEY, SECRET, Faults
from trailnb.errors import RequestError, SourceError
from trailnb.sources.s3 import S3Source
from trailnb.sources.s3_bucket import _PROCESSES, endpoint_and_region, is_carried_over
from trailnb.sources.source import LogFile, Unread, Wanted

ALL = Wanted()


def contents(source: S3Source) -> list[bytes | Unread]:
    """Everything the source hands over."""
    return [content for _, content in source.read(source.list(ALL).files)]


def test_one_object_is_a_source(acme: Callable[..., S3Source]) -> None:
    """With or without a dot in its name."""
    source = acme("s3://acme/logs/b.json")
    assert [file.key for file in source.list(ALL).files] == ["s3://acme/logs/b.json"]
    assert contents(source) == [b"b"]


def test_a_glob_lists_what_it_names(acme: Callable[..., S3Source]) -> None:
    """As on disk."""
    source = acme("s3://acme/lo*/[ab].json")
    assert [file.key[-6:] for file in source.list(ALL).files] == ["a.json", "b.json"]


def test_a_wrong_prefix_is_no_empty_trail(acme: Callable[..., S3Source]) -> None:
    """S3 knows no folders: nothing below a prefix means nobody ever wrote there."""
    with pytest.raises(SourceError, match=r"nothing lies there: s3://acme/lags\. Check the prefix"):
        acme("s3://acme/lags").list(ALL)


def test_requester_pays_is_said_in_every_request(
    acme: Callable[..., S3Source], faults: Faults
) -> None:
    """Such a bucket refuses whoever does not agree to pay."""
    contents(acme(requester_pays=True))
    assert {headers.get("x-amz-request-payer") for headers in faults.headers} == {"requester"}


def test_anonymous_requests_are_not_signed(acme: Callable[..., S3Source], faults: Faults) -> None:
    """Public buckets may deny signed requests."""
    acme(key=None, secret=None, anon=True).list(ALL)
    assert not any("authorization" in headers for headers in faults.headers)


def test_without_credentials_it_says_how_to_come_by_them(
    acme: Callable[..., S3Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key, no profile, no instance role."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(SourceError, match=r"no AWS credentials were found: .*Log in"):
        acme(key=None, secret=None).list(ALL)


def test_a_profile_is_used(
    acme: Callable[..., S3Source],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    faults: Faults,
) -> None:
    """As s3fs and the AWS command line use it."""
    path = tmp_path_factory.mktemp("aws") / "credentials"
    path.write_text("[case]\naws_access_key_id=AKIACASE\naws_secret_access_key=x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    assert contents(acme(key=None, secret=None, profile="case")) == [b"a", b"b", b"c"]
    assert all("AKIACASE" in headers["authorization"] for headers in faults.headers)


def test_a_ready_filesystem_is_used(acme: Callable[..., S3Source], faults: Faults) -> None:
    """Whatever it was set up with counts."""
    import s3fs

    acme()
    ready = s3fs.S3FileSystem(key=KEY, secret=SECRET, client_kwargs={"endpoint_url": faults.url})
    assert contents(S3Source("s3://acme/logs", filesystem=ready)) == [b"a", b"b", b"c"]


def test_an_endpoint_that_was_given_wins_over_the_environment(
    acme: Callable[..., S3Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written in the notebook counts, for listing and reading alike."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    assert contents(acme()) == [b"a", b"b", b"c"]


def test_a_forked_process_stays_with_s3fs(
    acme: Callable[..., S3Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The threads of obstore do not survive a fork; asking it there would never return."""
    monkeypatch.setitem(_PROCESSES, "first", -1)
    source = acme()
    assert contents(source) == [b"a", b"b", b"c"]
    assert source._bucket().store is None


def test_misspelt_options_are_named(acme: Callable[..., S3Source]) -> None:
    """Names only: their values may be secrets."""
    with pytest.raises(RequestError, match=r"storage_options .*'sercet'") as raised:
        acme(sercet="hush").list(ALL)
    assert "hush" not in str(raised.value)


def test_an_unknown_profile_is_an_error_that_says_where_to_look(
    acme: Callable[..., S3Source],
) -> None:
    """Profiles live in files that people edit."""
    with pytest.raises(SourceError, match=r"no such profile: s3://acme/logs\. Check"):
        acme(key=None, secret=None, profile="nowhere").list(ALL)


def test_keys_with_odd_letters_and_empty_segments_are_read(
    acme: Callable[..., S3Source],
    s3_client: Any,  # noqa: ANN401 # boto3 client
) -> None:
    """A trail's prefix may end in a slash; people name files as they like."""
    odd = ["logs//d.json", "logs/e é%41+#?&=.json", "logs/.DS_Store"]
    for key in odd:
        s3_client.put_object(Bucket="acme", Key=key, Body=key.encode())
    source = acme()
    read = {file.key: content for file, content in source.read(source.list(ALL).files)}
    assert len(read) == 5
    for key in odd[:2]:
        assert read[f"s3://acme/{key}"] == key.encode()


def test_an_object_beyond_the_bound_is_unread(acme: Callable[..., S3Source]) -> None:
    """Whether the listing told its size or not."""
    source = acme()
    source.most_bytes = 0
    unread = Unread("too large: 1 bytes, 0 allowed")
    assert contents(source) == [unread] * 3
    assert [found for _, found in source.read([LogFile("s3://acme/logs/a.json")])] == [unread]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, True),
        ({"anon": True, "requester_pays": True}, True),
        ({"client_kwargs": {"region_name": "eu-west-1", "verify": False}}, True),
        (
            {"config_kwargs": {"retries": {"max_attempts": 2}, "s3": {"addressing_style": "path"}}},
            True,
        ),
        ({"config_kwargs": {"proxies": {"http": "http://proxy"}}}, False),
        ({"version_aware": True}, False),
        ({"s3_additional_kwargs": {"SSECustomerKey": "x"}}, False),
    ],
)
def test_what_obstore_cannot_do_stays_with_s3fs(
    options: dict[str, object], *, expected: bool
) -> None:
    """An option is never dropped without a word."""
    import s3fs

    filesystem = s3fs.S3FileSystem(skip_instance_cache=True, **options)
    assert is_carried_over(filesystem, "acme") is expected
    assert not is_carried_over(filesystem, "arn:aws:s3:us-east-1:111122223333:accesspoint/x")


@pytest.mark.parametrize(
    ("configured", "bucket_region", "resolved", "expected"),
    [
        ("aws-global", "eu-west-1", "s3.amazonaws.com", "s3.eu-west-1.amazonaws.com"),
        ("us-east-1", "sa-east-1", "s3.us-east-1.amazonaws.com", "s3.sa-east-1.amazonaws.com"),
        ("cn-north-1", "cn-x-1", "s3.cn-north-1.amazonaws.com.cn", "s3.cn-x-1.amazonaws.com.cn"),
        ("us-west-2", "ca-x-1", "s3-fips.us-west-2.amazonaws.com", "s3-fips.ca-x-1.amazonaws.com"),
        ("us-east-1", "eu-west-1", "s3.wasabisys.com", "s3.wasabisys.com"),
        ("", "eu-west-1", "localhost:9000", "localhost:9000"),
    ],
)
def test_a_bucket_is_met_in_its_own_region(
    configured: str, bucket_region: str, resolved: str, expected: str
) -> None:
    """Whatever region is configured, in every partition; another endpoint is taken as it is."""
    meta = SimpleNamespace(endpoint_url=f"https://{resolved}", region_name=configured)
    head = {"ResponseMetadata": {"HTTPHeaders": {"x-amz-bucket-region": bucket_region}}}
    filesystem = SimpleNamespace(s3=SimpleNamespace(meta=meta), call_s3=lambda *_, **__: head)
    endpoint, region = endpoint_and_region(filesystem, "acme")
    assert endpoint == f"https://{expected}"
    assert region == (bucket_region if "amazonaws" in resolved else configured or "us-east-1")
