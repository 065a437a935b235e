"""Following by a queue: messages go when their log files are kept, and never before."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.sources.conftest import KEY, SECRET
from tests.sources.test_notifications import bridge, s3_event, sns
from tests.store.stores import assert_same, ledger_of, opened
from tests.trail.deliveries import WatchedSource, key, log, numbered
from tests.trail.following import Hands, followed, numbers
from trailnb.errors import RequestError, SourceError
from trailnb.store.saving import missing
from trailnb.trail import notices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.sources.conftest import Faults

OTHER = "444455556666"


class Queue:
    """A queue, and a bucket that log files come to, told of or not."""

    def __init__(self, s3: Any, sqs: Any) -> None:  # noqa: ANN401 # boto3 clients
        self.s3, self.sqs = s3, sqs
        s3.create_bucket(Bucket="acme")
        self.url = sqs.create_queue(QueueName="news")["QueueUrl"]

    def deliver(self, minute: int, number: int, **place: str) -> str:
        """A log file comes; returns its key."""
        record = numbered(number, eventTime="2026-11-02T08:00:00Z")
        name = key(f"2026-11-02T08:{minute:02}", **place)
        self.s3.put_object(Bucket="acme", Key=name, Body=log(record))
        return name

    def say(self, message: object) -> None:
        """A message comes."""
        body = message if isinstance(message, str) else json.dumps(message)
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def tell(self, *names: str) -> None:
        """CloudTrail tells of these keys, by SNS."""
        self.say(sns({"s3Bucket": "acme", "s3ObjectKey": names}))

    def left(self) -> int:
        """How many messages are there, hidden ones included?"""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(map(int, answer["Attributes"].values()))


@pytest.fixture
def queue(s3_client: Any, s3_endpoint: str) -> Iterator[Queue]:  # noqa: ANN401 # boto3 client
    """A queue on the same server as the bucket."""
    sqs = boto3.client(
        "sqs", endpoint_url=s3_endpoint, region_name="us-east-1",
        aws_access_key_id=KEY, aws_secret_access_key=SECRET,
    )  # fmt: skip
    made = Queue(s3_client, sqs)
    yield made
    sqs.delete_queue(QueueUrl=made.url)
    sqs.close()


@pytest.fixture
def follow(queue: Queue, s3_options: dict[str, object], tmp_path: Path) -> Callable[..., Any]:
    """Follow the bucket by the queue, without waiting."""

    def begin(then: Callable[[int], object], rounds: int = 2, **how: object) -> Any:  # noqa: ANN401
        return followed(
            "s3://acme", tmp_path / "case", Hands(then=then), rounds=rounds, every="0s",
            queue=queue.url, how={"storage_options": s3_options} | how,
        )  # fmt: skip

    return begin


def test_every_form_brings_its_log_files(
    queue: Queue, follow: Callable[..., Any], s3_options: dict[str, object], tmp_path: Path
) -> None:
    """CloudTrail's messages, S3's and EventBridge's: each log file once, and all are removed."""
    queue.tell(queue.deliver(0, 1))

    def then(_: int) -> None:
        queue.tell(queue.deliver(5, 2), queue.deliver(10, 3))
        queue.say(s3_event("ObjectCreated:Put", queue.deliver(15, 4).replace("_", "%5F")))
        queue.say(bridge("Object Created", queue.deliver(20, 5)))
        queue.tell(queue.deliver(25, 6, folder="CloudTrail-Digest"))
        queue.say(sns("CloudTrail validation message."))

    first, second = follow(then)
    assert (numbers(first), numbers(second)) == (["1"], ["2", "3", "4", "5"])
    assert second.problems.height == 0
    assert queue.left() == 0
    listed = opened("s3://acme", storage_options=s3_options)
    assert_same(opened(tmp_path / "case"), listed)
    # Told or listed, a log file is the same, so that no wider look brings it again.
    assert missing(listed.scan.files, ledger_of(tmp_path / "case")) == []


def test_more_messages_than_one_answer_holds(queue: Queue, follow: Callable[..., Any]) -> None:
    """A step takes all that is there, the same log file told of twice included."""
    queue.deliver(0, 0)

    def then(_: int) -> None:
        for number in range(1, 26):
            queue.tell(queue.deliver(number, number))
            queue.tell(key(f"2026-11-02T08:{number:02}"))

    *_, second = follow(then)
    assert len(numbers(second)) == 25
    assert queue.left() == 0


def test_message_stays_until_its_log_file_is_kept(queue: Queue, follow: Callable[..., Any]) -> None:
    """What is told of and not there is a problem once; it comes when the message comes again."""
    queue.deliver(0, 1)
    name = key("2026-11-02T08:05")
    seen: list[int] = []

    def then(step: int) -> None:
        if step == 2:
            queue.tell(name)
        if step > 2:
            seen.append(queue.left())
            _unhide()
        if step == 4:
            queue.deliver(5, 2)

    _, told, came = follow(then, rounds=4)
    assert told.files == ()
    assert told.problems["log_file"].to_list() == [f"s3://acme/{name}"]
    assert "stays: is not there" in told.problems["reason"][0]
    assert numbers(came) == ["2"]
    assert (seen, queue.left()) == ([1, 1], 0)


def _unhide() -> None:
    """Make hidden messages visible, as their time would."""
    from moto.core.utils import unix_time_millis
    from moto.sqs.models import sqs_backends

    for backends in sqs_backends.values():
        for one in backends.values():
            for made in one.queues.values():
                if made.name == "news":
                    for message in made._messages:
                        message.visible_at = unix_time_millis()


