"""Does verification work wherever the logs and the keys lie: S3, a saved trail, the live API?"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl
import pytest

import trailnb as tn
from tests.integrity.bucket import (
    FINGERPRINT,
    HOUR,
    NAME,
    START,
    Bucket,
    bucket,
    keys,
    log_text,
    public_key,
)
from tests.sources.conftest import s3_client, s3_endpoint, s3_options
from trailnb.__main__ import main
from trailnb.integrity import keys as keys_module
from trailnb.integrity.keys import rsa_key
from trailnb.sources.disk import DiskSource
from trailnb.sources.source import Unread

if TYPE_CHECKING:
    from pathlib import Path

    from trailnb.integrity.verification import Verification

S3: TypeAlias = Any  # boto3 ships no types
__all__ = ["s3_client", "s3_endpoint", "s3_options"]


def laid_out(made: Bucket, folder: Path) -> Path:
    """The bucket as a copy on disk."""
    for key, content in made.objects.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_s3(s3_client: S3, s3_options: dict[str, object], tmp_path: Path) -> None:
    """In S3 the signatures stand beside the objects, and a saved trail keeps them."""
    made = bucket(3)
    s3_client.create_bucket(Bucket=NAME)
    for key, content in made.objects.items():
        beside = made.signatures.get(key, {})
        s3_client.put_object(Bucket=NAME, Key=key, Body=content, Metadata=beside)
    how = {"keys": keys(), "storage_options": s3_options}
    found = tn.verify(f"s3://{NAME}/", **how)
    assert found.exit_code == 0
    assert found.results.height == 6
    plain = s3_options | {"config_kwargs": {"user_agent_extra": "stays with s3fs"}}
    assert tn.verify(f"s3://{NAME}/", keys=keys(), storage_options=plain).exit_code == 0
    joined = tn.verify([f"s3://{NAME}/AWSLogs/", {"a.json": b"{}"}], **how)
    assert joined.results["status"].value_counts(sort=True).rows()[0] == ("valid", 6)
    kept = tn.open(f"s3://{NAME}/", storage_options=s3_options).save(tmp_path / "case")
    assert tn.verify(kept, keys=keys()).exit_code == 0
    s3_client.delete_object(Bucket=NAME, Key=made.logs[1])
    assert tn.verify(f"s3://{NAME}/", **how).results.filter(status="missing").height == 1


def test_a_copy_in_another_bucket(s3_client: S3, s3_options: dict[str, object]) -> None:
    """A copy for evidence lies in another bucket: what it holds is proven all the same."""
    made = bucket(2)
    s3_client.create_bucket(Bucket="evidence")
    for key, content in made.objects.items():
        s3_client.put_object(Bucket="evidence", Key=f"case/{key}", Body=content)
    found = tn.verify(
        "s3://evidence/case", keys=keys(), signatures=made.signatures, storage_options=s3_options
    )
    assert found.exit_code == 0


def test_a_saved_trail(tmp_path: Path) -> None:
    """The ledger holds the hashes that the log files had when they were saved."""
    made = bucket()
    made.objects[made.logs[2]] = log_text(START, eventID="another")
    trail = tn.open(laid_out(made, tmp_path / "logs")).save(tmp_path / "case")
    found = tn.verify(trail, keys=keys(), signatures=made.signatures)
    wrong = found.results.filter(pl.col("status") != "valid")
    assert wrong["status"].to_list() == ["modified"]
    assert wrong["object"][0].endswith(made.logs[2])
    assert "when it was saved" in wrong["reason"][0]
    assert "rows of a saved trail" in found.summary()
    again = tn.verify(
        tmp_path / "case", keys=keys(), signatures=made.signatures, since=START, until=START + HOUR
    )
    assert again.exit_code == 0
    said = found.annotate(trail.events).group_by("integrity").len().sort("integrity").collect()
    assert said.rows() == [("modified", 1), ("verified", 5)]


def test_a_log_file_that_could_not_be_saved(tmp_path: Path) -> None:
    """What was unreadable when the trail was saved stays unknown."""
    made = bucket(2)
    folder = laid_out(made, tmp_path / "logs")
    (folder / made.logs[0]).unlink()
    (folder / made.logs[0]).mkdir()
    trail = tn.open(folder).save(tmp_path / "case")
    found = tn.verify(trail, keys=keys(), signatures=made.signatures)
    assert found.results.filter(pl.col("status") != "valid")["status"].to_list() == ["missing"]


def test_a_digest_that_could_not_be_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused when the trail was saved, it is unknown and told; a later save brings it."""
    made = bucket(3)
    folder = laid_out(made, tmp_path / "logs")
    refused = next(name for name in sorted(made.objects) if "CloudTrail-Digest" in name)
    read = DiskSource._read

    def refuse(self: DiskSource, key: str) -> bytes | Unread:
        return Unread("permission denied") if key.endswith(refused) else read(self, key)

    with monkeypatch.context() as patched:
        patched.setattr(DiskSource, "_read", refuse)
        trail = tn.open(folder).save(tmp_path / "case")
        raw = tn.verify(tn.open(folder), keys=keys(), signatures=made.signatures)
    kept = tn.verify(tn.open(tmp_path / "case"), keys=keys(), signatures=made.signatures)
    of = pl.col("object").str.ends_with(refused)
    for found in (raw, kept):
        assert found.results.filter(of)["status"].to_list() == ["unknown"]
    assert "permission denied" in trail.problems().filter(
        pl.col("log_file").str.ends_with(refused)
    )["reason"].item()  # fmt: skip
    whole = tn.open(folder).save(tmp_path / "case")
    assert whole.problems().is_empty()
    found = tn.verify(whole, keys=keys(), signatures=made.signatures)
    assert found.results.filter(of)["status"].to_list() == ["valid"]


