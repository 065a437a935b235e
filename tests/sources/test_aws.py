"""What every live door says before AWS is asked: credentials, options, the extra."""

from __future__ import annotations

import sys

import pytest

import trailnb as tn
from tests.sources.event_history_api import Clock
from trailnb.errors import MissingExtraError, RequestError, SourceError
from trailnb.sources.aws import Caller
from trailnb.sources.s3_refusals import Refusal

STORE = "0a1b2c3d-0000-4000-8000-0123456789ab"
DOORS = ["cloudtrail://", "cloudwatch://acme", f"lake://{STORE}", "athena://logs/trail"]


@pytest.mark.parametrize("door", DOORS)
def test_an_absent_extra_says_its_install_line(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only these doors need boto3."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'trailnb\[aws\]'"):
        tn.open(door)


@pytest.mark.parametrize("door", DOORS)
def test_an_unknown_option_is_named(door: str) -> None:
    """And never its value, which may be a secret."""
    with pytest.raises(RequestError, match="knows no option secrt") as raised:
        tn.open(door, storage_options={"secrt": "hush"})
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize("door", DOORS)
def test_a_profile_that_is_not_there_is_said(door: str) -> None:
    """The message says where to look."""
    with pytest.raises(SourceError, match="Check its name in your AWS configuration"):
        tn.open(door, storage_options={"profile": "nobody-has-this"})


def test_secrets_are_not_shown() -> None:
    """Neither door nor caller shows what it was given."""
    options = {"key": "AKIAEXAMPLE", "secret": "hush", "region_name": "eu-west-1"}
    caller = Caller("a door", options)
    assert caller.session().region_name == "eu-west-1"
    assert "hush" not in repr(caller)


class Down:
    """A session of a service that no network leads to."""

    def client(self, *_: object, **__: object) -> Down:
        """Make a client."""
        return self

    def get_caller_identity(self) -> None:
        """Fail as botocore does."""
        from botocore.exceptions import EndpointConnectionError

        raise EndpointConnectionError(endpoint_url="https://sts.example")


def test_tries_end() -> None:
    """Eight tries, one to thirty seconds apart, then the reason."""
    clock = Clock()
    caller = Caller("a door", {"session": Down()}, clock=clock, sleep=clock.sleep)
    with pytest.raises(Refusal, match="EndpointConnectionError"):
        caller.ask("sts", "us-east-1", "get_caller_identity")
    assert caller.requests == 8
    assert clock.slept == [1, 2, 4, 8, 16, 30, 30]
