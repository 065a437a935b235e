"""A queue in SQS that tells of new objects. Needs the extra `aws`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from trailnb.errors import RequestError, SourceError
from trailnb.sources.aws import Caller, refused
from trailnb.sources.s3_refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: In one step. More stay for the next one.
MOST_MESSAGES, MOST_BYTES = 1_000, 64 << 20
#: As long as a step may take before others see its messages again, which does no harm.
_HIDDEN_SECONDS = 600
_LONGEST_POLL_SECONDS = 20
_BATCH = 10
_PER_SECOND = 50.0
_REGION = re.compile(r"(?:^|\.)([a-z]{2,4}(?:-[a-z]+)+-[0-9])\.")
#: What of the options for S3 means the same here.
_OPTIONS = ("key", "secret", "token", "profile")


class Message(NamedTuple):
    """One message: its id, what it says, and the handle that it is removed by."""

    id: str
    body: str
    handle: str


@dataclass
class Queue:
    """A queue, by its URL; `options` are those that the bucket is opened with."""

    url: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"https", "http"} or not parts.hostname or not parts.path.strip("/"):
            raise RequestError(
                f"{self.url!r} names no queue. Write its URL: "
                "https://sqs.eu-west-1.amazonaws.com/111122223333/NAME."
            )
        given = {name: self.options[name] for name in _OPTIONS if self.options.get(name)}
        given["endpoint_url"] = f"{parts.scheme}://{parts.netloc}"
        self.caller = Caller("Following by a queue", given, _PER_SECOND)
        found = _REGION.search(parts.hostname)
        # An endpoint that is not AWS's has its own idea of regions; some must be signed for.
        self.region = (found[1] if found else self.caller.session().region_name) or "us-east-1"
        self.caller.session()

    def receive(self, seconds: float) -> list[Message]:
        """Which messages are there? Waits for the first ones so long, 20 seconds at most.

        Raises:
            SourceError: there is no such queue, or it refuses.
        """
        found: list[Message] = []
        wait = int(min(max(seconds, 0), _LONGEST_POLL_SECONDS))
        size = 0
        while len(found) < MOST_MESSAGES and size < MOST_BYTES:
            answer = self._ask(
                "receive_message", "sqs:ReceiveMessage", MaxNumberOfMessages=_BATCH,
                WaitTimeSeconds=wait, VisibilityTimeout=_HIDDEN_SECONDS,
            )  # fmt: skip
            batch = answer.get("Messages") or []
            found += [Message(one["MessageId"], one["Body"], one["ReceiptHandle"]) for one in batch]
            size += sum(len(one["Body"]) for one in batch)
            if not batch:
                break
            wait = min(wait, 1)
        return found

    def remove(self, messages: Iterable[Message]) -> None:
        """Remove messages that are done with. One that cannot be comes again, and is done then.

        Raises:
            SourceError: the queue refuses.
        """
        for batch in _batches([one.handle for one in messages]):
            entries = [{"Id": str(at), "ReceiptHandle": one} for at, one in enumerate(batch)]
            self._ask("delete_message_batch", "sqs:DeleteMessage", Entries=entries)

    def _ask(self, operation: str, right: str, **arguments: Any) -> Any:  # noqa: ANN401
        try:
            return self.caller.ask("sqs", self.region, operation, QueueUrl=self.url, **arguments)
        except Refusal as refusal:
            if "NonExistentQueue" in refusal.code or "QueueDoesNotExist" in refusal.code:
                raise SourceError.about(
                    "no such queue", self.url, "Check its URL, region and account."
                ) from None
            raise refused(refusal, self.url, right) from None


def _batches(handles: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(handles), _BATCH):
        yield handles[start : start + _BATCH]
