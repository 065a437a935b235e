"""Every way in which a credential is issued leads back to who asked for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evidence import event, events
from tests.lineage.credentials import ROLE_ID, assume_role, iam_user, role_session, used
from trailnb._lineage.attribute import attribute
from trailnb._lineage.sessions import lineage

AT, LATER = "2026-11-03T02:00:00Z", "2026-11-03T02:10:00Z"
ALICE = iam_user("alice", "AKIAALICE")
KEY = {"credentials": {"accessKeyId": "ASIA1"}}
ROLE = {"assumedRoleUser": {"assumedRoleId": f"{ROLE_ID}:work", "arn": "arn:aws:sts::x"}}
BEGUN = {"sessionContext": {"attributes": {"creationDate": AT, "mfaAuthenticated": "true"}}}
SIGN_IN = "arn:aws:signin:eu-central-1:111122223333:session/0b6e"


def issued(name: str, caller: dict[str, Any], answer: object, **more: Any) -> dict[str, Any]:
    """What is logged when this caller asks STS for a credential?"""
    fields = {
        "eventSource": "sts.amazonaws.com", "eventName": name, "userIdentity": caller,
        "eventTime": AT, "responseElements": answer, "eventID": "issue",
    }  # fmt: skip
    return event(**(fields | more))


def signed_in(name: str, identity: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What does the sign-in service log of this identity?"""
    source = {"eventSource": "signin.amazonaws.com", "eventType": "AwsConsoleSignIn"}
    return issued(name, identity, {name: "Success"}, **(source | more))


def session_of(*records: dict[str, Any]) -> dict[str, Any]:
    """What does lineage say of the session that the event `e1` belongs to?"""
    frame = events(*records)
    found = attribute(frame).collect().filter(event_id="e1").row(0, named=True)
    told = lineage(frame).collect().filter(session_id=found["session_id"])
    row = told.row(0, named=True)
    assert (row["root_actor"], row["chain_text"]) == (found["root_actor"], found["chain_text"])
    return row


def keyless(identity: dict[str, Any], **more: Any) -> dict[str, Any]:
    """How does this identity look where no key is logged?"""
    return {name: value for name, value in identity.items() if name != "accessKeyId"} | more


SAML = {"type": "SAMLUser", "principalId": "idp:carol", "userName": "carol@example.com"}
WEB = {"type": "WebIdentityUser", "principalId": "git:aud:repo", "userName": "repo:acme/site"}
ROOT = {
    "type": "Root", "principalId": "9" * 12, "arn": f"arn:aws:iam::{'9' * 12}:root",
    "accountId": "9" * 12, "accessKeyId": "ASIA1", **BEGUN,
}  # fmt: skip
FEDERATED = {
    "type": "FederatedUser", "principalId": "111122223333:dave", "accountId": "111122223333",
    "arn": "arn:aws:sts::111122223333:federated-user/dave", "accessKeyId": "ASIA1", **BEGUN,
}  # fmt: skip
DAVE = {"federatedUser": {"federatedUserId": "111122223333:dave", "arn": FEDERATED["arn"]}}
WORK = role_session("admin", "work", "ASIA1", AT)


@pytest.mark.parametrize(
    ("way", "caller", "answer", "identity", "root"),
    [
        ("AssumeRole", ALICE, KEY | ROLE, WORK, "alice"),
        ("AssumeRoleWithSAML", SAML, KEY | ROLE, WORK, "carol@example.com"),
        ("AssumeRoleWithWebIdentity", WEB, KEY | ROLE, WORK, "repo:acme/site"),
        ("AssumeRoot", ALICE, KEY, ROOT, "alice"),
        ("GetSessionToken", ALICE, KEY, ALICE | {"accessKeyId": "ASIA1"} | BEGUN, "alice"),
        ("GetFederationToken", ALICE, KEY | DAVE, FEDERATED, "alice"),
    ],
)
def test_sts_names_the_caller(
    way: str, caller: dict[str, Any], answer: object, identity: dict[str, Any], root: str
) -> None:
    """Whatever STS call issued the key, its caller is behind what the key does."""
    row = session_of(issued(way, caller, answer), used(identity, LATER, "e1"))
    assert (row["how"], row["root_actor"]) == (way, root)
    assert (row["link"], row["issuing_event_id"]) == ("issued access key", "issue")
    assert (row["depth"], row["unresolved"]) == (1, None)


def test_a_hop_to_oneself_is_one_step_to_read() -> None:
    """A user's session token is the same user: a hop, and no second name in the chain."""
    token = ALICE | {"accessKeyId": "ASIA1"} | BEGUN
    row = session_of(issued("GetSessionToken", ALICE, KEY), used(token, LATER, "e1"))
    assert (row["chain"], row["depth"]) == (["alice"], 1)


SWITCHED = {"SwitchFrom": ALICE["arn"], "RedirectTo": "https://console.aws.amazon.com/"}
NEW_ROLE = role_session("admin", "alice", None, AT)
CLICK = role_session("admin", "alice", "ASIACLICK", AT)


