"""Is every tampering found, and none invented?"""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import trailnb as tn
from tests.integrity.bucket import (
    ACCOUNT,
    HOUR,
    NAME,
    START,
    Bucket,
    bucket,
    changed,
    digest,
    keys,
    log_key,
    log_text,
    put,
    sign,
)
from trailnb.errors import RequestError, SourceError

SAMPLES = Path(__file__).parents[2] / "data-samples"


def test_an_untouched_bucket_is_valid() -> None:
    """Six hours, six log files: all proven, nothing else."""
    found = bucket().verify()
    assert found.results["status"].unique().to_list() == ["valid"]
    assert found.results.group_by("kind").len().sort("kind").rows() == [
        ("digest", 6),
        ("log file", 6),
    ]
    assert found.exit_code == 0


def test_every_region_and_account_at_once() -> None:
    """One call verifies all chains of an organization."""
    made = bucket(3)
    for account, region in (("444455556666", "us-east-1"), (ACCOUNT, "us-east-1")):
        bucket(3, into=made, account=account, region=region, trail="acme")
    found = made.verify()
    assert found.results.height == 18
    assert found.exit_code == 0
    assert found.results.select("account", "region").unique().height == 3


def only(made: Bucket, **how: Any) -> dict[str, Any]:
    """The one object that is not valid."""
    rows = made.verify(**how).results.filter(pl.col("status") != "valid").to_dicts()
    assert len(rows) == 1, rows
    return rows[0]


def test_a_byte_of_a_log_file() -> None:
    """A changed log file is modified, and the digests stay valid."""
    made = bucket()
    made.objects[made.logs[2]] = gzip.compress(log_text(START, eventName="GetObject"))
    row = only(made)
    assert (row["object"], row["status"]) == (made.logs[2], "modified")
    assert row["reason"] == "hash value doesn't match"


def test_a_damaged_log_file() -> None:
    """What is torn is modified, and the reason says how."""
    made = bucket()
    made.objects[made.logs[2]] = made.objects[made.logs[2]][:-20]
    row = only(made)
    assert row["status"] == "modified"
    assert "ends too early" in row["reason"]


def test_an_appended_member() -> None:
    """Events put behind the signed ones, as a further gzip member, are found."""
    made = bucket()
    made.objects[made.logs[0]] += gzip.compress(b'{"Records":[]}')
    row = only(made)
    assert row["status"] == "modified"
    assert "gzip data was appended" in row["reason"]


def test_appended_bytes() -> None:
    """Bytes behind the gzip data are found, though the text is as signed."""
    made = bucket()
    made.objects[made.logs[0]] += b"{}"
    assert "not gzip; the text before it is as signed" in only(made)["reason"]


def test_two_members_as_delivered_are_valid() -> None:
    """Only the text counts, not how it was packed."""
    made = bucket()
    text = gzip.decompress(made.objects[made.logs[0]])
    made.objects[made.logs[0]] = gzip.compress(text[:50]) + gzip.compress(text[50:])
    assert made.found() == {}
    made.objects[made.logs[0]] = text
    assert made.found() == {}


def test_a_deleted_log_file() -> None:
    """What a digest lists and is not here is missing."""
    made = bucket()
    del made.objects[made.logs[3]]
    row = only(made)
    assert (row["object"], row["status"]) == (f"s3://{NAME}/{made.logs[3]}", "missing")


def test_swapped_log_files() -> None:
    """Two log files in each other's place are modified, and each says whose content it has."""
    made = bucket()
    one, two = made.logs[:2]
    made.objects[one], made.objects[two] = made.objects[two], made.objects[one]
    rows = made.verify().results.filter(status="modified").sort("object")
    assert rows["object"].to_list() == sorted([one, two])
    assert rows["reason"].str.contains("it is that of").all()


def test_a_renamed_log_file() -> None:
    """A log file under another name is found by its content."""
    made = bucket()
    new = log_key(START + 8 * HOUR, number=77)
    made.objects[new] = made.objects.pop(made.logs[3])
    row = only(made, until=START + 6 * HOUR)
    assert (row["object"], row["status"]) == (f"s3://{NAME}/{made.logs[3]}", "missing")
    rows = made.verify().results.filter(pl.col("kind") == "log file", pl.col("status") != "valid")
    assert rows.select("object", "status").rows() == [(new, "moved")]


