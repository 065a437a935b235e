"""The rules that name an actor, the most telling first.

Source: CloudTrail userIdentity element; IAM identifiers; logging IAM and STS calls; CloudTrail use
cases for IAM Identity Center (a reserved role's session name is the Identity Center user's name).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import polars as pl

from trailnb.facts._text import present, service
from trailnb.facts.actions import event_service

_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
_INSTANCE = r"^m?i-[0-9a-fA-F]{8,17}$"
# ECS names a session after its task, CodeBuild after its build.
_TASK = r"^[0-9a-f]{32}$"
_BUILD = r"^AWSCodeBuild-[0-9a-f-]{36}$"
# OIDC providers that vouch for pods and pipelines, not for people.
_MACHINE_PROVIDER = (
    r"oidc\.eks\.|token\.actions\.githubusercontent\.com|gitlab|bitbucket|circleci|buildkite|"
    r"terraform\.io|oidc\.vercel|oidc\.fly\.io"
)
# SDKs name the runtime they find themselves in; an agent is what the caller claims. CloudShell is
# not here: behind it sits a person.
_RUNTIME = r"exec-env/AWS_(?:Lambda|ECS|EKS)"
# CloudTrail hides what may be a password typed into the user-name field.
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
# A service acts as itself under these types; under any other it acts for the caller named there.
_NO_CALLER = ("AWSService", "AWSAccount", "Unknown")


Confidence = Literal["exact", "strong", "inferred"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to know the actor; it applies where `name` is not null.

    `confidence` is "exact" where AWS itself names the actor, "strong" where something implies it
    that only a service, an identity provider or an administrator sets, "inferred" where the
    caller chose the name.
    """

    source: str
    kind: str
    confidence: Confidence
    name: pl.Expr


@cache
def rules() -> tuple[Rule, ...]:
    """Which rules name an actor, in the order they are tried?

    Example:
        >>> rules()[0].source, rules()[-1].source
        ('identity_center', 'principal_id')
    """
    return (*_session_rules(), *_user_rules(), *_service_rules(), *_account_rules(), *_last_rules())


def _typed(*kinds: str) -> pl.Expr:
    return pl.col("user_type").is_in(kinds)


def session() -> pl.Expr:
    """Which role session is it: the ARN's last part, or what follows the role id?

    Example:
        >>> arn = "arn:aws:sts::111122223333:assumed-role/ops/deploy-17"
        >>> frame = pl.DataFrame(
        ...     {"user_type": "AssumedRole", "user_principal_id": "", "user_arn": arn}
        ... )
        >>> frame.select(session()).item()
        'deploy-17'
    """
    assumed = pl.when(_typed("AssumedRole")).then(pl.col("user_principal_id"))
    return pl.coalesce(
        pl.col("user_arn").str.extract(r":assumed-role/[^/]+/(.+)$"),
        assumed.str.extract(r"^[^:]+:(.+)$"),
    )


def role() -> pl.Expr:
    """Which role is it: the ARN names it, and the issuer too where the ARN is missing or torn?

    Example:
        >>> arn = "arn:aws:sts::111122223333:assumed-role/ops/deploy-17"
        >>> frame = pl.DataFrame(
        ...     {"user_type": "AssumedRole", "session_issuer_user_name": "", "user_arn": arn}
        ... )
        >>> frame.select(role()).item()
        'ops'
    """
    issuer = pl.when(_typed("AssumedRole", "Role")).then(present("session_issuer_user_name"))
    return pl.coalesce(
        pl.col("user_arn").str.extract(r":assumed-role/([^/]+)/"),
        issuer,
        pl.col("user_arn").str.extract(r":assumed-role/([^/]+)"),
    )


def _session_rules() -> tuple[Rule, ...]:
    # `who` names these two, so that each is read once and not once per rule.
    role, session = pl.col("__role"), pl.col("__session")
    text = pl.lit("role/") + role + (pl.lit("/") + session).fill_null("")
    portal_user = pl.when(role.str.starts_with("AWSReservedSSO_")).then(session)
    on_behalf_of = pl.lit("identity-center/") + present("on_behalf_of_user_id")
    person = pl.coalesce(portal_user, present("user_name"), on_behalf_of)
    linked = pl.col("session_issuer_arn").str.extract(r":role/aws-service-role/([^/]+)/")
    service_role = pl.lit("service:") + linked.str.replace(r"\.amazonaws\.com(\.cn)?$", "")
    issued_to = pl.coalesce(
        present("in_scope_of_issuer_type"), present("in_scope_of_credentials_issued_to")
    )
    provider = present("web_id_federated_provider")
    by_email = pl.when(session.str.contains(_EMAIL)).then(session)
    runtime = pl.when(pl.col("user_agent").str.contains(_RUNTIME)).then(text)
    machine = pl.when(provider.str.contains(_MACHINE_PROVIDER)).then(text)

    def named(pattern: str) -> pl.Expr:
        return pl.when(session.str.contains(pattern)).then(text)

    return (
        Rule("identity_center", "human", "exact", pl.when(on_behalf_of.is_not_null()).then(person)),
        Rule("identity_center_session", "human", "exact", portal_user),
        Rule("source_identity", "human", "strong", present("source_identity")),
        Rule("service_linked_role", "service", "exact", service_role),
        Rule("in_scope_of", "workload", "exact", pl.when(issued_to.is_not_null()).then(text)),
        Rule("ec2_instance", "workload", "strong", named(_INSTANCE)),
        Rule("machine_identity", "workload", "strong", machine),
        Rule("session_name_email", "human", "inferred", by_email),
        Rule("ecs_task", "workload", "inferred", named(_TASK)),
        Rule("codebuild", "workload", "inferred", named(_BUILD)),
        Rule("agent_runtime", "workload", "inferred", runtime),
        # A pod, a pipeline or an app's user: the provider vouches but does not tell which.
        Rule(
            "web_identity_session",
            "workload",
            "inferred",
            pl.when(provider.is_not_null()).then(text),
        ),
        # The session's name is whatever the caller chose: neither person nor machine is told.
        Rule("role_session", "unknown", "inferred", text),
    )


