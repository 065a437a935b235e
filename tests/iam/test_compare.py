"""What changed between two documents, case by case."""

from __future__ import annotations

from tests.iam.policies import allow, deny, policy, trust
from trailnb.iam.compare import compare
from trailnb.iam.statements import EMPTY, Document, Known, Omitted, Unknown

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def gained(before: Known, after: Known) -> list[str]:
    """What is gained, as sentences."""
    return [str(grant) for grant in compare(before, after).gained]


def lost(before: Known, after: Known) -> list[str]:
    """What is lost, as sentences."""
    return [str(grant) for grant in compare(before, after).lost]


def test_everything_else_is_gained() -> None:
    """From ec2:* to *, all but EC2 is gained and nothing lost."""
    before, after = policy(allow("ec2:*")), policy(allow("*"))
    assert gained(before, after) == ["Allow * except ec2:* on *"]
    assert lost(before, after) == []


def test_splitting_a_statement_is_no_change() -> None:
    """Two statements that say what one said change nothing."""
    one = policy(allow(["s3:Get*", "s3:Put*"], ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]))
    two = policy(
        allow("s3:Put*", ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]),
        allow("S3:get*", "arn:aws:s3:::a/*"),
        allow("s3:GetObject", "arn:aws:s3:::b/*"),
        allow("s3:Get*", "arn:aws:s3:::b/*"),
    )
    assert compare(one, two).is_change is False


def test_an_action_and_a_resource_more() -> None:
    """What is new is told apart by action, then by resource."""
    before = policy(allow("s3:GetObject", "arn:aws:s3:::a/*"))
    after = policy(allow(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::a/*", "arn:aws:s3:::b"]))
    assert gained(before, after) == [
        "Allow s3:PutObject on arn:aws:s3:::a/*, arn:aws:s3:::b",
        "Allow s3:GetObject on arn:aws:s3:::b",
    ]


def test_not_action_is_everything_else() -> None:
    """NotAction without an entry gains exactly that entry."""
    raw = {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}
    before, after = policy(raw), policy({**raw, "NotAction": "iam:*"})
    assert gained(before, after) == ["Allow sts:* on *"]
    assert lost(before, after) == []


def test_a_deny_added_is_lost_and_removed_is_gained() -> None:
    """Denies count on their own: another policy may allow what this one forbids."""
    plain = policy(allow("s3:*"))
    guarded = policy(allow("s3:*"), deny("cloudtrail:StopLogging"))
    assert lost(plain, guarded) == ["Deny cloudtrail:StopLogging on *"]
    assert gained(guarded, plain) == ["Deny cloudtrail:StopLogging on *"]
    assert gained(plain, guarded) == lost(guarded, plain) == []


def test_what_is_forbidden_is_not_granted() -> None:
    """An Allow that the document itself denies gives nothing."""
    after = policy(allow("*"), deny("iam:*"))
    assert gained(EMPTY, after) == ["Allow * except iam:* on *"]
    assert lost(EMPTY, after) == ["Deny iam:* on *"]


def test_a_dropped_condition_is_gained_with_what_was_asked() -> None:
    """The same permission without its condition is a gain that remembers the condition."""
    difference = compare(policy(allow("s3:*", Condition=MFA)), policy(allow("s3:*")))
    assert [str(grant) for grant in difference.gained] == ["Allow s3:* on *"]
    assert [str(each) for each in difference.gained[0].was[0]] == [
        "Bool aws:MultiFactorAuthPresent = true"
    ]
    assert difference.lost == ()


def test_a_widened_list_gains_what_it_gained() -> None:
    """Of a longer list of addresses only the new ones are gained."""
    office = {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}
    wider = {"IpAddress": {"AWS:SourceIP": ["203.0.113.0/25", "203.0.113.0/24", "198.51.100.7"]}}
    before, after = policy(allow("s3:*", Condition=office)), policy(allow("s3:*", Condition=wider))
    assert gained(before, after) == ["Allow s3:* on * if IpAddress AWS:SourceIP = 198.51.100.7"]
    assert lost(before, after) == []


def test_trust_by_account_is_trust_by_root() -> None:
    """An account number and its root's ARN are the same principal; a role of it lies within."""
    root = "arn:aws:iam::111122223333:root"
    assert compare(trust("111122223333"), trust(root)).is_change is False
    role = "arn:aws:iam::111122223333:role/ops"
    assert compare(trust(root), trust(root, role)).is_change is False
    assert gained(trust(root), trust(root, "999988887777")) == [
        "Allow sts:AssumeRole for AWS:999988887777"
    ]


def test_everyone_is_one_principal() -> None:
    """`*` and `{"AWS": "*"}` are the same (IAM User Guide, Principal)."""
    anyone = policy(allow("sts:AssumeRole", None, Principal="*"))
    assert compare(trust("*"), anyone).is_change is False


def test_an_omitted_document_is_never_no_change() -> None:
    """Nobody can tell what a padded-away policy changed; what it replaced may be lost."""
    difference = compare(policy(allow("s3:*")), Omitted(149_893))
    assert difference.is_change is None
    assert difference.doubts == ("the document after is omitted, 149,893 bytes",)
    assert difference.gained == ()
    assert [str(grant) for grant in difference.lost] == ["Allow s3:* on *"]
    assert compare(Unknown(), Unknown()).is_change is None


def test_monsters_are_compared_whole() -> None:
    """Documents beyond any service's limit are still compared, statement by statement."""
    many = [allow(f"s3:*{n}*", f"arn:aws:s3:::b{n}*/?") for n in range(1500)]
    more = [allow(f"ec2:*{n}*", f"arn:aws:ec2:*:*:i{n}*/?") for n in range(1500)]
    difference = compare(policy(*many), policy(*more))
    assert difference.doubts == ("the documents are too large to compare piece by piece",)
    assert len(difference.gained) == len(difference.lost) == 1500
    assert compare(policy(*many), Document(policy(*many).statements[::-1])).is_change is False


def test_long_lists_compare_soon() -> None:
    """Thousands of names in one statement are no trouble."""
    names = [f"s3:Action{n}" for n in range(3000)]
    before = policy(allow(names, [f"arn:aws:s3:::b{n}" for n in range(3000)]))
    after = policy(allow([*names, "s3:*"], [f"arn:aws:s3:::b{n}" for n in range(1, 3001)]))
    assert len(compare(before, after).gained) == 2
