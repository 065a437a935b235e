"""The rules that name an actor, the most telling first.

Source: CloudTrail userIdentity element; IAM identifiers; logging IAM and STS calls; CloudTrail use
cases for IAM Identity Center (a reserved role's session name is the Identity Center user's name).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import polars as pl

from trailnb.facts._text import present, service
from trailnb.facts.actions import event_service

_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
_INSTANCE = r"^i-[0-9a-fA-F]{8,17}$"
# CloudTrail hides what may be a password typed into the user-name field.
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
# A service acts as itself under these types; under any other it acts for the caller named there.
_NO_CALLER = ("AWSService", "AWSAccount", "Unknown")


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to know the actor; it applies where `name`, read by `over_rules`, is not null."""

    source: str
    kind: str
    name: pl.Expr


@cache
def rules() -> tuple[Rule, ...]:
    """Which rules name an actor, in the order they are tried?

    Example:
        >>> rules()[0].source, rules()[-1].source
        ('identity_center', 'principal_id')
    """
    return (*_session_rules(), *_user_rules(), *_service_rules(), *_account_rules(), *_last_rules())


def over_rules(answer: pl.Expr) -> pl.Expr:
    """What does an expression over the rules' names come to?

    Role and session are read from the ARN once, not once per rule.

    Example:
        >>> from trailnb.facts.columns import base_schema
        >>> empty = pl.DataFrame(schema=base_schema()).clear(1)
        >>> empty.with_columns(user_type=pl.lit("IAMUser"), user_name=pl.lit("alice")).select(
        ...     over_rules(pl.coalesce(*(rule.name for rule in rules())))
        ... ).item()
        'alice'
    """
    known: pl.Expr = pl.struct(_role().alias("role"), _session().alias("session"))
    return known.struct.with_fields(answer.alias("answer")).struct.field("answer")


def _typed(*kinds: str) -> pl.Expr:
    return pl.col("user_type").is_in(kinds)


def _session() -> pl.Expr:
    """Name the role session: the ARN's last part, or what follows the role id."""
    assumed = pl.when(_typed("AssumedRole")).then(pl.col("user_principal_id"))
    return pl.coalesce(
        pl.col("user_arn").str.extract(r":assumed-role/[^/]+/(.+)$"),
        assumed.str.extract(r"^[^:]+:(.+)$"),
    )


def _role() -> pl.Expr:
    """Name the role; the issuer names it too where the ARN is missing."""
    issuer = pl.when(_typed("AssumedRole", "Role")).then(present("session_issuer_user_name"))
    return pl.coalesce(pl.col("user_arn").str.extract(r":assumed-role/([^/]+)"), issuer)


def _session_rules() -> tuple[Rule, ...]:
    role, session = pl.field("role"), pl.field("session")
    text = pl.lit("role/") + role + (pl.lit("/") + session).fill_null("")
    portal_user = pl.when(role.str.starts_with("AWSReservedSSO_")).then(session)
    on_behalf_of = pl.lit("identity-center/") + present("on_behalf_of_user_id")
    linked = pl.col("session_issuer_arn").str.extract(r":role/aws-service-role/([^/]+)/")
    issued_to = pl.coalesce(
        present("in_scope_of_issuer_type"), present("in_scope_of_credentials_issued_to")
    )
    return (
        Rule(
            "identity_center",
            "human",
            pl.when(on_behalf_of.is_not_null()).then(
                pl.coalesce(portal_user, present("user_name"), on_behalf_of)
            ),
        ),
        Rule("identity_center_session", "human", portal_user),
        Rule("source_identity", "human", present("source_identity")),
        Rule(
            "service_linked_role",
            "service",
            pl.lit("service:") + linked.str.replace(r"\.amazonaws\.com(\.cn)?$", ""),
        ),
        Rule("session_name_email", "human", pl.when(session.str.contains(_EMAIL)).then(session)),
        Rule("ec2_instance", "workload", pl.when(session.str.contains(_INSTANCE)).then(text)),
        Rule("in_scope_of", "workload", pl.when(issued_to.is_not_null()).then(text)),
        Rule(
            "web_identity_session",
            "workload",
            pl.when(present("web_id_federated_provider").is_not_null()).then(text),
        ),
        # The session's name is whatever the caller chose: neither person nor machine is told.
        Rule("role_session", "unknown", text),
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
            pl.when(_typed("Root")).then(pl.lit("root") + (pl.lit("/") + account).fill_null("")),
        ),
        Rule("hidden_user_name", "unknown", pl.when(named == _HIDDEN).then(pl.lit("unknown"))),
        Rule(
            "iam_user",
            "human",
            pl.when(_typed("IAMUser")).then(
                pl.coalesce(named, arn.str.extract(r":user/(?:.*/)?([^/]+)$"))
            ),
        ),
        Rule(
            "federated_user",
            "human",
            pl.when(_typed("FederatedUser")).then(pl.lit("federated-user/") + federated),
        ),
        Rule("saml_user", "human", pl.when(_typed("SAMLUser")).then(named)),
        Rule("web_identity_email", "human", pl.when(subject.str.contains(_EMAIL)).then(subject)),
        # repo:owner/name:ref:…, system:serviceaccount:namespace:name
        Rule("ci_subject", "workload", pl.when(subject.str.contains(r"\w:\w")).then(subject)),
        Rule("web_identity_subject", "unknown", subject),
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
            pl.when(by_itself).then(pl.lit("service:") + service("invoked_by")),
        ),
        Rule(
            "service_address",
            "service",
            pl.when(_typed("AWSService")).then(
                pl.lit("service:") + seen_from.then(service("source_ip_address"))
            ),
        ),
        Rule("service_event", "service", pl.when(emitted).then(pl.lit("service:") + emitter)),
    )


def _account_rules() -> tuple[Rule, ...]:
    account, owner = present("user_account_id"), pl.col("recipient_account_id")
    unsigned = account.str.to_lowercase().eq("anonymous") | (
        pl.col("user_principal_id").str.to_lowercase().is_in(["anonymous", "anonymous_principal"])
    )
    named = pl.when(_typed("AWSAccount")).then(pl.lit("account/") + account)
    return (
        Rule("unsigned_request", "unknown", pl.when(unsigned).then(pl.lit("anonymous"))),
        Rule("foreign_account", "external account", pl.when(account != owner).then(named)),
        Rule("account", "unknown", named),
    )


def _last_rules() -> tuple[Rule, ...]:
    return (
        Rule("user_name", "unknown", present("user_name")),
        Rule(
            "arn", "unknown", present("user_arn").str.replace(r"^arn:[^:]*:[^:]*:[^:]*:[^:]*:", "")
        ),
        Rule("principal_id", "unknown", present("user_principal_id")),
    )
