"""A permission change for the eye: the same model as text and as HTML."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import trailnb as tn
from tests.hostile import PAYLOADS, STEERING, filled
from tests.iam.policies import allow, deny
from trailnb._plain import plain
from trailnb.errors import RequestError
from trailnb.iam.changes import SCHEMA
from trailnb.iam.view import Change, iam_view, policy_diff

if TYPE_CHECKING:
    from collections.abc import Iterator

OFFICE, BRANCH = "203.0.113.0/24", "198.51.100.0/24"
EXPORTS = ["arn:aws:s3:::acme-prod-exports", "arn:aws:s3:::acme-prod-exports/*"]


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """A document, as a log writes it."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def came_from(*networks: str, operator: str = "IpAddress") -> dict[str, Any]:
    """A condition on where a request comes from."""
    return {operator: {"aws:SourceIp": list(networks)}}


def row(**columns: Any) -> dict[str, Any]:
    """A row of `iam_changes`: ops-admin's inline policy is written."""
    told = {
        "time": datetime(2026, 11, 6, 2, 26, 21, tzinfo=UTC),
        "actor": "role/ops/eve",
        "root_actor": "eve@example.com",
        "action": "iam:PutRolePolicy",
        "outcome": "success",
        "change": "changed",
        "entity_kind": "role",
        "entity_name": "ops-admin",
        "aspect": "inline policy exports",
        "before": None,
        "after": json.dumps(document(allow("s3:*"))),
        "marks": [],
        "reasons": [],
        "event_id": "11111111-1111-4111-8111-111111111111",
    }
    return told | columns


def lines(change: Change) -> list[str]:
    """What the text says of the documents, without title, facts and reasons."""
    return [line for line in str(change).splitlines()[1:] if not line.startswith(("  !", "  g"))]


def test_the_picture() -> None:
    """A role's policy opened at night: every change has its sign, and what stayed has none."""
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    read = ["s3:GetObject", "s3:ListBucket"]
    before = document(
        allow(read, EXPORTS, Sid="ReadExports", Condition={**mfa, **came_from(OFFICE)}),
        allow("logs:*", Sid="Logs"),
        deny(["cloudtrail:DeleteTrail", "cloudtrail:StopLogging"], Sid="NoTrail"),
    )
    after = document(
        allow("logs:*", Sid="Logs"),
        allow([*read, "s3:*"], Sid="ReadExports", Condition=came_from(OFFICE, BRANCH)),
        allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/ops-*"),
    )
    told = str(policy_diff(before, after)).splitlines()
    assert told[:6] == [
        "policy document",
        "  ! no longer denies cloudtrail:DeleteTrail, cloudtrail:StopLogging on *",
        "  ! drops the condition Bool aws:MultiFactorAuthPresent = true",
        f"  ! widens the condition IpAddress aws:SourceIp = {OFFICE} by {BRANCH}",
        "  ! adds the wildcard action s3:*",
        "  ! gives s3:* on every resource",
    ]
    assert told[7:27] == [
        "    Allow ReadExports",
        "  +   Action s3:*",
        "      Action s3:GetObject",
        "      Action s3:ListBucket",
        "  -   Resource arn:aws:s3:::acme-prod-exports",
        "  -   Resource arn:aws:s3:::acme-prod-exports/*",
        "  +   Resource *",
        f"  +   Condition IpAddress aws:SourceIp = {BRANCH}  (widened)",
        f"      Condition IpAddress aws:SourceIp = {OFFICE}",
        "  -   Condition Bool aws:MultiFactorAuthPresent = true  (dropped)",
        "    Allow Logs",
        "      Action logs:*",
        "      Resource *",
        "  - Deny NoTrail",
        "  -   Action cloudtrail:DeleteTrail",
        "  -   Action cloudtrail:StopLogging",
        "  -   Resource *",
        "  + Allow",
        "  +   Action sts:AssumeRole",
        "  +   Resource arn:aws:iam::111122223333:role/ops-*",
    ]
    assert told[-1] == "  no longer denied: cloudtrail:DeleteTrail, cloudtrail:StopLogging on *"


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        (came_from(OFFICE), came_from(OFFICE, BRANCH), "widened"),
        (came_from(OFFICE, BRANCH), came_from(OFFICE), "narrowed"),
        (came_from(OFFICE), came_from(BRANCH), "changed"),
        (came_from(OFFICE), came_from("203.0.0.0/16"), "widened"),
        (
            came_from(OFFICE, operator="NotIpAddress"),
            came_from(OFFICE, BRANCH, operator="NotIpAddress"),
            "narrowed",
        ),
        (
            {"StringEquals": {"s3:prefix": "a/"}},
            {"StringLike": {"s3:prefix": "b/*"}},
            "changed",
        ),
        ({"StringEquals": {"s3:prefix": "a"}}, {"StringLike": {"s3:prefix": "a*"}}, "widened"),
        (came_from(OFFICE), {}, "dropped"),
        ({}, came_from(OFFICE), "added"),
    ],
)
def test_conditions_are_held_against_each_other(
    before: dict[str, Any], after: dict[str, Any], note: str
) -> None:
    """By operator and key: a longer list widens or narrows the condition, and drops nothing."""
    was, now = (document(allow("s3:*", Condition=one)) for one in (before, after))
    told = "\n".join(lines(policy_diff(was, now)))
    assert re.findall(r"  \((\w+)\)", told) == [note]


