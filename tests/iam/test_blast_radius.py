"""What can be reached from one compromised thing, hop by hop, and nothing besides."""

from __future__ import annotations

import json
import random
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event, events
from tests.iam.policies import allow
from tests.lineage.credentials import assume_role, iam_user, role_session, used
from trailnb.errors import NothingFoundWarning, RequestError
from trailnb.facts.derived import DERIVED, with_derived
from trailnb.iam.blast_radius import SCHEMA, SORT_KEY, blast_radius

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data-samples"
REAL = ROOT.parent / "shared" / "data" / "invictus-aws-dataset"
ATTACK = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["acme"]["attack"]
OWN, FOREIGN = "111122223333", "999988887777"
EVE = iam_user("eve", "AKIAEVE")
BOB = iam_user("bob", "AKIABOB")


def at(minute: int) -> str:
    """A time of that night."""
    return f"2026-11-03T02:{minute:02}:00Z"


def iam(name: str, minute: int, request: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A call of eve's to IAM."""
    fields = {
        "userIdentity": EVE,
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "eventTime": at(minute),
        "eventID": f"{name}-{minute}",
        "requestParameters": request,
        "readOnly": False,
    }
    return event(**(fields | more))


def makes_user(name: str, minute: int) -> dict[str, Any]:
    """Eve makes a user."""
    arn = f"arn:aws:iam::{OWN}:user/{name}"
    answer = {"user": {"userName": name, "arn": arn, "userId": "AIDAMADE"}}
    return iam("CreateUser", minute, {"userName": name}, responseElements=answer)


def radius(*records: dict[str, Any], start: str = "AKIAEVE", **more: Any) -> pl.DataFrame:
    """The answer for these events."""
    return blast_radius(events(*records), start=start, **more).collect()


def ids(answer: pl.DataFrame) -> set[str]:
    """Every event in the radius."""
    return set(answer["event_ids"].explode().drop_nulls())


def row(answer: pl.DataFrame, **wanted: str) -> dict[str, Any]:
    """The one row of that kind and value."""
    return answer.filter(**wanted).row(0, named=True)


@pytest.fixture(name="acme", scope="module")
def _acme() -> pl.DataFrame:
    trail = tn.open(SAMPLES / "acme", since="2026-11-01")
    with pytest.warns(tn.errors.ProblemWarning):
        return blast_radius(
            trail, start=ATTACK["leaked_key"], since=ATTACK["first_event"]
        ).collect()


def test_all_of_the_attack_and_nothing_else(acme: pl.DataFrame) -> None:
    """From the leaked key every event of the attack is found, and none of anybody else."""
    assert ids(acme) == set(ATTACK["event_ids"])
    assert acme.schema == SCHEMA
    assert acme.equals(acme.sort(SORT_KEY, nulls_last=True))


def test_every_credential_of_the_attack_with_its_way(acme: pl.DataFrame) -> None:
    """Each issued key names what issued it, and the chain from the leaked one."""
    for told in ATTACK["credential"][1:]:
        found = row(acme, kind="credential", value=told["access_key_id"])
        assert found["reached_by"] == told["parent"]
        assert found["chain"][0] == ATTACK["leaked_key"]
        assert told["issued_by"] in found["event_ids"]
        assert found["account"] == told["account"]


def test_persistence_data_and_evidence_of_the_attack(acme: pl.DataFrame) -> None:
    """User, password, opened trust, policy of unknown content, backups, stopped trails."""
    assert row(acme, kind="user")["value"] == "user/svc-backup-sync"
    assert row(acme, kind="password")["marks"] == ["persistence"]
    assert (
        "lets in AWS:arn:aws:iam::444455556666:user/svc-backup-sync"
        in row(acme, kind="trust")["how"]
    )
    omitted = acme.filter(pl.col("unknown") == "what it allows: omitted, 131977 bytes")
    assert omitted["how"].to_list() == ["iam:CreatePolicy", "iam:AttachRolePolicy"]
    data = row(acme, kind="data")
    assert data["value"].endswith(ATTACK["reads"]["bucket"])
    assert data["bytes_out"] >= ATTACK["reads"]["bytes_out"]
    assert set(ATTACK["reads"]["event_ids"]) <= set(data["event_ids"])
    stopped = acme.filter(kind="evidence")["event_ids"].explode().to_list()
    assert stopped == [told["event_id"] for told in ATTACK["stop_logging"]]


@pytest.mark.parametrize("start", [ATTACK["addresses"][0], "198.51.100.16/28", ATTACK["new_key"]])
def test_addresses_and_later_keys_begin_it_too(start: str) -> None:
    """Without being told since when: an address begins with its first event."""
    with pytest.warns(tn.errors.ProblemWarning):
        found = ids(blast_radius(tn.open(SAMPLES / "acme"), start=start).collect())
    assert found <= set(ATTACK["event_ids"])
    assert set(ATTACK["reads"]["event_ids"]) <= found
    assert (found == set(ATTACK["event_ids"])) == (start != ATTACK["new_key"])


def test_a_quiet_key_reaches_only_itself() -> None:
    """The busiest key of quiet logs made nothing and opened nothing."""
    trail = tn.open(SAMPLES / "quiet")
    keys = trail.events.filter(pl.col("access_key_id").str.starts_with("AKIA"))
    key = keys.group_by("access_key_id").len().sort("len").last().collect()["access_key_id"].item()
    answer = blast_radius(trail, start=key).collect()
    acting = ["origin", "credential", "user", "password", "role", "trust"]
    acting += ["provider", "workload", "opening"]
    assert answer.filter(pl.col("kind").is_in(acting))["value"].to_list() == [key]
    assert answer.filter(pl.col("kind").is_in(["share", "permission"])).is_empty()


@pytest.mark.skipif(not REAL.is_dir(), reason="the real data set is not beside this copy")
def test_real_attacks_lie_in_the_radius_of_the_key_that_ran_them() -> None:
    """Every technique that was run with the key and with what it made; what it shared."""
    truth = json.loads((REAL / "ground_truth.json").read_text("utf-8"))
    answer = blast_radius(tn.open(REAL / "CloudTrail"), start="AKIATFQR7NSC8Q4X20BJ").collect()
    run = {told for one in truth["runs"] for told in one.get("eventIDs", [])}
    assert len(run) == 180
    assert run <= ids(answer)
    kinds = {
        kind: answer.filter(kind=kind)["value"].to_list() for kind in ("user", "share", "workload")
    }
    assert {"user/malicious-iam-user", "user/stratus-red-team-backdoor-u-user"} <= set(
        kinds["user"]
    )
    assert [value.partition("/")[0] for value in kinds["share"]] == [
        "image", "snapshot", "database snapshot",
    ]  # fmt: skip
    assert "i-0dbc91f429e48eeed" in kinds["workload"]
    assert row(answer, kind="unknown")["value"] == "data events of 123837392027"


def test_what_was_before_does_not_count() -> None:
    """A password set for bob reaches bob's console from then on; his key and his past are his."""
    console = BOB | {
        "accessKeyId": "ASIABOB1",
        "sessionContext": {"attributes": {"creationDate": at(30), "mfaAuthenticated": "false"}},
    }
    morning = console | {
        "sessionContext": {"attributes": {"creationDate": at(1), "mfaAuthenticated": "false"}}
    }
    answer = radius(
        used(EVE, at(0), "eve"),
        used(morning, at(2), "bob before"),
        iam("UpdateLoginProfile", 10, {"userName": "bob"}),
        used(BOB, at(20), "bob's key"),
        used(console, at(31), "bob's console"),
    )
    assert ids(answer) == {"eve", "UpdateLoginProfile-10", "bob's console"}


def test_a_user_that_was_made_counts_with_all_it_does() -> None:
    """Whoever signs as it, with whichever key; a failed sign-in too."""
    mallory = iam_user("mallory", "AKIAMALLORY")
    failed = event(
        eventName="ConsoleLogin", eventSource="signin.amazonaws.com", eventID="failed",
        eventTime=at(25), errorMessage="Failed authentication",
        userIdentity={"type": "IAMUser", "userName": "mallory", "accountId": OWN},
        responseElements={"ConsoleLogin": "Failure"},
    )  # fmt: skip
    answer = radius(
        makes_user("mallory", 10),
        used(mallory, at(20), "mallory"),
        failed,
        used(BOB, at(20), "bob"),
    )
    assert ids(answer) == {"CreateUser-10", "mallory", "failed"}
    assert row(answer, kind="attempt")["reached_by"] == "user/mallory"


def test_an_opened_trust_lets_in_whom_it_names_and_no_one_else() -> None:
    """The foreign account's session counts; the instance that took the role all along does not."""
    was = {"Statement": [allow("sts:AssumeRole", None, Principal={"Service": "ec2.amazonaws.com"})]}
    now = {
        "Statement": [*was["Statement"], allow("sts:AssumeRole", None, Principal={"AWS": FOREIGN})]
    }
    trusts = [
        iam(
            "UpdateAssumeRolePolicy",
            minute,
            {"roleName": "app", "policyDocument": json.dumps(what)},
        )
        for minute, what in ((1, was), (10, now))
    ]
    stranger = {"type": "AWSAccount", "principalId": "AIDAFOREIGN", "accountId": FOREIGN}
    service = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    answer = radius(
        *trusts,
        assume_role(stranger, at(20), "ASIASTRANGE", "in"),
        used(role_session("app", "in", "ASIASTRANGE", at(20)), at(21), "stranger"),
        assume_role(service, at(20), "ASIAEC2", "i-0123456789abcdef0"),
        used(role_session("app", "i-0123456789abcdef0", "ASIAEC2", at(20)), at(22), "instance"),
        since=at(5),
    )  # fmt: skip
    assert "stranger" in ids(answer)
    assert "instance" not in ids(answer)
    found = row(answer, value="ASIASTRANGE")
    assert found["how"] == "took the role through the opened trust"
    assert found["chain"] == ["AKIAEVE", "trust of app"]
    trust = row(answer, kind="trust")
    assert trust["how"] == f"iam:UpdateAssumeRolePolicy: lets in AWS:{FOREIGN}"
    assert trust["unknown"] == f"what {FOREIGN} does is in its own trail"


def test_an_instance_that_was_started_acts_for_who_started_it() -> None:
    """EC2 names the role's session after the instance."""
    name = "i-0123456789abcdef0"
    started = event(
        userIdentity=EVE, eventSource="ec2.amazonaws.com", eventName="RunInstances",
        eventTime=at(5), eventID="run", readOnly=False,
        responseElements={"instancesSet": {"items": [{"instanceId": name}]}},
    )  # fmt: skip
    service = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    answer = radius(
        started,
        assume_role(service, at(6), "ASIAEC2", name),
        used(role_session("app", name, "ASIAEC2", at(6)), at(7), "ours"),
        used(role_session("app", "i-0feedfacefeedface", "ASIAOTHER", at(6)), at(7), "another"),
    )
    assert ids(answer) == {"run", "issue-ASIAEC2-", "ours"}
    assert row(answer, value="ASIAEC2")["chain"] == ["AKIAEVE", name]


def test_a_function_whose_code_was_replaced_acts_too() -> None:
    """Lambda names the role's session after the function."""
    changed = event(
        userIdentity=EVE, eventSource="lambda.amazonaws.com", eventTime=at(5), eventID="code",
        eventName="UpdateFunctionCode20150331v2", readOnly=False,
        requestParameters={"functionName": f"arn:aws:lambda:eu-central-1:{OWN}:function:thumbs"},
    )  # fmt: skip
    answer = radius(
        changed,
        used(role_session("app", "thumbs", "ASIAFN", at(6)), at(7), "ours"),
        used(role_session("app", "thumbs", "ASIAFN0", at(1)), at(2), "before"),
    )
    assert ids(answer) == {"code", "ours"}


def test_who_signs_in_through_a_made_provider_is_of_its_maker() -> None:
    """An identity provider vouches for whom it likes; another one's sessions are not touched."""
    ours, other = (f"arn:aws:iam::{OWN}:saml-provider/{name}" for name in ("ours", "corp"))
    subject = {"type": "SAMLUser", "principalId": "x", "userName": "anyone"}
    request = {"sAMLMetadataDocument": "<xml/>", "name": "ours"}
    answer = radius(
        iam("CreateSAMLProvider", 5, request, responseElements={"sAMLProviderArn": ours}),
        *(
            assume_role(
                subject, at(10), key, key.lower(), eventName="AssumeRoleWithSAML",
                requestParameters={"principalArn": arn},
            )
            for key, arn in (("ASIAOURS", ours), ("ASIACORP", other))
        ),
        used(role_session("app", "asiaours", "ASIAOURS", at(10)), at(11), "ours"),
        used(role_session("app", "asiacorp", "ASIACORP", at(10)), at(11), "corp"),
    )  # fmt: skip
    assert ids(answer) == {"CreateSAMLProvider-5", "issue-ASIAOURS-", "ours"}
    assert row(answer, value="ASIAOURS")["chain"] == ["AKIAEVE", ours]


def test_who_reads_from_an_opened_bucket_is_let_in_by_it() -> None:
    """A bucket is opened to another account: its reads from then on, and no one else's."""

    def opened(minute: int, *statements: dict[str, Any]) -> dict[str, Any]:
        request = {"bucketName": "loot", "bucketPolicy": {"Statement": list(statements)}}
        return event(
            userIdentity=EVE, eventName="PutBucketPolicy", eventTime=at(minute),
            eventID=f"policy-{minute}", readOnly=False, requestParameters=request,
        )  # fmt: skip

    def reads(account: str, minute: int, bucket: str = "loot") -> dict[str, Any]:
        return event(
            userIdentity={"type": "AWSAccount", "principalId": "AIDAX", "accountId": account},
            eventName="GetObject", eventTime=at(minute), eventID=f"{bucket}-{account}-{minute}",
            eventCategory="Data", managementEvent=False,
            requestParameters={"bucketName": bucket, "key": "a"},
            additionalEventData={"bytesTransferredOut": 1000},
            resources=[{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/a"}],
        )  # fmt: skip

    whole = "arn:aws:s3:::loot/*"
    friend = allow("s3:GetObject", whole, Principal={"AWS": "222233334444"})
    stranger = allow("s3:GetObject", whole, Principal={"AWS": FOREIGN})
    answer = radius(
        opened(1, friend),
        opened(10, friend, stranger),
        *(reads(account, 20) for account in (FOREIGN, "222233334444")),
        reads(FOREIGN, 5),
        reads(FOREIGN, 21, "other"),
        since=at(9),
    )
    assert ids(answer) == {"policy-10", f"loot-{FOREIGN}-20"}
    opening = row(answer, kind="opening")
    assert opening["value"] == f"arn:aws:s3:::loot opened to {FOREIGN}"
    data = row(answer, kind="data")
    assert (data["bytes_out"], data["reached_by"]) == (1000, opening["value"])
    assert data["chain"] == ["AKIAEVE", opening["value"]]


def test_what_is_opened_to_everyone_lets_everyone_in() -> None:
    """Anybody of another account counts; the trail's own accounts had their ways before."""
    backdoor = {"Sid": "backdoor", **allow("lambda:InvokeFunction"), "Principal": "*"}
    arn = f"arn:aws:lambda:eu-central-1:{OWN}:function:pay"
    answer = radius(
        event(
            userIdentity=EVE, eventSource="lambda.amazonaws.com", eventTime=at(5), eventID="open",
            eventName="AddPermission20150331v2", readOnly=False,
            requestParameters={"functionName": arn, "statementId": "backdoor"},
            responseElements={"statement": json.dumps(backdoor)},
        ),
        *(
            event(
                userIdentity={"type": "AWSAccount", "principalId": "x", "accountId": account},
                eventSource="lambda.amazonaws.com", eventName="Invoke", eventTime=at(6),
                eventID=f"invoke-{account}", requestParameters={"functionName": arn},
            )
            for account in (FOREIGN, OWN)
        ),
    )  # fmt: skip
    assert ids(answer) == {"open", f"invoke-{FOREIGN}"}
    assert row(answer, kind="opening")["value"] == f"{arn} opened to *"


def test_what_is_not_followed_says_so() -> None:
    """A stack acts with a role under a name that tells nothing; a trust anchor lets in anyone."""
    stack = event(
        userIdentity=EVE, eventSource="cloudformation.amazonaws.com", eventName="CreateStack",
        eventTime=at(5), eventID="stack", readOnly=False, requestParameters={"stackName": "s"},
    )  # fmt: skip
    anchor = {"trustAnchor": {"trustAnchorId": "t", "trustAnchorArn": "arn:aws:rolesanywhere:::t"}}
    made = event(
        userIdentity=EVE, eventSource="rolesanywhere.amazonaws.com", eventName="CreateTrustAnchor",
        eventTime=at(6), eventID="anchor", readOnly=False, responseElements=anchor,
    )  # fmt: skip
    answer = radius(stack, made)
    assert row(answer, kind="write")["unknown"] == "what its role did for it is not followed"
    assert row(answer, kind="permission")["unknown"] == "who comes in by it is not followed"


def test_circles_end() -> None:
    """Two roles that take each other in turn are each reached once."""
    one, other = (role_session(name, "s", f"ASIA{name}", at(1)) for name in ("ONE", "TWO"))
    answer = radius(
        assume_role(EVE, at(1), "ASIAONE", "s"),
        assume_role(one, at(2), "ASIATWO", "s"),
        assume_role(other, at(3), "ASIAONE", "s"),
        used(other, at(4), "deep"),
    )
    assert answer.filter(kind="credential")["value"].to_list() == ["AKIAEVE", "ASIAONE", "ASIATWO"]
    assert "deep" in ids(answer)


def test_a_call_that_two_accounts_recorded_counts_with_both() -> None:
    """The copy in the role's account belongs to the same hop."""
    told = {"sharedEventID": "both", "eventID": "here"}
    there = {"eventID": "there", "recipientAccountId": FOREIGN}
    stranger = {"type": "AWSAccount", "principalId": "AIDAEVEXXXXXXXXXXXXXX", "accountId": OWN}
    answer = radius(
        assume_role(EVE, at(1), "ASIAONE", **told),
        assume_role(stranger, at(1), "ASIAONE", **told | there),
    )
    assert row(answer, value="ASIAONE")["event_ids"] == ["here", "there"]
    assert answer.filter(pl.col("kind").is_in(["write", "read"])).is_empty()


def test_what_was_issued_and_never_used_says_so() -> None:
    """Its use may be in a trail that is not here."""
    answer = radius(assume_role(EVE, at(1), "ASIAONE"))
    assert row(answer, value="ASIAONE")["unknown"].startswith("no use of it is here")


def test_since_when_is_said_to_be_unknown() -> None:
    """Without a moment all that the key ever did is told; with one, only what came then."""
    before, after = used(EVE, at(1), "before"), used(EVE, at(30), "after")
    answer = radius(before, after)
    assert ids(answer) == {"before", "after"}
    assert row(answer, value="AKIAEVE")["unknown"].startswith("since when it is in other hands")
    later = radius(before, after, since=at(20))
    assert ids(later) == {"after"}
    assert row(later, value="AKIAEVE")["unknown"] is None


def test_every_kind_of_start() -> None:
    """A key, a user's or session's ARN, an address, a session's name lead to the same session."""
    work = role_session("app", "work", "ASIAONE", at(1))
    records = [assume_role(EVE, at(1), "ASIAONE"), used(work, at(2), "work")]
    starts = (
        "AKIAEVE", EVE["arn"], "198.51.100.7", "ASIAONE", work["arn"],
        f"arn:aws:iam::{OWN}:role/app", "role/app/work",
    )  # fmt: skip
    for start in starts:
        assert "work" in ids(radius(*records, start=start)), start


def test_an_address_reaches_what_another_account_took_from_there() -> None:
    """A stranger is only known by account; the session it was given is the thread to follow."""
    stranger = {"type": "AWSAccount", "principalId": "AIDAFOREIGN", "accountId": FOREIGN}
    answer = radius(
        assume_role(stranger, at(1), "ASIAONE", sourceIPAddress="203.0.113.9"),
        used(role_session("app", "work", "ASIAONE", at(1)), at(2), "work"),
        used(BOB, at(2), "bob"),
        start="203.0.113.9",
    )
    assert "work" in ids(answer)
    assert "bob" not in ids(answer)


def test_the_order_of_rows_changes_nothing() -> None:
    """Files arrive unsorted."""
    records = [
        makes_user("mallory", 10),
        assume_role(EVE, at(11), "ASIAONE"),
        used(role_session("app", "work", "ASIAONE", at(11)), at(12), "work"),
        used(iam_user("mallory", "AKIAMALLORY"), at(13), "mallory"),
    ]
    expected = radius(*records)
    random.Random(5).shuffle(records)
    assert radius(*records).equals(expected)


@pytest.mark.parametrize("engine", ["polars", "attributed", "pandas", "duckdb"])
def test_any_frame_leads_to_the_same(engine: str) -> None:
    """Eager or lazy, attributed before or not, pandas or a database: one answer."""
    plain = events(
        makes_user("mallory", 10), used(iam_user("mallory", "AKIAMALLORY"), at(13), "mallory")
    )
    names = [one.name for one in DERIVED if one.name not in plain.collect_schema()]
    whole = with_derived(plain.collect(), names)
    frames: dict[str, Callable[[], Any]] = {
        "polars": lambda: whole,
        "attributed": lambda: tn.attribute(whole),
        "pandas": whole.to_pandas,
        "duckdb": lambda: duckdb.connect().from_arrow(whole.to_arrow()),
    }
    answer = blast_radius(frames[engine](), start="AKIAEVE").collect()
    assert answer.equals(blast_radius(plain, start="AKIAEVE").collect())
    assert ids(answer) == {"CreateUser-10", "mallory"}


def test_nothing_is_read_before_it_is_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking costs nothing."""
    frame = events(used(EVE, at(1), "eve"))
    monkeypatch.setattr("trailnb.iam.blast_radius.world_of", None)
    assert blast_radius(frame, start="AKIAEVE").collect_schema() == SCHEMA


def test_an_unknown_start_warns() -> None:
    """No event is of it: the answer is empty and says why."""
    with pytest.warns(NothingFoundWarning, match="no event is of 'AKIANOBODY'"):
        assert radius(used(EVE, at(1), "eve"), start="AKIANOBODY").is_empty()


def test_a_moment_that_is_none_is_refused() -> None:
    """The error says how to write one."""
    with pytest.raises(RequestError, match="since='yesterday' names no moment"):
        radius(used(EVE, at(1), "eve"), since="yesterday")


def test_a_condition_that_was_dropped_opens_the_trust() -> None:
    """Everybody was named before, under a condition; without it strangers come in."""
    inside = {"StringEquals": {"aws:PrincipalOrgID": "o-own"}}
    before, after = (
        json.dumps({"Version": "2012-10-17", "Statement": [
            allow("sts:AssumeRole", None, Principal={"AWS": "*"}, **more)]})
        for more in ({"Condition": inside}, {})
    )  # fmt: skip
    answer = radius(
        iam("CreateRole", 1, {"roleName": "app", "assumeRolePolicyDocument": before}),
        iam("UpdateAssumeRolePolicy", 6, {"roleName": "app", "policyDocument": after}),
        since=at(5),
    )
    trust = row(answer, kind="trust")
    assert trust["how"] == "iam:UpdateAssumeRolePolicy: lets in *"


def test_what_old_records_made_is_followed() -> None:
    """Records without a recipient account and without an id are reached like all others."""
    made = makes_user("mallory", 1)
    del made["recipientAccountId"]
    started = event(userIdentity=EVE, eventSource="ec2.amazonaws.com", eventName="StartInstances",
                    eventTime=at(2), readOnly=False)  # fmt: skip
    del started["eventID"]
    answer = radius(made, started)
    assert row(answer, kind="user")["value"] == "user/mallory"
    assert answer.filter(pl.col("how").str.contains("ec2:StartInstances")).height == 1
