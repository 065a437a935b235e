"""AWS's own services, asked at a pace, again where that may help, and never with secrets shown."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trailnb.errors import MissingExtraError, RequestError, SourceError
from trailnb.sources.s3_refusals import Refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Asked so often in all; the waits between add up to two minutes.
_TRIES = 8
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 30.0
#: Fresh credentials that turned out to be expired, too, are not asked for again so soon.
_VAIN_SECONDS = 60.0
#: Beside what S3 calls transient: how other services and botocore's network say it.
_TRANSIENT = frozenset(
    {"TooManyRequestsException", "RequestThrottled", "RequestThrottledException"}
    | {"ServiceUnavailableException", "InternalFailure", "InternalServerError"}
    | {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError"}
    | {"ConnectionClosedError", "HTTPClientError", "ProxyConnectionError"}
    | {"ResponseStreamingError", "IncompleteReadError"}
    | {"MaxConcurrentQueriesException", "InternalServerException", "ConflictException"}
)
DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
#: What s3fs calls them, so that one set of options opens a bucket and a service.
_SESSION_OPTIONS = {
    "key": "aws_access_key_id",
    "secret": "aws_secret_access_key",
    "token": "aws_session_token",
    "profile": "profile_name",
    "region_name": "region_name",
}
_OPTIONS = frozenset({*_SESSION_OPTIONS, "endpoint_url", "session"})
#: What some door understands, so that one set of options opens several together.
OF_DOORS = frozenset(
    {"allow_full_scan", "most_scanned_bytes", "workgroup", "output_location", "catalog"}
)


@dataclass
class Caller:
    """Calls AWS with one person's credentials, at most so often per second, service and region.

    `options` are `key`, `secret`, `token`, `profile`, `region_name`, `endpoint_url`, or a boto3
    `session` that is ready for use; what other doors understand is no mistake. `requests` counts
    what was asked, failed attempts included.
    """

    what: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    per_second: float = 2.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    requests: int = 0
    _session: Any = field(default=None, repr=False)
    _clients: dict[tuple[str, str | None], Any] = field(default_factory=dict, repr=False)
    _next: dict[tuple[str, str | None], float] = field(default_factory=dict, repr=False)
    _renewals: int = 0
    _vain_until: float | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def session(self) -> Any:  # noqa: ANN401 # boto3 has no types
        """The boto3 session, made on first use.

        Raises:
            MissingExtraError: boto3 is not installed.
            RequestError: an option is not known.
        """
        with self._lock:
            if self._session is None:
                self._session = self._connected()
            return self._session

    def act(self, service: str, region: str | None, operation: str, **arguments: Any) -> Any:  # noqa: ANN401
        """Call what changes something: once, since a call without an answer may have run.

        Raises:
            Refusal: AWS, or the way to it, refuses.
        """
        self._take_turn(service, region)
        refusal = self._asked(service, region, operation, arguments)
        if isinstance(refusal, Refusal):
            raise refusal
        return refusal

    def ask(self, service: str, region: str | None, operation: str, **arguments: Any) -> Any:  # noqa: ANN401
        """What does this call answer? Waits its turn; tries again what may help.

        Raises:
            Refusal: AWS, or the way to it, refuses for good.
        """
        wait = _FIRST_WAIT_SECONDS
        has_renewed = False
        for tries_left in reversed(range(_TRIES)):
            renewals = self._renewals
            self._take_turn(service, region)
            refusal = self._asked(service, region, operation, arguments)
            if not isinstance(refusal, Refusal):
                return refusal
            if refusal.is_expired:
                if has_renewed:
                    self._vain_until = self.clock() + _VAIN_SECONDS
                if not self._renew(renewals):
                    raise refusal
                has_renewed = True
            elif not tries_left or not is_transient(refusal):
                raise refusal
            else:
                self.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
        raise refusal

    def _asked(
        self, service: str, region: str | None, operation: str, arguments: dict[str, Any]
    ) -> Any:  # noqa: ANN401
        """Give the answer, or what was refused: the original error may show what must not be."""
        self.session()
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = getattr(self._client(service, region), operation)(**arguments)
            if "Body" in answer:  # read here: what breaks off on the way is asked again, too
                answer["Body"] = answer["Body"].read()
        except (BotoCoreError, ClientError) as error:
            return refusal_of(error)
        return answer

    def _take_turn(self, service: str, region: str | None) -> None:
        """Wait until this service of this region may be asked again; turns are given in order."""
        with self._lock:
            self.requests += 1
            now = self.clock()
            turn = max(now, self._next.get((service, region), now))
            self._next[service, region] = turn + 1 / self.per_second
        if turn > now:
            self.sleep(turn - now)

    def _client(self, service: str, region: str | None) -> Any:  # noqa: ANN401
        with self._lock:  # making clients is not safe for threads, using them is
            if (service, region) not in self._clients:
                from botocore.config import Config

                self._clients[service, region] = self.session().client(
                    service,
                    region_name=region,
                    endpoint_url=self.options.get("endpoint_url"),
                    # Our own tries are paced and counted; botocore's would come on top.
                    config=Config(retries={"total_max_attempts": 1}),
                )
            return self._clients[service, region]

    def _renew(self, seen: int) -> bool:
        """Fetch credentials anew, one thread for all; false when that was in vain just now."""
        with self._lock:
            if self._renewals > seen:
                return True
            is_vain = self._vain_until is not None and self.clock() < self._vain_until
            if is_vain or "session" in self.options or "key" in self.options:
                return False
            self._renewals += 1
            self._session, self._clients = None, {}
            return True

    def _connected(self) -> Any:  # noqa: ANN401
        known = _OPTIONS | OF_DOORS
        if unknown := sorted(self.options.keys() - known):
            raise RequestError(
                f"{self.what} knows no option {', '.join(unknown)}. Known: "
                f"{', '.join(sorted(known))}."
            )
        if given := self.options.get("session"):
            return given
        try:
            import boto3
            from botocore.exceptions import BotoCoreError
        except ImportError as missing:
            raise MissingExtraError.of(self.what, "aws") from missing
        options = {
            known: self.options[name]
            for name, known in _SESSION_OPTIONS.items()
            if name in self.options
        }
        try:
            return boto3.Session(**options)
        except BotoCoreError as error:
            raise refused(refusal_of(error), self.what, "") from None


def is_transient(refusal: Refusal) -> bool:
    """May asking again later help?

    Example:
        >>> is_transient(Refusal("ThrottlingException")), is_transient(Refusal("AccessDenied"))
        (True, False)
    """
    return refusal.is_transient or refusal.code in _TRANSIENT


def sentence(refusal: Refusal, place: str, right: str) -> str:
    """What happened, where, and what to do next; `right` is the permission that was needed.

    Example:
        >>> print(
        ...     sentence(Refusal("AccessDeniedException"), "eu-west-1", "cloudtrail:LookupEvents")
        ... )
        access denied: eu-west-1. Ask for cloudtrail:LookupEvents.
    """
    return str(refused(refusal, place, right))


def refused(refusal: Refusal, place: str, right: str) -> SourceError:
    """The same as an error to raise."""
    happened, hint = f"AWS refused ({refusal.code})", "Check credentials, profile and region."
    if refusal.code in DENIED:
        happened, hint = "access denied", f"Ask for {right}."
    elif refusal.is_expired:
        happened, hint = "the credentials have expired", "Log in again, then ask once more."
    elif is_transient(refusal):
        hint = "It was asked again and again; ask once more later."
    elif refusal.code in {"NoCredentials", "ProfileNotFound"}:
        hint = refusal.hint(right)
    error = SourceError(f"{happened}: {place}. {hint}")
    error.is_transient = is_transient(refusal)
    return error