def test_order_case_and_spelling_change_nothing() -> None:
    """Statements in another order, S3:GetObject, an account for its root: no line has a sign."""
    root = {"AWS": "arn:aws:iam::111122223333:root"}
    was = document(allow(["s3:GetObject", "ec2:*"], Principal=root, Sid="A"), deny("iam:*"))
    now = document(
        deny("IAM:*"), allow(["ec2:*", "S3:getobject"], Principal={"AWS": ["111122223333"]})
    )
    change = policy_diff(was, now)
    assert not any(pair.is_changed for pair in change.pairs)
    assert "<ins>" not in change._repr_html_()


def test_the_same_sid_with_another_effect_is_seen_at_the_head() -> None:
    """A Deny that becomes an Allow is one gone and one new."""
    told = lines(policy_diff(document(deny("s3:*", Sid="S")), document(allow("s3:*", Sid="S"))))
    heads = [line for line in told if "Deny S" in line or "Allow S" in line]
    assert heads == ["  - Deny S", "  + Allow S"]


def test_beside_the_unknown_nothing_is_called_new() -> None:
    """Where nobody knows what was, every line says perhaps."""
    told = str(iam_view(row(before="unknown"))[0]).splitlines()
    assert told[2:] == [
        "  before: unknown: nothing in these logs tells",
        "  ? Allow",
        "  ?   Action s3:*",
        "  ?   Resource *",
    ]


def test_an_omitted_document_is_said_and_never_taken_for_nothing() -> None:
    """What CloudTrail left out stands there with its size."""
    change = iam_view(
        row(before=json.dumps(document(allow("s3:*"))), after="omitted, 131977 bytes")
    )
    assert "  after: omitted, 131977 bytes" in str(change)
    assert "  ?   Action s3:*" in str(change)
    assert "omitted, 131977 bytes" in change._repr_html_()


def test_an_open_order_lists_what_it_may_have_been() -> None:
    """Each state that one second leaves possible has a line."""
    told = str(iam_view(row(before="unknown order within the second: nothing | attached"))[0])
    assert "  before: unknown order within the second: one of\n    nothing\n    attached\n" in told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, "Active", ["  before: nothing", "  + Active"]),
        ("Active", "Inactive", ["  - Active", "  + Inactive"]),
        (
            '{"minimumPasswordLength":14,"hardExpiry":true}',
            '{"minimumPasswordLength":6,"hardExpiry":true}',
            ["  - minimumPasswordLength 14", "  + minimumPasswordLength 6", "    hardExpiry true"],
        ),
        ("present", None, ["  before: there, content unknown", "  after: nothing"]),
        (None, '{"Statement":[{"Effect":"Al', ["  before: nothing"]),
    ],
)
def test_what_is_no_policy_is_shown_too(
    before: str | None, after: str | None, told: list[str]
) -> None:
    """Keys, settings and words stand side by side like statements."""
    change = iam_view(row(aspect="access key AKIAEXAMPLE", before=before, after=after))[0]
    assert str(change).splitlines()[2 : 2 + len(told)] == told


def test_one_statement_of_a_function_is_read_as_a_statement() -> None:
    """Lambda keeps each statement apart."""
    statement = {**allow("lambda:InvokeFunction"), "Principal": "*", "Sid": "backdoor"}
    change = iam_view(row(aspect="statement backdoor", after=json.dumps(statement)))[0]
    assert "  + Allow backdoor\n  +   Principal *\n" in str(change)


