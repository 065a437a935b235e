"""What a responder is told to look at, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.iam.policies import allow, deny, policy, trust
from trailnb.iam.compare import compare
from trailnb.iam.documents import parse
from trailnb.iam.escalations import Path, open_paths, paths
from trailnb.iam.expand import expand
from trailnb.iam.marks import escalations, gained_access, marks
from trailnb.iam.statements import EMPTY, Known, Omitted

OWN = "111122223333"


def marked(before: Known, after: Known, **more: Any) -> list[tuple[str, str]]:
    """Every mark's kind and subject."""
    return [(one.kind, one.about) for one in marks(compare(before, after), account=OWN, **more)]


def test_the_picture() -> None:
    """A role's policy opened at night carries every mark it deserves, each once, in words."""
    office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    wider = {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}}
    exports = ["arn:aws:s3:::acme-prod-exports", "arn:aws:s3:::acme-prod-exports/*"]
    read = ["s3:GetObject", "s3:ListBucket"]
    before = policy(
        allow(read, exports, Condition={**mfa, **office}),
        allow("logs:*"),
        deny(["cloudtrail:DeleteTrail", "cloudtrail:StopLogging"]),
    )
    after = policy(
        allow([*read, "iam:PassRole", "lambda:*"], Condition=wider),
        allow("logs:*"),
    )
    assert [str(mark) for mark in marks(compare(before, after)) if "path" not in mark.kind] == [
        "no longer denies cloudtrail:DeleteTrail, cloudtrail:StopLogging on *",
        "drops the condition Bool aws:MultiFactorAuthPresent = true",
        "widens the condition IpAddress aws:SourceIp = 203.0.113.0/24 by 198.51.100.0/24",
        "adds the wildcard action lambda:*",
        "gives iam:PassRole, lambda:* on every resource",
        "opens s3:GetObject, s3:ListBucket to every resource",
    ]
    assert [mark.about for mark in marks(compare(before, after)) if "path" in mark.kind] == [
        "Lambda function invoked",
        "Lambda function shared",
        "Lambda function by event source",
        "Lambda code replaced",
        "Lambda layer replaced",
    ]