def _user_rules() -> tuple[Rule, ...]:
    named, arn = present("user_name"), pl.col("user_arn")
    subject = pl.when(_typed("WebIdentityUser")).then(pl.coalesce(named, "user_principal_id"))
    federated = pl.coalesce(
        arn.str.extract(r":federated-user/(.+)$"),
        pl.col("user_principal_id").str.extract(r"^\d+:(.+)$"),
    )
    account = pl.coalesce(present("user_account_id"), present("recipient_account_id"))
    return (
        Rule(
            "root",
            "root",
            "exact",
            pl.when(_typed("Root")).then(pl.lit("root") + (pl.lit("/") + account).fill_null("")),
        ),
        Rule(
            "hidden_user_name",
            "unknown",
            "inferred",
            pl.when(named == _HIDDEN).then(pl.lit("unknown")),
        ),
        Rule(
            "iam_user",
            "human",
            "exact",
            pl.when(_typed("IAMUser")).then(
                pl.coalesce(named, arn.str.extract(r":user/(?:.*/)?([^/]+)$"))
            ),
        ),
        Rule(
            "federated_user",
            "human",
            "strong",
            pl.when(_typed("FederatedUser")).then(pl.lit("federated-user/") + federated),
        ),
        Rule("saml_user", "human", "exact", pl.when(_typed("SAMLUser")).then(named)),
        Rule(
            "web_identity_email",
            "human",
            "exact",
            pl.when(subject.str.contains(_EMAIL)).then(subject),
        ),
        # repo:owner/name:ref:…, system:serviceaccount:namespace:name
        Rule(
            "ci_subject", "workload", "exact", pl.when(subject.str.contains(r"\w:\w")).then(subject)
        ),
        Rule("web_identity_subject", "unknown", "exact", subject),
    )


def _service_rules() -> tuple[Rule, ...]:
    by_itself = pl.col("user_type").is_null() | _typed(*_NO_CALLER)
    seen_from = pl.when(
        present("source_ip_address").str.contains(r"\.amazonaws\.com|^AWS Internal")
    )
    emitted = pl.col("event_type").is_in(["AwsServiceEvent", "AwsCloudTrailInsight"])
    emitter = pl.coalesce(event_service(), pl.lit("cloudtrail"))
    return (
        Rule(
            "service_principal",
            "service",
            "exact",
            pl.when(by_itself).then(pl.lit("service:") + service("invoked_by")),
        ),
        Rule(
            "service_address",
            "service",
            "strong",
            pl.when(_typed("AWSService")).then(
                pl.lit("service:") + seen_from.then(service("source_ip_address"))
            ),
        ),
        Rule(
            "service_event",
            "service",
            "strong",
            pl.when(emitted).then(pl.lit("service:") + emitter),
        ),
    )


def _account_rules() -> tuple[Rule, ...]:
    account, owner = present("user_account_id"), pl.col("recipient_account_id")
    unsigned = account.str.to_lowercase().eq("anonymous") | (
        pl.col("user_principal_id").str.to_lowercase().is_in(["anonymous", "anonymous_principal"])
    )
    named = pl.when(_typed("AWSAccount")).then(pl.lit("account/") + account)
    return (
        Rule("unsigned_request", "unknown", "exact", pl.when(unsigned).then(pl.lit("anonymous"))),
        Rule("foreign_account", "external account", "exact", pl.when(account != owner).then(named)),
        Rule("account", "unknown", "exact", named),
    )


def _last_rules() -> tuple[Rule, ...]:
    arn = present("user_arn").str.replace(r"^arn:[^:]*:[^:]*:[^:]*:[^:]*:", "")
    names = (
        ("user_name", present("user_name")),
        ("arn", arn),
        ("principal_id", present("user_principal_id")),
    )
    # What somebody blacked out, such as `--`, names nobody.
    return tuple(
        Rule(source, "unknown", "inferred", pl.when(name.str.contains(r"\w")).then(name))
        for source, name in names
    )