def test_a_moved_log_file() -> None:
    """A log file in another folder is as signed, and moved."""
    made = bucket()
    new = made.logs[3].replace(ACCOUNT, "999999999999", 1)
    made.objects[new] = made.objects.pop(made.logs[3])
    row = only(made)
    assert (row["object"], row["status"]) == (new, "moved")


def test_an_added_log_file() -> None:
    """What no digest lists is not covered, which is not tampered with."""
    made = bucket()
    new = log_key(START + 2 * HOUR + timedelta(minutes=20), number=5)
    made.objects[new] = gzip.compress(log_text(START))
    row = only(made)
    assert (row["object"], row["status"]) == (new, "not covered")
    assert "may have been added later" in row["reason"]
    assert made.verify().exit_code == 4


def test_a_byte_of_a_digest() -> None:
    """A changed digest is modified; of its log files nothing can be said."""
    made = bucket()
    put(made, changed(made.digests[2], "AbCdEfGhIjKl", "XbCdEfGhIjKl"))
    assert made.found() == {("digest", "modified"): 1, ("log file", "not covered"): 1}
    made = bucket()
    put(made, changed(made.digests[2], '"newestEventTime": null', '"newestEventTime": ""'))
    found = made.verify().results.filter(pl.col("status") != "valid").sort("kind")
    assert found.select("object", "status").rows() == [
        (made.digests[2].key, "modified"),
        (made.logs[2], "unknown"),
    ]
    assert "which is not valid" in found["reason"][1]


def test_the_last_digest_changed() -> None:
    """Nothing follows it: its own signature tells."""
    made = bucket()
    put(made, changed(made.digests[5], '"newestEventTime": null', '"newestEventTime": ""'))
    assert made.found() == {("digest", "modified"): 1, ("log file", "unknown"): 1}


def test_no_digest_at_all_any_more() -> None:
    """What is no digest has an invalid format."""
    made = bucket()
    for content in (b"{}", b"not json", gzip.compress(b'{"logFiles": []}')[:-9], b"\x1f\x8b"):
        made.objects[made.digests[2].key] = content
        assert made.found() == {("digest", "modified"): 1, ("log file", "not covered"): 1}


def test_a_signature() -> None:
    """A changed signature is told; the next digest still proves the digest and its log files."""
    made = bucket()
    made.signatures[made.digests[2].key] = {"signature": made.digests[3].signature}
    row = only(made)
    assert (row["object"], row["status"]) == (made.digests[2].key, "modified")
    assert "the next digest proves" in row["reason"]
    made.signatures[made.digests[5].key] = {"signature": "00"}
    assert made.found() == {("digest", "modified"): 2, ("log file", "unknown"): 1}


def test_a_key() -> None:
    """With another key of that fingerprint no signature holds; without a key nobody can say."""
    made = bucket()
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    other = rsa.generate_private_key(65537, 2048).public_key()
    wrong = keys(Value=other.public_bytes(Encoding.DER, PublicFormat.PKCS1))
    assert made.found(keys=wrong) == {("digest", "modified"): 6, ("log file", "unknown"): 6}
    unknown = {("digest", "unknown"): 6, ("log file", "unknown"): 6}
    assert made.found(keys=keys(Fingerprint="0" * 32)) == unknown
    assert made.found(keys=None) == unknown
    assert made.verify(keys=None).exit_code == 4
    torn = made.verify(keys=keys(Value=b"torn"))
    assert "Key not read" in torn.summary()


def test_without_a_key_what_disagrees_is_found() -> None:
    """Hashes can be compared, though nothing is proven."""
    made = bucket()
    made.objects[made.logs[0]] = gzip.compress(b"{}")
    assert made.found(keys=None)[("log file", "modified")] == 1


def test_a_deleted_digest() -> None:
    """The next one names it; its hour is listed once, and its log file is covered by none."""
    made = bucket()
    del made.objects[made.digests[2].key]
    rows = made.verify().results.filter(pl.col("status") != "valid").sort("kind")
    assert rows.select("object", "kind", "status").rows() == [
        (f"s3://{NAME}/{made.digests[2].key}", "digest", "missing"),
        (made.logs[2], "log file", "not covered"),
    ]
    assert rows["hour"][0] == (START + 2 * HOUR).replace(minute=0, second=0)


def test_two_consecutive_digests_deleted() -> None:
    """Each missing hour is listed: one by the digest's name, one as an hour."""
    made = bucket()
    for one in made.digests[2:4]:
        del made.objects[one.key]
    missing = made.verify().results.filter(status="missing").sort("hour")
    assert missing["kind"].to_list() == ["hour", "digest"]
    assert missing["hour"].dt.hour().to_list() == [7, 8]