@pytest.mark.parametrize("engine", ["polars", "lazy", "pandas", "arrow", "duckdb"])
def test_annotate(engine: str) -> None:
    """Events of any engine get `integrity`, in the same kind of frame."""
    made = bucket(3)
    del made.objects[made.digests[1].key]
    trail = tn.open(dict(made.objects))
    found = made.verify()
    events = trail.events.select("event_id", "log_file").collect()
    frame: Any = {
        "polars": lambda: events,
        "lazy": events.lazy,
        "pandas": events.to_pandas,
        "arrow": events.to_arrow,
        "duckdb": lambda: __import__("duckdb").from_arrow(events.to_arrow()),
    }[engine]()
    said: Any = found.annotate(frame)
    assert type(said) is type(frame)
    from trailnb._frame import table

    counts = table(said)["integrity"].value_counts().sort("integrity").rows()
    assert counts == [("not covered", 1), ("verified", 2)]
    other = pl.DataFrame({"log_file": ["elsewhere.json"]})
    assert found.annotate(other)["integrity"].to_list() == ["unknown"]


@pytest.mark.parametrize("name", [f"{FINGERPRINT}.pem", "digest-key.pub", "key.der", "pkcs8.der"])
def test_a_folder_of_keys(name: str, tmp_path: Path) -> None:
    """PEM and DER, PKCS#1 and SubjectPublicKeyInfo, named by a fingerprint or not."""
    form = "SubjectPublicKeyInfo" if name in {"pkcs8.der", "digest-key.pub"} else "PKCS1"
    encoding = "DER" if name.endswith("der") else "PEM"
    (tmp_path / name).write_bytes(public_key(form, encoding))
    (tmp_path / "README").write_text("no key", "utf-8")
    made = bucket(2)
    assert made.found(keys=tmp_path) == {}
    made.signatures[made.digests[1].key] = {"signature": made.digests[0].signature}
    assert made.found(keys=str(tmp_path))[("digest", "modified")] == 1
    assert made.found(keys=[tmp_path / name])[("digest", "modified")] == 1


def test_keys_as_the_cli_prints_them(tmp_path: Path) -> None:
    """Base64 and times as text; signatures lie in the same folder, as in the samples."""
    listed = keys(
        Value=base64.b64encode(public_key()).decode(),
        ValidityStartTime="2026-10-01T00:00:00+00:00",
        ValidityEndTime=1798761600.0,
    )
    (tmp_path / "keys.json").write_text(json.dumps(listed), "utf-8")
    made = bucket(2)
    (tmp_path / "signatures.json").write_text(json.dumps(made.signatures), "utf-8")
    assert made.found(keys=tmp_path, signatures=None) == {}
    (tmp_path / "other.json").write_text("{", "utf-8")
    assert "Key not read" in made.verify(keys=tmp_path).summary()


def test_a_key_of_another_time() -> None:
    """A key that was not in use at the time of a digest does not sign it."""
    made = bucket(2)
    late = keys(ValidityStartTime=datetime.fromisoformat("2026-11-03T00:00:00+00:00"))
    assert made.found(keys=late)[("digest", "unknown")] == 2


def test_what_is_no_rsa_key() -> None:
    """A key of another kind, or no key, is none."""
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    other = ed25519.Ed25519PrivateKey.generate().public_key()
    for encoding in (Encoding.PEM, Encoding.DER):
        assert rsa_key(other.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)) is None
    assert rsa_key(b"-----BEGIN PUBLIC KEY-----\nno\n-----END PUBLIC KEY-----") is None
    assert rsa_key(None) is None


