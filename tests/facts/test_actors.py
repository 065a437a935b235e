"""Who did it, as far as one record tells."""

from __future__ import annotations

import pytest

from tests.evidence import event, events, role, user
from trailnb.facts.actors import CONFIDENCES, KINDS

ACCOUNT = "111122223333"
PORTAL = "AWSReservedSSO_Admin_0123456789abcdef"
WEB_IDENTITY = {"type": "WebIdentityUser", "identityProvider": "token.actions.example"}
LINKED = role("AWSServiceRoleForRDS", "SLRManagement") | {
    "sessionContext": {
        "sessionIssuer": {
            "arn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/rds.amazonaws.com/AWSServiceRole"
        }
    }
}

SAID = [
    (user("alice"), "alice", "human", "iam_user"),
    ({"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/it/bob"}, "bob", "human", "iam_user"),
    ({"type": "Root", "accountId": ACCOUNT}, f"root/{ACCOUNT}", "root", "root"),
    (role("ops", "deploy-17"), "role/ops/deploy-17", "unknown", "role_session"),
    (role("ops", "eve@example.com"), "eve@example.com", "human", "session_name_email"),
    (role(PORTAL, "dana"), "dana", "human", "identity_center_session"),
    (role(PORTAL, "dana", onBehalfOf={"userId": "9067"}), "dana", "human", "identity_center"),
    (
        {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "9067"}},
        "identity-center/9067",
        "human",
        "identity_center",
    ),
    (
        role("ops", "s") | {"sessionContext": {"sourceIdentity": "frank"}},
        "frank",
        "human",
        "source_identity",
    ),
    (
        role("web", "i-0123456789abcdef0"),
        "role/web/i-0123456789abcdef0",
        "workload",
        "ec2_instance",
    ),
    (
        role("fn", "fn", inScopeOf={"issuerType": "AWS::Lambda::Function"}),
        "role/fn/fn",
        "workload",
        "in_scope_of",
    ),
    (LINKED, "service:rds", "service", "service_linked_role"),
    (
        {"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"},
        "service:delivery.logs",
        "service",
        "service_principal",
    ),
    (
        {"accountId": ACCOUNT, "invokedBy": "AWS Internal"},
        "service:AWS Internal",
        "service",
        "service_principal",
    ),
    (
        {"type": "AWSAccount", "accountId": "999988887777", "principalId": "AIDAX"},
        "account/999988887777",
        "external account",
        "foreign_account",
    ),
    ({"type": "AWSAccount", "accountId": "anonymous"}, "anonymous", "unknown", "unsigned_request"),
    ({"type": "SAMLUser", "userName": "gina"}, "gina", "human", "saml_user"),
    (
        WEB_IDENTITY | {"userName": "repo:acme/app:ref:refs/heads/main"},
        "repo:acme/app:ref:refs/heads/main",
        "workload",
        "ci_subject",
    ),
    (
        {"type": "FederatedUser", "principalId": f"{ACCOUNT}:henk"},
        "federated-user/henk",
        "human",
        "federated_user",
    ),
    (
        {"type": "IAMUser", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS", "accessKeyId": ""},
        "unknown",
        "unknown",
        "hidden_user_name",
    ),
    ({}, "unknown", "unknown", "nothing"),
]


@pytest.mark.parametrize(("identity", "name", "kind", "source"), SAID)
def test_identity_names_actor(
    identity: dict[str, object], name: str, kind: str, source: str
) -> None:
    """Each kind of identity gives a readable name, a kind and the rule that decided."""
    seen = events(event(userIdentity=identity)).select("actor", "actor_kind", "actor_source")
    assert seen.collect().row(0) == (name, kind, source)
    assert kind in KINDS


def test_service_event_names_its_service() -> None:
    """A service event that names nobody was made by the service itself."""
    rotated = event(eventType="AwsServiceEvent", eventSource="kms.amazonaws.com", userIdentity=None)
    assert events(rotated).select("actor").collect().item() == "service:kms"


def test_service_on_behalf_of_user_stays_the_user() -> None:
    """A call that a service made with alice's credentials is still alice's."""
    forwarded = event(userIdentity=user("alice") | {"invokedBy": "cloudformation.amazonaws.com"})
    assert events(forwarded).select("actor").collect().item() == "alice"


SURE = [
    (user("alice"), "exact"),
    (role(PORTAL, "dana"), "exact"),
    (LINKED, "exact"),
    (role("ops", "s") | {"sessionContext": {"sourceIdentity": "frank"}}, "strong"),
    (role("web", "i-0123456789abcdef0"), "strong"),
    (role("ops", "eve@example.com"), "inferred"),
    (role("ops", "deploy-17"), "inferred"),
    ({}, "inferred"),
]


@pytest.mark.parametrize(("identity", "confidence"), SURE)
def test_actor_says_how_sure_it_is(identity: dict[str, object], confidence: str) -> None:
    """What AWS states is exact, what an administrator set is strong, a chosen name is inferred."""
    seen = events(event(userIdentity=identity)).select("actor_confidence").collect()
    assert seen.item() == confidence
    assert confidence in CONFIDENCES


WORKLOADS = [
    ("task", "0123456789abcdef0123456789abcdef", {}, "ecs_task"),
    ("build", "AWSCodeBuild-01234567-89ab-cdef-0123-456789abcdef", {}, "codebuild"),
    ("node", "mi-0123456789abcdef0", {}, "ec2_instance"),
    ("pod", "s", {"federatedProvider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu"},
     "machine_identity"),
    ("app", "s", {"federatedProvider": "accounts.example"}, "web_identity_session"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "session", "provider", "source"), WORKLOADS)
def test_session_of_a_machine(
    name: str, session: str, provider: dict[str, str], source: str
) -> None:
    """A task, a build, a pod or an instance is a workload, by the name of its session or issuer."""
    identity = role(name, session, sessionContext={"webIdFederationData": provider})
    seen = events(event(userIdentity=identity)).select("actor", "actor_kind", "actor_source")
    assert seen.collect().row(0) == (f"role/{name}/{session}", "workload", source)


def test_agent_tells_a_function() -> None:
    """A session from a Lambda runtime is a workload, as far as its agent can be believed."""
    called = event(
        userIdentity=role("fn", "orders"),
        userAgent="Boto3/1.40 exec-env/AWS_Lambda_python3.13",
    )
    seen = events(called).select("actor_kind", "actor_source", "actor_confidence").collect()
    assert seen.row(0) == ("workload", "agent_runtime", "inferred")


def test_blacked_out_names_nobody() -> None:
    """Where somebody put dashes in place of every name, the actor is unknown, and said so."""
    dashes = {"type": "", "principalId": "-", "arn": "--", "userName": "-"}
    seen = events(event(userIdentity=dashes)).select("actor", "actor_kind", "actor_source")
    assert seen.collect().row(0) == ("unknown", "unknown", "nothing")


def test_torn_arn_leaves_the_issuer() -> None:
    """Where the ARN lost its session, issuer and principal id still tell."""
    torn = role(PORTAL, "dana") | {
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{PORTAL}dana",
        "principalId": "AROAEXAMPLE2222222222:dana",
    }
    seen = events(event(userIdentity=torn)).select("actor", "actor_source").collect()
    assert seen.row(0) == ("dana", "identity_center_session")