def test_the_first_digest_deleted() -> None:
    """The second one names it; with `since`, each hour before is listed."""
    made = bucket()
    del made.objects[made.digests[0].key]
    assert made.found() == {("digest", "missing"): 1, ("log file", "not covered"): 1}
    del made.objects[made.digests[1].key]
    found = made.found(since=START)
    assert found == {
        ("hour", "missing"): 1, ("digest", "missing"): 1, ("log file", "not covered"): 2,
    }  # fmt: skip


def test_the_last_digest_deleted() -> None:
    """Only what was delivered later, other chains, or `until` can tell that one is missing."""
    made = bucket()
    del made.objects[made.digests[5].key]
    assert made.found() == {("log file", "not covered"): 1}
    asked = made.found(until=START + 6 * HOUR)
    assert asked == {("hour", "missing"): 1, ("log file", "not covered"): 1}
    bucket(6, into=made, region="us-east-1", trail="acme")
    assert made.found()[("hour", "missing")] == 1


def test_swapped_digests() -> None:
    """Two digests in each other's place are signed, and say that they belong elsewhere."""
    made = bucket()
    one, two = made.digests[2:4]
    put(made, one, under=two.key)
    put(made, two, under=one.key)
    assert made.found() == {("digest", "replayed"): 2}


def test_a_moved_digest() -> None:
    """A digest in another folder has been moved from its original location."""
    made = bucket()
    key = made.digests[2].key
    made.objects[f"AWSLogs/elsewhere/{key[8:]}"] = made.objects.pop(key)
    made.signatures[f"AWSLogs/elsewhere/{key[8:]}"] = made.signatures.pop(key)
    row = only(made)
    assert row["status"] == "moved"
    assert row["reason"].startswith("has been moved from its original location s3://acme-trails/")


def test_a_replayed_digest() -> None:
    """An old digest in the place of a deleted one neither passes nor hides what is missing."""
    made = bucket()
    put(made, made.digests[1], under=made.digests[4].key)
    found = made.found()
    assert found == {
        ("digest", "replayed"): 1, ("digest", "missing"): 1, ("log file", "not covered"): 1,
    }  # fmt: skip


def test_a_forged_digest() -> None:
    """A digest that nobody signed proves nothing, and what it claims refutes nothing."""
    made = bucket()
    forged = digest(START + 6 * HOUR, {made.logs[0]: b"something else"}, made.digests[5])
    put(made, changed(forged, '"oldestEventTime": null', '"oldestEventTime": 1'))
    assert made.found() == {("digest", "modified"): 1}


def test_another_version_of_a_digest() -> None:
    """A signed digest that is not the one its follower holds the hash of is an older version."""
    made = bucket()
    put(made, digest(START + 2 * HOUR, {}, made.digests[1]))
    assert made.found()[("digest", "replayed")] == 1


def test_a_stop_of_the_logging() -> None:
    """Hours before a new chain are not logged, and the event that stopped it is named."""
    made = bucket(3)
    stop = log_text(
        START + 3 * HOUR, eventName="StopLogging", eventSource="cloudtrail.amazonaws.com",
        requestParameters={"name": "acme"}, readOnly=False, eventID="stop-1",
    )  # fmt: skip
    key = log_key(START + 3 * HOUR + timedelta(minutes=5), number=9)
    made.objects[key] = gzip.compress(stop)
    put(made, digest(START + 3 * HOUR, {key: stop}, made.digests[2]))
    bucket(2, into=made, at=START + 8 * HOUR)
    rows = made.verify().results.filter(pl.col("status") != "valid")
    assert rows.select("kind", "status").unique().rows() == [("hour", "not logged")]
    assert rows["hour"].dt.hour().to_list() == [9, 10, 11, 12]
    assert rows["reason"].str.starts_with("StopLogging stop-1").all()
    assert made.verify().exit_code == 4


def test_a_stop_nobody_knows_of() -> None:
    """A new chain without a known stop says so; hours inside a chain are never excused."""
    made = bucket(2)
    bucket(2, into=made, at=START + 4 * HOUR)
    reasons = made.verify().results.filter(status="not logged")["reason"].to_list()
    assert len(reasons) == 2
    assert all(why.endswith("tell of no stop of acme") for why in reasons)