class Aws:
    """A boto3 session that has the keys of one region."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.asked: list[tuple[str, datetime, datetime]] = []
        self.refuses = refuses

    def client(self, _: str, *, region_name: str) -> Aws:
        """A client, which is this session itself."""
        self.region = region_name
        return self

    def list_public_keys(self, **span: datetime) -> dict[str, Any]:
        """The keys."""
        if self.refuses:
            from botocore.exceptions import ClientError

            raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListPublicKeys")
        self.asked.append((self.region, span["StartTime"], span["EndTime"]))
        return keys()


def test_the_live_api(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS is asked once per region and day, around the digests' time."""
    session = Aws()
    made = bucket(3)
    bucket(3, into=made, region="us-east-1", trail="acme")
    assert made.found(keys=session) == {}
    assert sorted(region for region, _, _ in session.asked) == ["eu-central-1", "us-east-1"]
    assert all(start < START < end for _, start, end in session.asked)
    import boto3

    monkeypatch.setattr(boto3, "Session", Aws)
    assert made.found(keys="aws") == {}
    with pytest.raises(tn.errors.SourceError, match="cloudtrail:ListPublicKeys"):
        made.verify(keys=Aws(refuses=True))


def test_without_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    """The install line is named when the package is not there."""
    import sys

    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.rsa", None)
    keys_module._cryptography.cache_clear()
    with pytest.raises(tn.errors.MissingExtraError, match=r"trailnb\[integrity\]"):
        bucket(1).verify()
    monkeypatch.undo()
    keys_module._cryptography.cache_clear()
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(tn.errors.MissingExtraError, match=r"trailnb\[integrity\]"):
        bucket(1).verify(keys="aws")


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line per object that is not valid, a summary, and an exit status for scripts."""
    made = bucket(3)
    folder = laid_out(made, tmp_path / "logs")
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / "key.der").write_bytes(public_key())
    (tmp_path / "s.json").write_text(json.dumps(made.signatures), "utf-8")
    how = ["--keys", str(tmp_path / "k"), "--signatures", str(tmp_path / "s.json")]
    assert main(["verify", str(folder), *how]) == 0
    assert capsys.readouterr().out.splitlines()[2:4] == [
        "3/3 digest files valid",
        "3/3 log files valid",
    ]
    assert main(["verify", str(folder), *how, "--verbose", "--regions", "eu-central-1"]) == 0
    assert f"Digest file\t{folder}/{made.digests[0].key}\tvalid\n" in capsys.readouterr().out
    (folder / made.logs[1]).write_bytes(b"{}")
    assert main(["verify", str(folder), *how, "--workers", "1"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == (
        f"Log file\t{folder}/{made.logs[1]}\tINVALID: modified: hash value doesn't match"
    )
    assert "2/3 log files valid, 1/3 log files INVALID" in said
    assert main(["verify", str(folder)]) == 1
    assert main(["verify", str(folder / "AWSLogs"), "--until", "2026-11-02T06:31:07Z"]) == 4


def outcome(text: str) -> Verification:
    """A verification that speaks of a digest with this hostile text in it."""
    made = bucket(2)
    key = made.digests[0].key
    made.objects[key] = made.digests[0].text.replace(FINGERPRINT.encode(), text.encode())
    return made.verify(signatures=None)


def test_hostile_text() -> None:
    """What an attacker wrote into a digest or a name steers neither terminal nor page."""
    made = bucket(1)
    made.objects["AWSLogs/\u202ex\x1b[2J<b>.json.gz"] = b"{}"
    found = made.verify()
    told = "\n".join([*found.lines(verbose=True), found.summary()])
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "<b>" not in found._repr_html_()
    assert outcome('<script>"\\u001b[2J').exit_code == 1


def test_a_case_shows_it(tmp_path: Path) -> None:
    """The report says what was proven, what was not, and what nobody can say."""
    made = bucket(2)
    made.objects[made.logs[0]] = b"{}"
    case = tn.Case(tn.open(dict(made.objects)), title="Proof")
    assert case.verified(made.verify()).rows() == [
        ("digest", "valid", 2), ("log file", "valid", 1), ("log file", "modified", 1),
    ]  # fmt: skip
    tn.report(case, tmp_path / "case.md")
    page = (tmp_path / "case.md").read_text("utf-8")
    assert "1/2 log files valid" in page
    assert "It cannot say" in page
