"""What do the samples promise, and do they keep it?

Plain JSON and gzip only: the samples are the yardstick, so nothing of the library may hold it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import ipaddress
import json
import re
import subprocess
import sys
import tomllib
import zlib
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data-samples"
SETS = ("acme", "quiet")
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
DOCUMENTATION = [
    ipaddress.ip_network(text)
    for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


@cache
def manifest() -> dict:
    """What does the manifest say?"""
    return tomllib.loads((SAMPLES / "MANIFEST.toml").read_text(encoding="utf-8"))


def attack() -> dict:
    """What does the manifest say about the attack?"""
    return manifest()["acme"]["attack"]


def inflated(path: Path) -> bytes:
    """What can be read of this file, be it torn or of several members?"""
    data, text = path.read_bytes(), b""
    while data:
        member = zlib.decompressobj(31)
        text += member.decompress(data)
        data = member.unused_data
    return text


def salvaged(text: str) -> list[dict]:
    """Which whole records stand in this text?"""
    decoder, records = json.JSONDecoder(), []
    position = len('{"Records":[')
    while text[position : position + 1] == "{":
        try:
            record, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError:
            break
        records.append(record)
        position += 1
    return records


@cache
def log_files(name: str) -> dict[str, list[dict]]:
    """Which records does each log file of a set hold, by key?"""
    files = [p for p in (SAMPLES / name).rglob("*.json.gz") if "CloudTrail-Digest" not in p.parts]
    return {
        path.relative_to(SAMPLES / name).as_posix(): salvaged(inflated(path).decode("utf-8"))
        for path in sorted(files)
    }


def event_id(record: dict) -> str:
    """Which event is this? Aggregated ones spell the field differently."""
    return record.get("eventID") or record["eventId"]


@cache
def events(name: str) -> dict[str, dict]:
    """Which events does a set hold, each once?"""
    return {event_id(record): record for file in log_files(name).values() for record in file}


def owner(record: dict) -> str:
    """Which account received this event?"""
    return record.get("recipientAccountId") or record["accountId"]


def account_of(unique_id: str) -> str:
    """Which account issued this key, role or user id?"""
    number = 0
    for letter in unique_id[4:14]:
        number = number << 5 | BASE32.index(letter)
    return f"{(number >> 2 & 0x7FFFFFFFFF80) >> 7:012d}"


def sums(name: str) -> dict[str, str]:
    """Which SHA-256 does the manifest give for each file, by key?"""
    return {
        f"{folder}/{file}": value
        for folder, files in manifest()[name]["sha256"].items()
        for file, value in files.items()
    }


def digest(key: str) -> tuple[dict, bytes]:
    """What does this digest say, and in which bytes?"""
    text = gzip.decompress((SAMPLES / "acme" / key).read_bytes())
    return json.loads(text), text


@pytest.fixture(params=SETS)
def name(request: pytest.FixtureRequest) -> str:
    """Which of the two sets is looked at?"""
    return request.param


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the generator as its README says."""
    command = [sys.executable, "tools/make_samples.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.skipif("ng" in zlib.ZLIB_RUNTIME_VERSION, reason="zlib-ng packs other bytes")
def test_generator_writes_the_same_bytes_again(tmp_path: Path) -> None:
    """Another run, with another hash seed, writes the shipped bytes."""
    assert generate("--into", str(tmp_path / "again")).returncode == 0
    written = {p.relative_to(tmp_path / "again"): p.read_bytes()
               for p in (tmp_path / "again").rglob("*") if p.is_file()}  # fmt: skip
    shipped = {p.relative_to(SAMPLES): p.read_bytes() for p in SAMPLES.rglob("*") if p.is_file()}
    assert written == shipped


def test_check_accepts_the_shipped_samples() -> None:
    """`--check` is silent and content with what is shipped."""
    result = generate("--check")
    assert (result.returncode, result.stdout) == (0, "")


def test_check_names_every_difference(tmp_path: Path) -> None:
    """`--check` exits 1 and names what is missing and what is surplus."""
    (tmp_path / "surplus.txt").write_text("x", encoding="utf-8")
    result = generate("--check", "--into", str(tmp_path))
    assert result.returncode == 1
    assert "surplus: surplus.txt\n" in result.stdout
    assert "missing: MANIFEST.toml\n" in result.stdout


def test_samples_stay_small() -> None:
    """All samples together take less than two megabytes."""
    assert sum(p.stat().st_size for p in SAMPLES.rglob("*") if p.is_file()) < 2_000_000


def test_hashes_are_those_of_the_files(name: str) -> None:
    """The manifest lists every file of the set with its SHA-256, and no other."""
    found = {
        path.relative_to(SAMPLES / name).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (SAMPLES / name).rglob("*")
        if path.is_file()
    }
    assert sums(name) == found


def test_counts_are_those_of_the_files(name: str) -> None:
    """Files, records, events and duplicates are as many as the manifest says."""
    counts = manifest()[name]["counts"]
    records = sum(len(file) for file in log_files(name).values())
    assert len(log_files(name)) == counts["log_files"]
    assert records == counts["records"]
    assert len(events(name)) == counts["distinct_events"]
    assert records - len(events(name)) == counts["duplicates"]


def test_series_count_every_event(name: str) -> None:
    """The counts by account, region and category add up to the events in the files."""
    found = Counter((owner(record), record["awsRegion"], record["eventCategory"])
                    for record in events(name).values())  # fmt: skip
    series = manifest()[name]["counts"]["series"]
    assert found == {(s["account"], s["region"], s["category"]): s["events"] for s in series}


def test_keys_agree_with_their_records(name: str) -> None:
    """Account, region, folder and day in a key are those of file name and records."""
    pattern = re.compile(
        r"AWSLogs/(?:o-[a-z0-9]+/)?(\d{12})/(CloudTrail[-A-Za-z]*)/([a-z0-9-]+)/(\d{4})/(\d\d)/(\d\d)/"
        r"\1_\2_\3_\4\5\6T\d{4}Z_[A-Za-z0-9]{16}\.json\.gz",
    )
    for key, records in log_files(name).items():
        match = pattern.fullmatch(key)
        assert match, key
        assert {(owner(r), r["awsRegion"]) for r in records} <= {(match[1], match[3])}


def test_all_four_event_folders_are_filled() -> None:
    """The attacked organization has Insights, network activity and aggregates beside events."""
    folders = Counter(key.split("/")[3] for key in log_files("acme") if "/o-" in key)
    assert set(folders) == {"CloudTrail", "CloudTrail-Insight", "CloudTrail-NetworkActivity",
                            "CloudTrail-Aggregated"}  # fmt: skip


def test_event_ids_name_one_record_each(name: str) -> None:
    """Records with the same event id are the same record."""
    seen: dict[str, dict] = {}
    for record in (record for file in log_files(name).values() for record in file):
        assert seen.setdefault(event_id(record), record) == record


@pytest.mark.parametrize("step", attack()["step"], ids=lambda step: step["name"])
def test_steps_stand_in_the_files(step: dict) -> None:
    """Every step of the attack is found by its event id, with the stated name, actor and place."""
    record = events("acme")[step["event_id"]]
    assert record["eventTime"] == step["time"]
    assert record["eventName"] == step["name"]
    assert record["userIdentity"].get("arn", "") == step["actor"]
    assert record["sourceIPAddress"] == step["origin"]
    assert (owner(record), record["awsRegion"]) == (step["account"], step["region"])
    assert ("errorCode" in record or "errorMessage" in record) == (step["outcome"] != "success")


def test_attack_is_complete() -> None:
    """The listed events are all, and only, those from the attacker's addresses."""
    found = {key for key, record in events("acme").items()
             if record.get("sourceIPAddress") in attack()["addresses"]}  # fmt: skip
    assert set(attack()["event_ids"]) == found
    assert attack()["event_count"] == len(found)


def test_reconnaissance_mostly_fails() -> None:
    """The reconnaissance holds as many failures as the manifest says."""
    recon = [events("acme")[key] for key in attack()["reconnaissance"]["event_ids"]]
    assert sum("errorCode" in record for record in recon) == attack()["reconnaissance"]["failed"]


def test_reads_add_up() -> None:
    """The backups read by the attacker add up to the stated bytes, which S3 gives as floats."""
    sent = [events("acme")[key]["additionalEventData"]["bytesTransferredOut"]
            for key in attack()["reads"]["event_ids"]]  # fmt: skip
    assert all(isinstance(size, float) for size in sent)
    assert sum(sent) == attack()["reads"]["bytes_out"]


def test_credentials_chain_from_the_leaked_key() -> None:
    """Each credential but the leaked key was issued to its parent by the stated event."""
    leaked, *issued = attack()["credential"]
    assert leaked["access_key_id"] == attack()["leaked_key"]
    for credential in issued:
        record = events("acme")[credential["issued_by"]]
        assert record["userIdentity"]["accessKeyId"] == credential["parent"]
        assert credential["access_key_id"] in json.dumps(record["responseElements"])


@pytest.mark.parametrize("hop", attack()["hop"], ids=lambda hop: hop["role"])
def test_hops_are_recorded_in_both_accounts(hop: dict) -> None:
    """Caller's and role's account hold one copy each, joined by sharedEventID and issued key."""
    caller, role = (events("acme")[hop[k]] for k in ("caller_event_id", "role_event_id"))
    assert caller["sharedEventID"] == role["sharedEventID"] == hop["shared_event_id"]
    assert caller["responseElements"] == role["responseElements"]
    assert role["userIdentity"]["type"] == "AWSAccount"
    assert (owner(caller), owner(role)) == (hop["caller_account"], hop["role_account"])


def test_sessions_keep_the_second_of_their_issue() -> None:
    """Every later record of the attacker's sessions carries the issue time as creationDate."""
    for hop in attack()["hop"]:
        callers = [record.get("userIdentity", {}) for record in events("acme").values()]
        later = [caller for caller in callers if caller.get("accessKeyId") == hop["issued_key"]]
        dates = {caller["sessionContext"]["attributes"]["creationDate"] for caller in later}
        assert dates == {hop["creation_date"]}


def test_the_opened_role_trusts_whom_the_manifest_names() -> None:
    """Its new trust document lets in the service of before, and those of the manifest."""
    truth = attack()["cross_account_trust"]
    record = events("acme")[truth["event_id"]]
    assert record["requestParameters"]["roleName"] == truth["role"].rpartition("/")[2]
    assert record["userIdentity"]["arn"] == truth["by"]
    [statement] = json.loads(record["requestParameters"]["policyDocument"])["Statement"]
    assert statement["Principal"] == {
        "Service": "ec2.amazonaws.com",
        "AWS": [let_in["principal"] for let_in in truth["trusted"]],
    }


def test_omitted_policy_says_nothing_but_its_size() -> None:
    """The oversized policy left only CloudTrail's note of the omission."""
    omitted = attack()["omitted_policy"]
    record = events("acme")[omitted["event_id"]]
    assert record["requestParameters"] == {
        "reason": "requestParameters too large",
        "omitted": "true",
        "originalSize": str(omitted["original_size"]),
    }
    assert record["responseElements"]["policy"]["arn"] == omitted["policy"]


def test_nothing_happens_in_the_dark() -> None:
    """Between StopLogging and StartLogging of the organization trail there is no event."""
    stop, start = attack()["stop_logging"][-1], attack()["start_logging"]
    assert events("acme")[stop["event_id"]]["eventName"] == "StopLogging"
    assert events("acme")[start["event_id"]]["eventName"] == "StartLogging"
    times = [record["eventTime"] for record in events("acme").values() if "eventTime" in record]
    assert not [time for time in times if stop["time"] < time < start["time"]]


def test_stopped_trail_delivers_nothing_more() -> None:
    """The last event of the old production trail is the one that stopped it."""
    old = [record for key, file in log_files("acme").items() if "/o-" not in key for record in file]
    newest = max(old, key=lambda record: record["eventTime"])
    assert newest["eventID"] == attack()["stop_logging"][0]["event_id"]


def test_overlapping_trails_deliver_equal_records() -> None:
    """Every record of the old trail lies in one of the stated files of the organization trail."""
    for key, others in manifest()["acme"]["delivery"]["overlapping_files"].items():
        there = [record for other in others for record in log_files("acme")[other]]
        assert all(record in there for record in log_files("acme")[key])


def test_torn_file_keeps_what_can_be_salvaged() -> None:
    """The torn gzip ends early, yields the stated records and has lost the stated others."""
    delivery = manifest()["acme"]["delivery"]
    path = SAMPLES / "acme" / delivery["torn_file"]
    with pytest.raises(EOFError):
        gzip.decompress(path.read_bytes())
    assert len(inflated(path)) == delivery["torn_salvageable_bytes"]
    assert len(log_files("acme")[delivery["torn_file"]]) == delivery["torn_salvageable"]
    assert not set(delivery["torn_lost_event_ids"]) & set(events("acme"))


def test_two_member_file_is_whole() -> None:
    """The gzip of two members reads as one JSON text."""
    data = (SAMPLES / "acme" / manifest()["acme"]["delivery"]["two_member_file"]).read_bytes()
    assert data.count(b"\x1f\x8b\x08") == 2
    assert json.loads(gzip.decompress(data))["Records"]


def test_empty_file_holds_an_empty_list() -> None:
    """The empty delivery is well-formed and holds no record."""
    data = (SAMPLES / "acme" / manifest()["acme"]["delivery"]["empty_file"]).read_bytes()
    assert gzip.decompress(data) == b'{"Records":[]}'


def test_late_events_come_half_a_day_later() -> None:
    """Late events say so, and lie in a file of the following day."""
    delivery = manifest()["acme"]["delivery"]
    late = log_files("acme")[delivery["late_file"]]
    assert {record["eventID"] for record in late} == set(delivery["late_event_ids"])
    assert all(record["addendum"] == {"reason": "DELIVERY_DELAY"} for record in late)
    delivered = datetime.fromisoformat(delivery["late_file"].split("_")[3])
    assert all((delivered - datetime.fromisoformat(r["eventTime"])).total_seconds() > 43_200
               for r in late)  # fmt: skip


def test_insights_are_a_pair() -> None:
    """The Insight has a start and an end, joined by sharedEventID."""
    insight = manifest()["acme"]["insight"]
    start, end = (events("acme")[insight[k]] for k in ("start_event_id", "end_event_id"))
    assert [r["insightDetails"]["state"] for r in (start, end)] == ["Start", "End"]
    assert start["sharedEventID"] == end["sharedEventID"] == insight["shared_event_id"]


def test_digests_are_signed_with_the_shipped_key() -> None:
    """Every digest's signature verifies with the public key beside the samples."""
    listed = json.loads((SAMPLES / "keys/public-keys-us-east-1.json").read_text(encoding="utf-8"))
    key = serialization.load_der_public_key(base64.b64decode(listed["PublicKeyList"][0]["Value"]))
    assert isinstance(key, rsa.RSAPublicKey)
    signatures = json.loads((SAMPLES / "keys/signatures.json").read_text(encoding="utf-8"))
    for object_key, metadata in signatures.items():
        content, text = digest(object_key)
        signed = "\n".join((
            content["digestEndTime"],
            f"{content['digestS3Bucket']}/{object_key}",
            hashlib.sha256(text).hexdigest(),
            content["previousDigestSignature"] or "null",
        ))  # fmt: skip
        key.verify(bytes.fromhex(metadata["signature"]), signed.encode(), padding.PKCS1v15(),
                   hashes.SHA256())  # fmt: skip


@pytest.mark.parametrize("chain", ["chain", "chain_after_restart"])
def test_digests_chain(chain: str) -> None:
    """Each digest names and hashes the one before; the first of a chain names none."""
    previous = b""
    for key in manifest()["acme"]["digests"][chain]:
        content, text = digest(key)
        expected = hashlib.sha256(previous).hexdigest() if previous else None
        assert content["previousDigestHashValue"] == expected
        previous = text


def test_digests_hash_their_log_files() -> None:
    """Every listed log file exists and has the stated hash, uncompressed."""
    digests = manifest()["acme"]["digests"]
    empty = []
    for key in digests["chain"] + digests["chain_after_restart"]:
        content, _ = digest(key)
        if not content["logFiles"]:
            empty.append(key)
        for file in content["logFiles"]:
            text = gzip.decompress((SAMPLES / "acme" / file["s3Object"]).read_bytes())
            assert hashlib.sha256(text).hexdigest() == file["hashValue"]
    assert empty == digests["empty"]
    assert empty


def test_unique_ids_carry_their_account(name: str) -> None:
    """Keys, role ids and user ids in the callers' identities decode to the callers' accounts."""
    for record in events(name).values():
        identity = record.get("userIdentity", {})
        for unique_id in (
            identity.get("accessKeyId"),
            identity.get("principalId", "").split(":")[0],
        ):
            if re.fullmatch(r"(AKIA|ASIA|AROA|AIDA)[A-Z2-7]{16,17}", unique_id or ""):
                assert account_of(unique_id) == identity["accountId"]


def test_quiet_set_knows_nothing_of_the_attack() -> None:
    """No address, agent, key, user or account of the attack occurs in the quiet set."""
    text = "".join(json.dumps(file, ensure_ascii=False) for file in log_files("quiet").values())
    traces = [*attack()["addresses"], *manifest()["acme"]["accounts"].values(), "svc-backup-sync",
              *(credential["access_key_id"] for credential in attack()["credential"])]  # fmt: skip
    assert [trace for trace in traces if trace in text] == []


def test_only_documentation_addresses_occur(name: str) -> None:
    """Every source is a service or an address from the ranges kept for documentation."""
    for record in events(name).values():
        source = record.get("sourceIPAddress", "AWS Internal")
        if source != "AWS Internal" and not source.endswith(".amazonaws.com"):
            address = ipaddress.ip_address(source)
            assert any(address in network for network in DOCUMENTATION), source


def test_no_account_is_a_real_one(name: str) -> None:
    """Twelve-digit account numbers are the documentation ones of the manifest."""
    known = {*manifest()[name]["accounts"].values(), "999999999999"}
    if name == "acme":
        known |= {let_in["account"] for let_in in attack()["cross_account_trust"]["trusted"]}
    text = "".join(json.dumps(file) for file in log_files(name).values())
    assert set(re.findall(r"(?<=::)\d{12}(?=:)", text)) <= known


def test_ordinary_escapes_occur() -> None:
    """Readers meet escaped quotes, slashes, ampersands and angle brackets, and raw UTF-8."""
    text = b"".join(inflated(path) for path in (SAMPLES / "acme").rglob("*.json.gz"))
    for escape in (b'\\"', b"\\/", b"\\u0026", b"\\u003c", b"\\n", "Zoë".encode()):
        assert escape in text


def test_records_lie_in_no_order() -> None:
    """Files are not sorted by time, as in real deliveries."""
    times = [
        [r["eventTime"] for r in file if "eventTime" in r] for file in log_files("acme").values()
    ]
    assert any(file != sorted(file) for file in times)


def test_scaled_organization_has_the_asked_size(tmp_path: Path) -> None:
    """The benchmark generator writes exactly as many files and distinct events as asked."""
    command = [sys.executable, "-m", "tools.samples.scale", str(tmp_path), "--events", "3000"]
    subprocess.run([*command, "--files", "70"], cwd=ROOT, check=True)
    files = list(tmp_path.rglob("*.json.gz"))
    ids = {record["eventID"] for path in files
           for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]}  # fmt: skip
    assert (len(files), len(ids)) == (70, 3000)