def test_an_attempt_is_called_one() -> None:
    """A denied call changed nothing, and the title says so."""
    told = str(iam_view(row(change="attempted", outcome="denied"))[0])
    title = "iam:PutRolePolicy on role/ops-admin: inline policy exports"
    assert told.startswith(f"{title} (attempted, denied: nothing changed)\n")


def test_facts_name_who_stands_behind() -> None:
    """When, by whom, from where: in one line, with the event to look up."""
    told = str(iam_view(row(origin="203.0.113.77", affects=["user/ci"]))[0]).splitlines()[1]
    assert told == (
        "  at 2026-11-06 02:26:21 UTC, by role/ops/eve, behind it eve@example.com, "
        "from 203.0.113.77, event 11111111-1111-4111-8111-111111111111, also changed by it user/ci"
    )


def test_long_lists_fold_and_what_changed_stays_in_sight() -> None:
    """Forty actions that stayed are a number; the one that is new stands above them."""
    many = [f"ec2:Describe{place:02}" for place in range(40)]
    was = document(allow(many, Sid="Many"), allow("logs:*", Sid="Logs"))
    now = document(allow([*many, "iam:PassRole"], Sid="Many"), allow("logs:*", Sid="Logs"))
    change = policy_diff(was, now)
    assert "  +   Action iam:PassRole" in str(change)
    assert "      (32 more of Action, unchanged)" in str(change)
    assert "    (Allow Logs, 2 lines, unchanged)" in str(change)
    html = change._repr_html_()
    assert "<details><summary>32 more of Action, unchanged</summary>" in html
    assert "ec2:Describe39" in html


def test_many_new_lines_fold_in_html_and_are_all_in_text() -> None:
    """Scripts miss nothing that changed."""
    now = document(allow([f"ec2:Describe{place:02}" for place in range(40)]))
    change = policy_diff(None, now)
    assert str(change).count("  +   Action") == 40
    assert "<summary>32 more of Action, changed</summary>" in change._repr_html_()


def test_a_page_stays_bounded_and_counts_what_it_leaves_out() -> None:
    """Two thousand statements are cut where nobody reads on."""
    now = document(*(allow(f"s3:Get{place}", Sid=f"S{place}") for place in range(1_500)))
    told = str(policy_diff(None, now))
    left_out = sum(int(count) for count in re.findall(r"\((\d+) more lines, not shown\)", told))
    assert 2_000 + left_out == 1_500 * 3
    assert len(policy_diff(None, now)._repr_html_()) < 1_000_000


def test_log_text_is_escaped() -> None:
    """Whatever stands in any column: no element comes of it, and nothing steers a terminal."""
    changes = iam_view(filled(SCHEMA))
    html = changes._repr_html_()
    assert set(re.findall(r"</?([^\s>]*)", html)) == {
        "div", "style", "details", "summary", "b", "span", "p", "ul", "li", "table", "thead",
        "tbody", "tr", "th", "td", "i",
    }  # fmt: skip
    assert not re.search(r"<[^>]*\s(?!class|colspan|open|style=\"text-align:left\")[a-z]+=", html)
    assert STEERING.search(html) is None
    assert STEERING.search(str(changes).replace("\n", "")) is None


@pytest.mark.parametrize("name", PAYLOADS)
def test_documents_are_escaped(name: str) -> None:
    """A document may hold anything, in every place a document has."""
    bad = PAYLOADS[name]
    made = allow(bad, bad, Sid=bad, Principal={bad or "AWS": bad}, Condition={bad: {bad: bad}})
    change = policy_diff(document(allow("s3:*")), document(made))
    assert STEERING.search(change._repr_html_() + str(change).replace("\n", "")) is None
    assert not re.search(r"<(?:img|script|svg|iframe|form|base|a)\b", change._repr_html_())


def test_html_needs_nothing_else() -> None:
    """No script, nothing to load, no text colour of its own: it survives export and any theme."""
    html = iam_view(row(reasons=["adds the wildcard action s3:*"]))._repr_html_()
    assert not re.search(r"<script|src=|href=|url\(|@import|https?:", html)
    assert not re.search(r"[;{ ]color:\s*#", html)


