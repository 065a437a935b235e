"""One plain sentence per row of a timeline."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evidence import event, events, role
from trailnb.questions._summary import phrase
from trailnb.questions.timeline import timeline


def told(**fields: Any) -> str:
    """How does the timeline tell this one event?"""
    return str(timeline(events(event(**fields))).collect()["summary"].item())


IAM = {"eventSource": "iam.amazonaws.com"}


def test_policy_is_named_with_whom_it_was_given_to() -> None:
    """An attached policy is told by its name, the user by its own."""
    request = {"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    assert told(**IAM, eventName="AttachUserPolicy", requestParameters=request) == (
        "alice from 198.51.100.7 attached AdministratorAccess to user/bob: allowed"
    )


def test_policy_is_taken_from() -> None:
    """An inline policy deleted is told with whom it was taken from."""
    request = {"userName": "bob", "policyName": "deploy"}
    sentence = told(**IAM, eventName="DeleteUserPolicy", requestParameters=request)
    assert sentence.endswith("deleted deploy from user/bob: allowed")


def test_permission_set_is_named_without_its_digits() -> None:
    """A portal user is told with the permission set they used."""
    person = role("AWSReservedSSO_Admin_0123456789abcdef", "zoe@example.com")
    assert told(userIdentity=person) == (
        "zoe@example.com, as Admin from 198.51.100.7, listed buckets: allowed"
    )


def test_outcome_ends_the_sentence() -> None:
    """What was refused is told so."""
    assert told(errorCode="AccessDenied").endswith("listed buckets: denied")
    assert told(errorCode="NoSuchBucket").endswith("listed buckets: not found")


def test_missing_parts_leave_no_gap() -> None:
    """Without address, identity or request the sentence is short, never null."""
    sentence = told(sourceIPAddress=None, userIdentity=None, requestParameters=None)
    assert sentence == "unknown listed buckets: allowed"


@pytest.mark.parametrize(
    ("name", "arn", "said"),
    [
        ("DeleteRouteTable", "route-table/rtb-1", "deleted route-table/rtb-1"),
        ("StopInstance", "instance/i-1", "stopped instance/i-1"),
        ("AssociateRouteTable", "subnet/s-1", "associated route table on subnet/s-1"),
    ],
)
def test_kind_is_said_once(name: str, arn: str, said: str) -> None:
    """Where the target says what it is, the action's noun does not say it again."""
    resources = [{"ARN": f"arn:aws:ec2:eu-central-1:111122223333:{arn}", "type": "AWS::EC2::X"}]
    sentence = told(
        eventSource="ec2.amazonaws.com", eventName=name, resources=resources, readOnly=False
    )
    assert sentence == f"alice from 198.51.100.7 {said}: allowed"


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("s3:GetObject", "read object"),
        ("ec2:RunInstances", "ran instances"),
        ("s3:CopyObject", "copied object"),
        ("iam:DeactivateMFADevice", "deactivated MFA device"),
        ("dynamodb:BatchGetItem", "read item"),
        ("signin:ConsoleLogin", "signed in"),
        ("lambda:Invoke", "invoked"),
        ("cloudtrail:Aggregated", "called cloudtrail:Aggregated"),
        ("ec2:Describe*", "called ec2:Describe*"),
        ("x:", "called x:"),
    ],
)
def test_actions_read_as_words(action: str, said: str) -> None:
    """API names become a verb in the past and a noun; what is no verb is quoted."""
    words = phrase(action)
    assert " ".join(filter(None, [words["verb"], words["noun"]])) == said
