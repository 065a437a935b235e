"""An AWS on loopback, empty for each test, and one that refuses what it is told to refuse."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.sources.conftest import s3_endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["s3_endpoint"]

#: The account of that AWS.
ACCOUNT = "123456789012"


class Aws:
    """What tests ask that AWS for, and the options that a person passes to reach it.

    `refuse` names operations, with the code they are refused with. `calls` keeps every call.
    """

    def __init__(self, endpoint: str) -> None:
        self.refuse: dict[str, str] = {}
        self.refuse_when: dict[str, Callable[[], str | None]] = {}
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name="us-east-1")
        self.options: dict[str, Any] = {"session": Refusing(self), "endpoint_url": endpoint}
        self.endpoint = endpoint

    def client(self, service: str, region: str = "us-east-1") -> Any:  # noqa: ANN401 # boto3
        """A plain client, for what a test prepares."""
        return self.session.client(service, region_name=region, endpoint_url=self.endpoint)

    def called(self, *starts: str) -> list[str]:
        """Which operations were called that begin like this?"""
        return [name for _, name, _ in self.calls if name.startswith(starts)]


class Refusing:
    """A boto3 session whose clients refuse what they are told to refuse."""

    region_name = "us-east-1"

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def client(self, service: str, **how: Any) -> RefusingClient:
        """A client of one service and region."""
        return RefusingClient(self.aws, service, self.aws.session.client(service, **how))

    def get_credentials(self) -> Any:  # noqa: ANN401 # botocore's
        """Whose they are."""
        return self.aws.session.get_credentials()


class RefusingClient:
    """A client that writes down what it is asked."""

    def __init__(self, aws: Aws, service: str, client: Any) -> None:  # noqa: ANN401 # boto3
        self._aws, self._service, self._client = aws, service, client

    def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 # a method of boto3
        def call(**arguments: Any) -> Any:  # noqa: ANN401 # AWS's answer
            self._aws.calls.append((self._service, operation, arguments))
            when = self._aws.refuse_when.get(operation, lambda: None)
            if code := self._aws.refuse.get(operation) or when():
                raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)
            return getattr(self._client, operation)(**arguments)

        return call


@pytest.fixture
def aws(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An empty AWS, asked without a pace.

    Emptied afterwards too: all of moto's servers in a process share one memory, and other tests
    could not empty a bucket that locks its objects.
    """
    monkeypatch.setattr("trailnb.configuration.asking._PER_SECOND", 10_000.0)
    _forget_all(s3_endpoint)
    yield Aws(s3_endpoint)
    _forget_all(s3_endpoint)


def _forget_all(endpoint: str) -> None:
    request = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")  # noqa: S310
    urllib.request.urlopen(request).close()  # noqa: S310 # loopback