def test_cards_that_matter_are_open() -> None:
    """In a list, what carries a mark stands open and the rest is one line each."""
    html = iam_view([row(marks=["admin-equivalent"]), row(), row(marks=["content unknown"])])
    assert re.findall(r'<details class="card"( open)?>', html._repr_html_()) == [" open", "", ""]


def test_a_long_answer_says_what_is_not_shown() -> None:
    """A hundred cards, and the number there are."""
    html = iam_view([row()] * 130)._repr_html_()
    assert html.count('<details class="card"') == 100
    assert "The first 100 of 130" in html


def test_a_console_shows_the_text() -> None:
    """Where there is no HTML, the change is its text."""
    changes = iam_view([row(), row()])
    assert repr(changes[0]) == str(changes[0])
    assert repr(changes) == f"{changes[0]}\n\n{changes[1]}"


def test_nothing_changed_is_said() -> None:
    """An empty answer is no empty page."""
    nothing = iam_view(pl.DataFrame([row()]).clear())
    assert len(nothing) == 0
    assert str(nothing) == "No change of permissions."
    assert "No change of permissions." in nothing._repr_html_()


def test_answers_are_shown_as_they_come() -> None:
    """Lazy or not, of changes or of a difference between two moments."""
    trail = tn.open("data-samples/quiet")
    told = str(iam_view(tn.iam_changes(trail)))
    assert "iam:PutRolePolicy on role/thumbnailer-role: inline policy media" in told
    net = iam_view(tn.iam_diff(trail, since="2026-11-01").collect())
    assert [one.title for one in net] == [
        "role/thumbnailer-role: permissions", "role/thumbnailer-role: trust",
    ]  # fmt: skip


def test_a_frame_of_something_else_is_refused() -> None:
    """The error names what is missing."""
    with pytest.raises(RequestError, match=r"these lack entity_kind, .*, reasons"):
        iam_view(pl.DataFrame({"actor": ["alice"]}))


ACTIONS = st.lists(
    st.sampled_from(["s3:*", "s3:Get*", "ec2:Run", "iam:<b>"]), min_size=1, max_size=3
)
STATEMENTS = st.builds(
    allow,
    ACTIONS,
    st.sampled_from(["*", "arn:aws:s3:::b/*"]),
    Sid=st.sampled_from(["", "One", "Two"]),
    Condition=st.sampled_from([{}, came_from(OFFICE), came_from(OFFICE, BRANCH)]),
)
DOCUMENTS = st.builds(document, STATEMENTS, STATEMENTS)


def shown_in(html: str) -> Iterator[tuple[str, str]]:
    """Sign and text of every line in the HTML, as a reader sees them."""
    for cell in re.findall(r"<td[^>]*>(?:<(?:ins|del|span)>)?<span class=\"sign\">.*?</td>", html):
        text = unescape(re.sub(r"<[^>]*>", "", re.sub(r'<span class="note">.*', "", cell)))
        yield {"−": "-"}.get(text[0], text[0]), text[1:].strip()  # noqa: RUF001 - the minus sign


@given(DOCUMENTS, DOCUMENTS)
def test_text_and_html_say_the_same(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Every line that is gone or new in the one is so in the other."""
    change = policy_diff(before, after)
    in_html = sorted(found for found in shown_in(change._repr_html_()) if found[0] in "-+")
    in_text = sorted(
        (line[2], re.sub(r"  \(\w+\)$", "", line[4:].strip()))
        for line in str(change).splitlines()
        if line[2:4] in {"- ", "+ "}
    )
    assert in_html == in_text
    assert all(plain(text) == text for _, text in in_html)


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(same: dict[str, Any]) -> None:
    """No line has a sign, and there is nothing to look at."""
    change = policy_diff(same, same)
    assert not any(pair.is_changed for pair in change.pairs)
    assert (change.reasons, change.gained, change.lost) == ((), (), ())


@given(DOCUMENTS, DOCUMENTS)
def test_sides_swap(before: dict[str, Any], after: dict[str, Any]) -> None:
    """What is new from one to the other is gone the other way round."""
    counts = [
        {sign: text.count(f"  {sign} ") for sign in "-+"}
        for text in (
            "\n".join(lines(policy_diff(*pair))) for pair in ((before, after), (after, before))
        )
    ]
    assert counts[0] == {"-": counts[1]["+"], "+": counts[1]["-"]}