@pytest.mark.parametrize(
    ("before", "root"),
    [
        ("arn:aws:iam::111122223333:user/team/alice", "alice"),
        ("arn:aws:sts::111122223333:assumed-role/ops/carol", "role/ops/carol"),
        ("arn:aws-cn:iam::111122223333:root", "root/111122223333"),
    ],
)
def test_a_switched_role_names_who_switched(before: str, root: str) -> None:
    """The console's switch is logged by the new role; what it came from is the human behind it."""
    switch = signed_in(
        "SwitchRole", NEW_ROLE, additionalEventData=SWITCHED | {"SwitchFrom": before}
    )
    row = session_of(switch, used(CLICK, LATER, "e1"))
    assert (row["how"], row["root_actor"]) == ("SwitchRole", root)
    assert row["link"] == "assumed role id and creation date"


def test_a_switch_and_its_call_are_one_step() -> None:
    """STS logs the same step with its caller: one session, and a switch all the same."""
    console = keyless(ALICE, **BEGUN) | {"accessKeyId": "ASIACONSOLE"}
    asked = issued(
        "AssumeRole", console,
        {"credentials": {"accessKeyId": "ASIASWITCH"},
         "assumedRoleUser": {"assumedRoleId": f"{ROLE_ID}:alice", "arn": "arn:aws:sts::x"}},
    )  # fmt: skip
    switch = signed_in("SwitchRole", NEW_ROLE, additionalEventData=SWITCHED, eventID="switch")
    row = session_of(asked, switch, used(CLICK, LATER, "e1"))
    assert (row["session_id"], row["how"], row["root_actor"]) == (
        "ASIASWITCH",
        "SwitchRole",
        "alice",
    )


def test_a_console_may_be_opened_with_a_key() -> None:
    """A federation token for the console is issued by the session that asked for it."""
    grant = signed_in(
        "GetSigninToken", WORK, responseElements={"credentials": {"accessKeyId": "ASIA2"}},
        eventID="grant",
    )  # fmt: skip
    opened = role_session("admin", "work", "ASIA2", LATER)
    row = session_of(assume_role(ALICE, AT, "ASIA1"), grant, used(opened, LATER, "e1"))
    assert (row["how"], row["root_actor"], row["depth"]) == ("GetSigninToken", "alice", 2)


def test_a_key_handed_back_issues_nothing() -> None:
    """Without a duration the console's federation gives the caller's own key: no new session."""
    back = signed_in(
        "GetSigninToken", ALICE, responseElements={"credentials": {"accessKeyId": "AKIAALICE"}}
    )
    row = session_of(back, used(ALICE, LATER, "e1"))
    assert (row["how"], row["depth"], row["chain"]) == (None, 0, ["alice"])


def test_a_local_tool_gets_a_grant_of_the_console() -> None:
    """What `aws login` does carries the sign-in session, and its grant is named."""
    grant = signed_in(
        "CreateOAuth2Token", keyless(ALICE, **BEGUN), responseElements=None,
        additionalEventData={"signInSessionArn": SIGN_IN},
    )  # fmt: skip
    attributes = BEGUN["sessionContext"] | {"signInSessionArn": SIGN_IN}
    tool = ALICE | {"accessKeyId": "ASIATOOL", "sessionContext": attributes}
    row = session_of(grant, used(tool, LATER, "e1"))
    assert (row["how"], row["link"]) == ("CreateOAuth2Token", "sign-in session")
    assert (row["issuing_event_id"], row["root_actor"]) == ("issue", "alice")


UNDATED = {name: WORK[name] for name in ("type", "principalId", "arn", "accountId")}


@pytest.mark.parametrize(
    ("identity", "link"),
    [
        (role_session("admin", "work", "ASIAX", "2026-11-03T02:00:01Z"),
         "assumed role id and time window"),
        (UNDATED, "assumed role id and time window, inferred"),
    ],
)  # fmt: skip
def test_the_only_session_of_a_name_is_taken_by_its_time(
    identity: dict[str, Any], link: str
) -> None:
    """Neither key nor second fit: the one session of that role and name is taken, and said so."""
    row = session_of(issued("AssumeRole", ALICE, ROLE), used(identity, LATER, "e1"))
    assert (row["link"], row["root_actor"]) == (link, "alice")


@pytest.mark.parametrize(
    "records",
    [
        [issued("AssumeRole", ALICE, ROLE), issued("AssumeRole", iam_user("bob", "AKIABOB"), ROLE,
                                                   eventTime="2026-11-03T02:05:00Z")],
        [issued("AssumeRole", ALICE, ROLE, eventTime="2026-11-02T02:00:00Z")],
        [issued("AssumeRole", ALICE, ROLE, eventTime="2026-11-03T02:20:00Z")],
    ],
    ids=["two of that name", "too long before", "only afterwards"],
)  # fmt: skip
def test_a_time_window_is_never_a_guess(records: list[dict[str, Any]]) -> None:
    """Two candidates, a session that ended long ago or one that began later tie nothing."""
    row = session_of(*records, used(UNDATED, LATER, "e1"))
    assert (row["root_actor"], row["link"]) == ("role/admin/work", None)
    assert row["unresolved"] == "no access key was logged, and no event issued such a session"


def test_a_users_temporary_key_without_an_issuer_says_so() -> None:
    """Whose it is, is known; that nothing here issued it, is said."""
    row = session_of(used(ALICE | {"accessKeyId": "ASIA1"} | BEGUN, LATER, "e1"))
    assert row["root_actor"] == "alice"
    assert row["unresolved"] == "issued before the window"
