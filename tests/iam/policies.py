"""Short ways to write IAM documents in a test's view."""

from __future__ import annotations

from typing import Any

from trailnb.iam.documents import parse
from trailnb.iam.statements import Document


def allow(action: object, resource: object = "*", **more: object) -> dict[str, Any]:
    """One Allow statement, as a dict; `resource=None` for a trust policy."""
    named = {} if resource is None else {"Resource": resource}
    return {"Effect": "Allow", "Action": action, **named, **more}


def deny(action: object, resource: object = "*", **more: object) -> dict[str, Any]:
    """One Deny statement, as a dict."""
    return {**allow(action, resource, **more), "Effect": "Deny"}


def policy(*statements: dict[str, Any]) -> Document:
    """A document of these statements."""
    document = parse({"Version": "2012-10-17", "Statement": list(statements)})
    assert isinstance(document, Document), document
    return document


def trust(*principals: object, **more: object) -> Document:
    """A trust policy: who may assume the role."""
    named = {"AWS": list(principals)}
    return policy(allow("sts:AssumeRole", None, Principal=named, **more))