def test_messages_that_are_not_known_stay(queue: Queue, follow: Callable[..., Any]) -> None:
    """A message of another kind is told of by its id, and never removed."""
    queue.deliver(0, 1)

    def then(_: int) -> None:
        queue.say("hello")
        queue.say('{"Type":"SubscriptionConfirmation"}')

    _, told = follow(then)
    assert told.problems["log_file"].unique().to_list() == [queue.url]
    assert told.problems["reason"].str.contains("^message [0-9a-f-]{36} is left in the queue").all()
    assert queue.left() == 2


def test_nothing_outside_is_read(
    queue: Queue,
    follow: Callable[..., Any],
    s3_client: Any,  # noqa: ANN401 # boto3 client
) -> None:
    """Another bucket, a prefix beside, an account nobody asked for: named, not looked at."""
    s3_client.create_bucket(Bucket="other")
    queue.deliver(0, 1)
    elsewhere = queue.deliver(5, 2, account=OTHER)
    s3_client.put_object(Bucket="other", Key=elsewhere, Body=b"secret")

    def then(_: int) -> None:
        queue.say({"s3Bucket": "other", "s3ObjectKey": [key("2026-11-02T08:05")]})
        queue.tell(elsewhere)
        queue.say(s3_event("ObjectRemoved:Delete", "gone.gz"))

    _, told = follow(then, accounts="111122223333")
    rows = told.problems.select("log_file", "severity").sort("log_file").rows()
    assert rows == [
        (f"s3://acme/{elsewhere}", "note"),
        ("s3://acme/gone.gz", "warning"),
        (f"s3://other/{key('2026-11-02T08:05')}", "note"),
    ]
    assert told.files == ()
    assert queue.left() == 0


def test_crash_between_keeping_and_removing_harms_nothing(
    queue: Queue, follow: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages that a crash left are found to be done with, and no event comes twice."""
    from trailnb.sources import queue as queues

    queue.deliver(0, 1)
    with monkeypatch.context() as crash:

        def die(*_: object) -> None:
            raise SystemError

        crash.setattr(queues.Queue, "remove", die)
        steps = follow(lambda _: queue.tell(queue.deliver(5, 2)))
        assert numbers(next(steps)) == ["1"]
        with pytest.raises(SystemError):
            next(steps)
    assert queue.left() == 1
    _unhide()
    assert [numbers(one) for one in follow(lambda _: None)] == [["2"]]
    assert queue.left() == 0


def test_what_no_message_told_comes_with_the_wider_look(
    queue: Queue, s3_options: dict[str, object], tmp_path: Path
) -> None:
    """A notification that was lost costs a quarter of an hour, not an event."""
    queue.deliver(0, 1)
    hands = Hands(then=lambda step: queue.deliver(5, 2) if step == 2 else None)
    steps = followed(
        "s3://acme", tmp_path, hands, rounds=4, every="5m", queue=queue.url,
        how={"storage_options": s3_options},
    )  # fmt: skip
    steps_came = []
    queue.say("a message, so that nobody waits")
    for one in steps:
        steps_came.append((one.at.minute, numbers(one)))
        queue.say("another")
    assert [one for one in steps_came if one[1]] == [(0, ["1"]), (15, ["2"])]


def test_queues_that_cannot_be_asked(
    queue: Queue, s3_options: dict[str, object], faults: Faults, tmp_path: Path
) -> None:
    """No URL, no bucket, no such queue: each is a sentence."""
    queue.deliver(0, 1)
    how = {"storage_options": s3_options}
    with pytest.raises(RequestError, match="names no queue"):
        followed("s3://acme", tmp_path, queue="news", how=how)
    with pytest.raises(RequestError, match="in one bucket"):
        followed(WatchedSource({key("2026-11-02T08:00"): log()}), tmp_path, queue=queue.url)
    steps = followed("s3://acme", tmp_path, queue=f"{queue.url}x", how=how, rounds=2, every="0s")
    next(steps)
    with pytest.raises(SourceError, match="no such queue"):
        next(steps)
    assert faults.seen == []


def test_message_of_too_many_keys_stays(
    queue: Queue, follow: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may write to the queue cannot make a step last for hours; that one is told."""
    monkeypatch.setattr(notices, "MOST_KEYS", 5)

    def then(_: int) -> None:
        queue.tell(*(f"AWSLogs/{number}.json.gz" for number in range(9)))
        queue.tell(queue.deliver(5, 1))

    queue.deliver(0, 0)
    _, second = follow(then)
    assert numbers(second) == ["1"]
    (said,) = second.problems["reason"]
    assert "names 9 keys, too many" in said
    assert queue.left() == 1


@pytest.mark.parametrize("how", [{"anon": True}, {"client_kwargs": {"aws_access_key_id": "AKIA"}}])
def test_queue_is_not_asked_with_other_credentials(
    how: dict[str, object], queue: Queue, s3_options: dict[str, object], tmp_path: Path
) -> None:
    """What a filesystem keeps to itself is not told: nobody else's are taken in its place."""
    queue.deliver(0, 0)
    trail = opened("s3://acme", storage_options=s3_options)
    source = replace(trail.scan.source, storage_options=s3_options | how)
    with pytest.raises(RequestError, match="credentials of the bucket"):
        replace(trail, scan=replace(trail.scan, source=source)).follow(
            tmp_path / "case", queue=queue.url, rounds=1
        )