@pytest.mark.parametrize(
    "harmless",
    [
        policy(allow(["ec2:Describe*", "s3:ListAllMyBuckets", "sts:GetCallerIdentity"])),
        policy(allow("s3:Get*", "arn:aws:s3:::exports/*")),
        policy(allow(["iam:CreateAccessKey", "iam:ChangePassword"],
                     "arn:aws:iam::*:user/${aws:username}")),
        policy(allow(["logs:CreateLogGroup", "logs:PutLogEvents"],
                     "arn:aws:logs:eu-west-1:1:log-group:/app/*")),
        policy(allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/deploy")),
        policy(allow("iam:PassRole", "arn:aws:iam::111122223333:role/app")),
        policy(
            allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"}),
        ),
        trust(OWN),
        policy(
            allow("s3:GetObject", "arn:aws:s3:::b/*", Principal="*",
                  Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
        ),
        policy(allow("kms:Decrypt", "*", Principal={"AWS": OWN})),
    ],
)  # fmt: skip
def test_everyday_documents_carry_no_mark(harmless: Known) -> None:
    """Reading, one's own key, a service's trust, one role to assume: nothing to look at."""
    assert marked(EMPTY, harmless) == []


@pytest.mark.parametrize("row", paths(), ids=lambda path: path.name)
def test_every_path_opens_with_its_actions_and_no_fewer(row: Path) -> None:
    """A path is opened by all of its actions; take one away, and it is not."""
    whole = policy(allow(list(row.actions)))
    assert ("escalation path", row.name) in marked(EMPTY, whole)
    for action in row.actions:
        rest = policy(*(allow(other) for other in row.actions if other != action))
        assert row not in open_paths([rest])
        assert row not in open_paths([whole, policy(deny(action))])


def test_paths_name_actions_that_exist() -> None:
    """Every action of the table is in AWS's reference, but for services that ended."""
    gone = {"codestar", "glue:CreateDevEndpoint", "glue:UpdateDevEndpoint", "datapipeline"}
    named = {action for path in paths() for action in path.actions}
    unknown = {action for action in named if expand(action) != (action,)}
    assert {
        one for one in unknown if one not in gone and one.partition(":")[0] not in gone
    } == set()


def test_a_path_is_completed_by_another_policy() -> None:
    """PassRole in one policy and RunInstances in another are the path together, once."""
    passing, running = policy(allow("iam:PassRole")), policy(allow("ec2:RunInstances"))
    assert open_paths([passing]) == open_paths([running]) == ()
    opened = escalations(compare(EMPTY, running), [passing])
    assert [mark.about for mark in opened] == ["EC2 instance with role"]
    assert escalations(compare(passing, passing), [running]) == []


def test_a_role_passed_elsewhere_opens_no_path() -> None:
    """PassRole to ECS tasks alone gives no Lambda function a role."""
    to_ecs = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    create = ["lambda:CreateFunction", "lambda:InvokeFunction"]
    assert open_paths([policy(allow("iam:PassRole", Condition=to_ecs), allow(create))]) == ()
    to_any = {"StringLike": {"iam:PassedToService": "*.amazonaws.com"}}
    assert open_paths([policy(allow("iam:PassRole", Condition=to_any), allow(create))])


@pytest.mark.parametrize("actions", ["*", "iam:*", ["s3:*", "IAM:*"]])
def test_administrators_are_named(actions: object) -> None:
    """All of IAM on everything gives all the rest; the paths it opens need no list."""
    kinds = [kind for kind, _ in marked(EMPTY, policy(allow(actions)))]
    assert kinds[0] == "admin-equivalent"
    assert "escalation path" not in kinds


@pytest.mark.parametrize(
    "statements",
    [
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        [allow("*"), deny("iam:*")],
        [allow("*", "arn:aws:s3:::b")],
        [allow("*", "*", Principal="*")],
    ],
)
def test_short_of_all_is_no_administrator(statements: list[dict[str, Any]]) -> None:
    """Power users, and everything on one bucket, are not administrators."""
    assert "admin-equivalent" not in {k for k, _ in marked(EMPTY, policy(*statements))}


def test_limits_grant_nothing() -> None:
    """A boundary or organization policy that allows everything makes no administrator."""
    found = marked(EMPTY, policy(allow("*")), is_limit=True)
    assert "admin-equivalent" not in {kind for kind, _ in found}


def test_trust_names_the_account() -> None:
    """A foreign account is named, a known one told apart, one's own left alone."""
    after = trust(f"arn:aws:iam::{OWN}:user/alice", "arn:aws:iam::999988887777:root")
    assert marked(EMPTY, after) == [("cross-account trust", "999988887777")]
    text = "trusts account 999988887777, {}: sts:AssumeRole"
    difference = compare(EMPTY, after)
    assert [str(m) for m in marks(difference, account=OWN)] == [text.format("foreign")]
    known = marks(difference, account=OWN, known_accounts={"999988887777"})
    assert [str(m) for m in known] == [text.format("known in this trail")]


def test_a_bucket_opened_to_everyone() -> None:
    """`Principal: *` is public; under a fixed organization it is not."""
    public = policy(allow("s3:GetObject", "arn:aws:s3:::b/*", Principal="*"))
    kept = policy(
        allow(
            "s3:GetObject",
            "arn:aws:s3:::b/*",
            Principal="*",
            Condition={"StringEquals": {"aws:PrincipalAccount": "999988887777"}},
        )
    )
    assert marked(EMPTY, public) == [("public principal", "*")]
    assert marked(EMPTY, kept) == [("cross-account trust", "999988887777")]
    assert ("public principal", "*") in marked(kept, public)


def test_unknown_content_is_said() -> None:
    """A policy padded away is marked as such, and what is told beside it is not certain."""
    found = marks(compare(policy(allow("s3:Get*")), Omitted(149_893)))
    assert [str(one) for one in found] == ["the document after is omitted, 149,893 bytes"]
    after = marks(compare(parse(None), policy(allow("*"))))
    assert {one.kind: one.is_certain for one in after}["admin-equivalent"] is False


def test_the_highest_access_gained() -> None:
    """The one most telling word, from the reference and the project's own table."""
    known = {"s3:Get*": "read", "s3:*": "permission", "ec2:RunInstances": "write"}
    found = {name: gained_access(compare(EMPTY, policy(allow(name)))) for name in known}
    assert found == known
    assert gained_access(compare(EMPTY, policy(allow("new:Thing")))) is None
    assert gained_access(compare(policy(deny("iam:*")), EMPTY)) == "permission"
