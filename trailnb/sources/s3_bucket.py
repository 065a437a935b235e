"""One bucket, met through s3fs for configuration and through obstore for bulk work.

s3fs knows how people configure S3. obstore moves many small objects several times faster, so what
s3fs resolved (endpoint, region, credentials, requester pays, anonymous) is carried over to it.
What cannot be carried over stays with s3fs itself: subclasses of its filesystem, versions,
extra arguments such as customer keys, unusual client options, access points, directory buckets.
"""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trailnb.sources.s3_refusals import Refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from obstore.store import ClientConfig, S3Credential

    Answer = TypeVar("Answer")

_CLIENT_OPTIONS = frozenset(
    {"region_name", "endpoint_url", "use_ssl", "verify"}
    | {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"}
)
_CONFIG_OPTIONS = frozenset(
    {"region_name", "retries", "connect_timeout", "read_timeout", "max_pool_connections"}
)
#: Access points, object lambdas, directory buckets: their hosts are not the bucket's.
_ODD_BUCKET = re.compile(r".*:.*|.*(?:--x-s3|-s3alias|--ol-s3)")
_AWS_HOST = re.compile(
    r"https?://s3[a-z0-9.-]*\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov"
    r"|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
)
#: Which process used obstore first.
_PROCESSES: dict[str, int] = {}
#: Fresh credentials that turned out to be expired, too, are not asked for again so soon.
VAIN_SECONDS = 60.0
#: Below the advisory refresh of botocore (15 minutes), so a refresh never comes too late.
_CREDENTIAL_LIFE = timedelta(minutes=10)


@dataclass
class Bucket:
    """A connection to one bucket, for one process; refreshes credentials as often as that helps."""

    name: str
    filesystem: Any = field(repr=False)
    retries: int
    store: Any = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _refreshes: int = 0
    _vain_until: float = 0.0

    def __post_init__(self) -> None:
        try:
            self._connect(refresh=False)
        except Exception as error:  # noqa: BLE001 # it may show what must not be shown
            raise refusal_of(error) from None

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """Ask S3, once more with fresh credentials when they have expired; raises Refusal."""
        refreshes = self._refreshes
        try:
            return question()
        except Exception as error:  # noqa: BLE001 # two clients, many exceptions, one meaning
            refusal = refusal_of(error)
        if not refusal.is_expired or not self._refresh(refreshes):
            raise refusal
        try:
            return question()
        except Exception as error:  # noqa: BLE001 # as above
            again = refusal_of(error)
            if again.is_expired:
                self._vain_until = time.monotonic() + VAIN_SECONDS
            raise again from None

    def _refresh(self, seen: int) -> bool:
        """Fetch credentials anew, one thread for all; false when that was in vain just now."""
        with self._lock:
            if self._refreshes > seen:
                return True
            if time.monotonic() < self._vain_until:
                return False
            self._refreshes += 1
            try:
                self._connect(refresh=True)
            except Exception:  # noqa: BLE001 # the expiry itself is the better answer
                self._vain_until = time.monotonic() + VAIN_SECONDS
                return False
            return True

    def _connect(self, *, refresh: bool) -> None:
        self.filesystem.connect(refresh=refresh)
        if not is_carried_over(self.filesystem, self.name) or _is_forked():
            return
        from obstore.store import S3Store

        filesystem = self.filesystem
        endpoint, region = endpoint_and_region(filesystem, self.name)
        self.store = S3Store(
            self.name,
            config={
                "endpoint": endpoint,
                "aws_endpoint_url_s3": endpoint,  # else the environment's would win
                "region": region,
                "virtual_hosted_style_request": False,
                "skip_signature": bool(filesystem.anon),
                "request_payer": bool(filesystem.requester_pays),
            },
            client_options=_client_options(filesystem, endpoint),
            retry_config={
                "max_retries": self.retries,
                "backoff": {"max_backoff": timedelta(seconds=5)},
                "retry_timeout": timedelta(minutes=2),
            },
            credential_provider=None if filesystem.anon else _credentials(filesystem),
        )


def _is_forked() -> bool:
    """Whether obstore was used before this process was forked off: its threads are missing here.

    Workers that start fresh (spawn, loky) are not concerned; a forked one stays with s3fs.
    """
    return _PROCESSES.setdefault("first", os.getpid()) != os.getpid()


def is_carried_over(filesystem: Any, bucket: str) -> bool:  # noqa: ANN401 # s3fs has no types
    """Whether obstore can do all that this s3fs filesystem is set up for."""
    from s3fs import S3FileSystem

    config = dict(filesystem.config_kwargs)
    style = config.pop("s3", {})
    signature = config.pop("signature_version", "s3v4")
    return (
        type(filesystem) is S3FileSystem
        and not filesystem.version_aware
        and not filesystem.s3_additional_kwargs
        and not _ODD_BUCKET.fullmatch(bucket)
        and _CLIENT_OPTIONS.issuperset(filesystem.client_kwargs)
        and _CONFIG_OPTIONS.issuperset(config)
        and set(style) <= {"addressing_style"}
        and signature == "s3v4"
    )


def endpoint_and_region(filesystem: Any, bucket: str) -> tuple[str, str]:  # noqa: ANN401
    """Where the bucket answers. AWS is asked; another endpoint is taken as configured."""
    meta = filesystem.s3.meta
    endpoint, configured = str(meta.endpoint_url).rstrip("/"), str(meta.region_name or "")
    configured = "us-east-1" if configured in {"", "aws-global"} else configured
    if ".vpce." in endpoint or not _AWS_HOST.fullmatch(endpoint):
        return endpoint, configured
    region = _region_of(filesystem, bucket) or configured
    if configured in endpoint:
        return endpoint.replace(configured, region), region
    return f"https://s3.{region}.amazonaws.com", region


def _region_of(filesystem: Any, bucket: str) -> str | None:  # noqa: ANN401
    """The bucket's region: S3 tells it even to those who may not list the bucket."""
    try:
        response = filesystem.call_s3("head_bucket", Bucket=bucket)
    except OSError as error:
        response = getattr(error.__cause__, "response", None) or {}
        if isinstance(error, FileNotFoundError):
            code = "NoSuchBucket"
            raise Refusal(code) from None
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region: str | None = headers.get("x-amz-bucket-region")
    return region


def _client_options(filesystem: Any, endpoint: str) -> ClientConfig:  # noqa: ANN401
    options: ClientConfig = {
        "allow_http": endpoint.startswith("http://"),
        "connect_timeout": "10s",
        "read_timeout": "30s",
        "timeout": "15min",
        "pool_max_idle_per_host": "64",
    }
    verify = filesystem.client_kwargs.get("verify")
    if verify is None:
        verify = filesystem.session.get_config_variable("ca_bundle")
    if verify is False:
        options["allow_invalid_certificates"] = True
    elif isinstance(verify, str):
        options["root_certificate"] = Path(verify).read_bytes()
    if seconds := filesystem.config_kwargs.get("connect_timeout"):
        options["connect_timeout"] = timedelta(seconds=seconds)
    if seconds := filesystem.config_kwargs.get("read_timeout"):
        options["read_timeout"] = timedelta(seconds=seconds)
    return options


def _credentials(filesystem: Any) -> Callable[[], S3Credential]:  # noqa: ANN401
    """A provider for obstore that gives what s3fs would sign with, renewed when due."""
    from fsspec.asyn import sync

    given = filesystem.client_kwargs
    key = filesystem.key or given.get("aws_access_key_id")
    if key:
        secret = filesystem.secret or given.get("aws_secret_access_key")
        token = filesystem.token or given.get("aws_session_token")
        return lambda: _credential(key, secret, token, None)
    resolved = sync(filesystem.loop, filesystem.session.get_credentials)
    if resolved is None:
        code = "NoCredentials"
        raise Refusal(code)

    def provide() -> S3Credential:
        frozen = sync(filesystem.loop, resolved.get_frozen_credentials)
        is_refreshable = hasattr(resolved, "refresh_needed")
        expires = datetime.now(UTC) + _CREDENTIAL_LIFE if is_refreshable else None
        return _credential(frozen.access_key, frozen.secret_key, frozen.token, expires)

    return provide


def _credential(key: str, secret: str, token: str | None, expires: datetime | None) -> S3Credential:
    return {
        "access_key_id": key,
        "secret_access_key": secret,
        "token": token,
        "expires_at": expires,
    }
