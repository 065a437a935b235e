"""Whom does a change let in: everyone, or another account?

Source: IAM User Guide, "AWS JSON policy elements: Principal"; Amazon S3 User Guide, "The meaning of
public", for the conditions that keep `*` from being everyone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from trailnb.iam.conditions import negated
from trailnb.iam.statements import account_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from trailnb.iam.compare import Difference, Grant
    from trailnb.iam.statements import Condition

#: Every kind of mark, the weightiest first. The last two are for the replay to add.
KINDS = (
    "admin-equivalent",
    "escalation path",
    "public principal",
    "cross-account trust",
    "Deny removed",
    "condition dropped",
    "condition widened",
    "wildcard action",
    "wildcard resource",
    "content unknown",
    "self-granted",
    "persistence",
)
# Keys whose fixed values say who may come, or from where.
_NAMING_ACCOUNTS = frozenset({
    "aws:principalaccount", "aws:principalarn", "aws:sourceaccount", "aws:sourcearn",
    "aws:sourceowner", "kms:calleraccount",
})  # fmt: skip
_NARROWING = _NAMING_ACCOUNTS | {
    "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceorgid", "aws:sourceorgpaths",
    "aws:principalorgid", "aws:principalorgpaths", "aws:principalisawsservice", "aws:userid",
    "aws:username", "aws:vpceaccount", "aws:vpceorgid", "elasticfilesystem:accessedviamounttarget",
    "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
}  # fmt: skip
# Providers that need no entity of their own (IAM User Guide, "Create a role for OIDC federation").
_SIGN_IN_OF_MILLIONS = frozenset({
    "accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com",
})  # fmt: skip
_ANYWHERE = {"*", "0.0.0.0/0", "::/0", "arn:*", "arn:aws:*"}


class Mark(NamedTuple):
    """One thing to look at. `about`: an action, account, condition or path, for scripts."""

    kind: str
    about: str
    text: str
    is_certain: bool = True

    def __str__(self) -> str:
        """The sentence."""
        return self.text


def trust_marks(
    difference: Difference, account: str | None, known_accounts: Collection[str]
) -> Iterator[Mark]:
    """Whom does the change let in?

    Args:
        difference: from `compare`.
        account: the account of the document's resource; not given, every account is named.
        known_accounts: the accounts of this trail: the others are foreign.
    """
    for grant in difference.gained:
        if grant.effect == "Deny" or grant.principals is None:
            continue
        if "*" in grant.principals and not any(map(_narrows, grant.conditions)):
            excepted = f" except {', '.join(grant.not_principals)}" if grant.not_principals else ""
            what = ", ".join(grant.actions)
            text = f"opens to everyone{excepted}: {what}"
            text += "".join(f" if {each}" for each in grant.conditions)
            yield Mark("public principal", "*", text)
        for provider in grant.principals:
            if _is_web_identity(provider) and not any(
                _names_one(each) for each in grant.conditions
            ):
                name = provider.removeprefix("Federated:")
                yield Mark("public principal", name, f"lets in everyone that {name} vouches for")
        for other in sorted(_accounts(grant) - {account}):
            known = "known in this trail" if other in known_accounts else "foreign"
            text = f"trusts account {other}, {known}: {', '.join(grant.actions)}"
            yield Mark("cross-account trust", other, text)


def _is_web_identity(principal: str) -> bool:
    """Tell providers of web identities from those of SAML, whose users are an organization's."""
    name = principal.removeprefix("Federated:")
    return name != principal and (":oidc-provider/" in name or name in _SIGN_IN_OF_MILLIONS)


def _names_one(condition: Condition) -> bool:
    """Tell whether the condition asks for some of the provider's identities, or one application."""
    host, _, claim = condition.key.rpartition(":")
    # Whoever asks a provider for a token chooses its audience, but where the provider gives it.
    is_telling = claim != "aud" or host in _SIGN_IN_OF_MILLIONS
    return (
        is_telling
        and "." in host
        and not negated(condition.operator)
        and not condition.operator.endswith("IfExists")
        and not set(condition.values) & _ANYWHERE
    )


def _narrows(condition: Condition) -> bool:
    """Tell whether the condition keeps everyone out but some."""
    return (
        condition.key in _NARROWING
        and not negated(condition.operator)
        and not condition.operator.endswith("IfExists")
        and not set(condition.values) & _ANYWHERE
    )


def _accounts(grant: Grant) -> set[str]:
    """Which accounts are let in, by principal, or by a condition on everyone?"""
    found = {account_of(principal) for principal in grant.principals or ()}
    if "*" in (grant.principals or ()):
        for each in grant.conditions:
            if each.key in _NAMING_ACCOUNTS and not negated(each.operator):
                found |= {account_of(f"AWS:{value}") for value in each.values}
    return {account for account in found if account is not None}