def test_backfill_digests() -> None:
    """Backfill digests are a chain of their own, and speak for hours that have no other."""
    made = bucket(3)
    key = log_key(START + 3 * HOUR + timedelta(minutes=9), number=3)
    text = log_text(START + 3 * HOUR)
    made.objects[key] = gzip.compress(text)
    put(made, digest(START + 3 * HOUR, {key: text}, None, is_backfill=True))
    bucket(2, into=made, at=START + 4 * HOUR)
    found = made.verify()
    assert found.exit_code == 0
    assert found.results.filter(kind="backfill digest").height == 1
    assert found.results.filter(kind="hour").height == 0
    assert any("(backfill)" in line for line in found.lines(verbose=True))


def test_a_window() -> None:
    """Only what was delivered in the window is looked at, by digests that reach into it."""
    made = bucket(8)
    del made.objects[made.digests[0].key]
    inside = made.verify(since=START + 2 * HOUR, until=START + 5 * HOUR)
    assert inside.exit_code == 0
    assert inside.results.filter(kind="log file")["object"].to_list() == made.logs[2:5]
    assert "Results requested for 2026-11-02T07:31:07Z" in inside.summary()
    later = made.found(until=START + 10 * HOUR)
    assert later[("hour", "missing")] == 2


def test_no_digests() -> None:
    """Without digests nothing is proven, and that is said."""
    made = bucket(2)
    for one in made.digests:
        del made.objects[one.key]
    found = made.verify()
    assert found.exit_code == 4
    assert found.summary().startswith("No digests found: nothing can be proven.")
    assert made.found() == {("log file", "not covered"): 2}


def test_a_flat_copy(tmp_path: Path) -> None:
    """Names tell account, region and time, so a copy without folders serves as well."""
    made = bucket()
    for key, content in made.objects.items():
        (tmp_path / key.rsplit("/", 1)[1]).write_bytes(content)
    found = tn.verify(tmp_path, keys=keys(), signatures=made.signatures)
    assert found.exit_code == 0
    assert found.results.height == 12


def test_without_signatures() -> None:
    """The next digest repeats the signature; only of the last digest nothing can be said."""
    made = bucket()
    assert made.found(signatures=None) == {("digest", "unknown"): 1, ("log file", "unknown"): 1}
    last = made.digests[5]
    for ending, text in (
        (".sig", last.signature),
        (".signature.json", json.dumps({"signature": last.signature})),
        (".metadata.json", json.dumps({"Metadata": {"signature": last.signature}})),
    ):
        copy = Bucket({**made.objects, last.key + ending: text.encode()})
        assert copy.found() == {}, ending


def test_worker_processes(tmp_path: Path) -> None:
    """Several processes find the same."""
    made = bucket(4)
    for number in range(1100):
        made.objects[log_key(START, number=number + 50)] = b"{}"
    del made.objects[made.logs[1]]  # so that all others are read, to find it
    for key, content in made.objects.items():
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    how = {"keys": keys(), "signatures": made.signatures}
    one, two = (tn.verify(tmp_path, workers=count, **how).results for count in (1, 2))
    assert one.equals(two)


def test_a_trail_has_its_bounds_already() -> None:
    """What an opened trail knows is not asked for again."""
    trail = tn.open(dict(bucket(2).objects))
    with pytest.raises(RequestError, match=r"Pass them to tn\.open"):
        tn.verify(trail, regions="us-east-1")
    with pytest.raises(SourceError, match="no such keys"):
        tn.verify(trail, keys="missing")
    with pytest.raises(RequestError, match="names no public keys"):
        tn.verify(trail, keys=3)


def test_a_digest_of_a_strange_algorithm() -> None:
    """What nobody knows how to verify is no valid digest."""
    made = bucket(1)
    text = made.digests[0].text.replace(b"SHA256withRSA", b"MD5withRSA")
    content = json.loads(text)
    made.objects[made.digests[0].key] = gzip.compress(text)
    made.signatures[made.digests[0].key] = {"signature": sign(content, text)}
    assert made.found()[("digest", "modified")] == 1


def test_samples() -> None:
    """The samples' digests are valid, and so are all log files they list."""
    found = tn.verify(SAMPLES / "acme", keys=SAMPLES / "keys")
    judged = found.results.filter(pl.col("kind").is_in(["digest", "log file"]))
    assert set(judged["status"].unique()) == {"valid", "not covered"}
    stopped = found.results.filter(status="not logged")["reason"].to_list()
    assert len(stopped) == 4
    assert all(why.startswith("StopLogging") for why in stopped)
