"""What may be followed, and which queue may tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb.errors import RequestError
from trailnb.sources.many import JoinedSource
from trailnb.sources.s3 import S3Source
from trailnb.sources.source import Narrowing
from trailnb.trail.notices import Notices

if TYPE_CHECKING:
    from trailnb.sources.source import Source
    from trailnb.trail.scan import EventScan

_SECRETS = frozenset({"aws_access_key_id", "aws_secret_access_key", "aws_session_token"})


def notices_of(url: str, scan: EventScan) -> Notices:
    """Listen to this queue, with the credentials that the bucket is opened with."""
    from trailnb.sources.queue import Queue  # boto3 is an extra

    if not isinstance(scan.source, S3Source):
        raise RequestError(
            f"A queue tells of objects in one bucket, not in {scan.source.uri}. "
            "Open the trail by one s3:// URL, or leave queue= out."
        )
    options = scan.source.storage_options
    inside = options.get("client_kwargs", {})
    if scan.source.filesystem is not None or options.get("anon") or _SECRETS.intersection(inside):
        raise RequestError(
            "A queue is asked with the credentials of the bucket, which are not told here. Open "
            "the trail with storage_options of key, secret and token, or of a profile."
        )
    return Notices(Queue(url, options), scan.source, scan.request)


def is_live(source: Source) -> bool:
    """Is this an API of events, whose log files are stretches of time?"""
    if isinstance(source, JoinedSource):
        return any(map(is_live, source.sources))
    return isinstance(source, Narrowing)
