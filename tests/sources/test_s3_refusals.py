"""What S3 refuses and delays, over a real HTTP endpoint."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sources.conftest import KEY, SECRET, Faults
from trailnb.errors import SourceError
from trailnb.sources.s3 import S3Source
from trailnb.sources.s3_refusals import Refusal, refusal_of
from trailnb.sources.source import Unread, Wanted

ALL = Wanted()
DENIED_BY_KMS = (
    "User: arn:aws:sts::111122223333:assumed-role/reader is not authorized to perform: "
    "kms:Decrypt on this resource"
)


def contents(source: S3Source) -> list[bytes | Unread]:
    """Everything the source hands over."""
    return [content for _, content in source.read(source.list(ALL).files)]


def test_a_missing_bucket_is_named(acme: Callable[..., S3Source]) -> None:
    """With what to check."""
    with pytest.raises(SourceError, match=r"no such bucket: s3://acne/?\. Check its name"):
        acme("s3://acne").list(ALL)


def test_a_denied_listing_names_the_bucket_and_the_right(
    acme: Callable[..., S3Source], faults: Faults
) -> None:
    """The hint is what to ask an administrator for."""
    faults.refuse("list-type=2", "AccessDenied")
    with pytest.raises(SourceError, match=r"access denied: s3://acme/logs\. Ask for s3:ListBucket"):
        acme().list(ALL)


def test_one_denied_prefix_is_told_and_the_others_listed(
    acme: Callable[..., S3Source],
    faults: Faults,
    s3_client: Any,  # noqa: ANN401 # boto3 client
) -> None:
    """Bucket policies may close one account's folder."""
    for account in ("111122223333", "444455556666"):
        s3_client.put_object(Bucket="acme", Key=f"AWSLogs/{account}/CloudTrail/x.json", Body=b"")
    faults.refuse("prefix=AWSLogs/111122223333", "AccessDenied")
    listing = acme("s3://acme/AWSLogs").list(ALL)
    assert listing.unlisted == (("s3://acme/AWSLogs/111122223333", "access denied"),)
    assert [file.account for file in listing.files] == ["444455556666"]


def test_a_denied_object_is_unread_and_named(acme: Callable[..., S3Source], faults: Faults) -> None:
    """The others are read."""
    faults.refuse("b.json", "AccessDenied")
    a, b, c = contents(acme())
    assert (a, c) == (b"a", b"c")
    assert b == Unread(
        "access denied: s3://acme/logs/b.json. "
        "Ask for s3:GetObject on it, in your policies and the bucket's."
    )


def test_a_key_that_refuses_says_kms(acme: Callable[..., S3Source], faults: Faults) -> None:
    """The right to the object is not the right to its key."""
    faults.refuse("b.json", "AccessDenied", message=DENIED_BY_KMS)
    unread = contents(acme())[1]
    assert isinstance(unread, Unread)
    assert "encryption key refuses" in unread.reason
    assert "kms:Decrypt" in unread.reason


def test_an_archived_object_says_restore(acme: Callable[..., S3Source], faults: Faults) -> None:
    """Old logs are often moved to Glacier."""
    faults.refuse("b.json", "InvalidObjectState")
    unread = contents(acme())[1]
    assert isinstance(unread, Unread)
    assert "Restore it" in unread.reason


def test_slow_down_is_waited_out(acme: Callable[..., S3Source], faults: Faults) -> None:
    """Two refusals, then the bytes."""
    faults.refuse("b.json", "SlowDown", status=503, times=2)
    assert contents(acme()) == [b"a", b"b", b"c"]
    assert sum("b.json" in path for path in faults.seen) == 3


def test_slow_down_without_end_is_unread_and_may_be_tried_again(
    acme: Callable[..., S3Source], faults: Faults
) -> None:
    """Patience is bounded; the gap has a name."""
    faults.refuse("b.json", "SlowDown", status=503)
    unread = contents(acme())[1]
    assert unread == Unread(
        "S3 is overloaded or unreachable (SlowDown): s3://acme/logs/b.json. Try again.",
        is_transient=True,
    )


def test_an_expired_token_is_renewed(acme: Callable[..., S3Source], faults: Faults) -> None:
    """Credentials may be fresh again in the profile or the instance's role, as often as need be."""
    source = acme()
    files = source.list(ALL).files
    for _ in range(3):  # a trail that is followed outlives many
        faults.refuse("b.json", "ExpiredToken", status=400, times=1)
        assert [content for _, content in source.read(files)] == [b"a", b"b", b"c"]


def test_a_token_that_stays_expired_says_log_in(
    acme: Callable[..., S3Source], faults: Faults
) -> None:
    """It is tried once for all objects, not once for each."""
    source = acme(token="old")  # an example
    files = source.list(ALL).files
    faults.refuse(".json", "ExpiredToken", status=400)
    faults.seen.clear()
    found = [content for _, content in source.read(files)]
    assert all(isinstance(content, Unread) for content in found)
    assert "expired: s3://acme/logs/a.json. Log in again" in found[0].reason  # type: ignore[union-attr]
    assert len(faults.seen) <= 2 * len(files)


def test_an_expired_token_while_listing_says_log_in(
    acme: Callable[..., S3Source], faults: Faults
) -> None:
    """Before anything was listed it is an error."""
    faults.refuse("list-type=2", "ExpiredToken", status=400)
    with pytest.raises(SourceError, match=r"credentials have expired: s3://acme/logs\. Log in"):
        acme().list(ALL)


def test_credentials_are_never_shown(acme: Callable[..., S3Source], faults: Faults) -> None:
    """Neither by the source, nor its connection, nor what S3 sends back in an error."""
    source = acme(token="FwoGZXIvYXdzEXAMPLE")  # an example
    files = source.list(ALL).files
    faults.refuse("b.json", "InvalidAccessKeyId", message=f"The key {KEY} does not exist")
    faults.refuse("list-type=2", "SignatureDoesNotMatch", message=KEY)
    shown = [repr(source), str(source), repr(source._bucket()), repr(list(source.read(files)))]
    with pytest.raises(SourceError) as raised:
        source.list(ALL)
    shown += [str(raised.value), repr(raised.value.__cause__), repr(raised.value.__context__)]
    for secret in (KEY, SECRET, "FwoGZXIvYXdzEXAMPLE"):
        assert not any(secret in text for text in shown)


def test_a_log_in_that_cannot_be_renewed_says_log_in() -> None:
    """What a credential provider raises reaches us inside another client's error."""
    error = OSError("... path External AWS credential provider: UnauthorizedSSOTokenError: The SSO")
    assert refusal_of(error).said() == "the credentials have expired"


@pytest.mark.parametrize("code", ["AccessDenied", "ExpiredToken", "SlowDown", "Strange"])
def test_every_refusal_has_a_hint(code: str) -> None:
    """A sentence says what to do next."""
    assert Refusal(code).hint("s3:GetObject").endswith(".")
