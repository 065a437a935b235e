"""A rule as a CloudWatch Logs metric filter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trailnb.rules.addresses import network_text
from trailnb.rules.checks import Check
from trailnb.rules.envelope import DETAIL_TYPES
from trailnb.rules.languages import EventPattern
from trailnb.rules.metric_filter import MAX_CHARACTERS
from trailnb.rules.to_eventbridge import cannot

if TYPE_CHECKING:
    from trailnb.rules.languages import Over
    from trailnb.rules.rule import Rule

_WHAT = "a filter pattern"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")
#: What stands in the envelope, by where the record has it.
_IN_RECORD = {
    "account": "recipientAccountId", "region": "awsRegion", "time": "eventTime", "id": "eventID",
}  # fmt: skip
#: The one list at the top of a record, and the name under which EC2 keeps its lists.
_LIST, ITEMS = "resources", "items"
_SPELLINGS = {"awsconsolesignin": "AwsConsoleSignIn", "awsvpceevent": "AwsVpceEvent"}


def to_metric_filter(rule: Rule) -> str:
    """Which filter pattern asks the same of a record?

    Raises:
        RequestError: filter patterns cannot say it, with the part they cannot say.

    Example:
        >>> from trailnb.rules.rule import Rule
        >>> pattern = {"source": ["aws.iam"], "detail": {"eventName": [{"prefix": "Put"}]}}
        >>> to_metric_filter(Rule(name="x", pattern=pattern))
        '{ ($.eventSource = "iam.*") && ($.eventName = "Put*") }'
    """
    matcher = rule.matcher()
    if not isinstance(matcher, EventPattern):
        return str(rule.pattern)
    cases = []
    for alternative in matcher.alternatives:
        fields = []
        for path, checks in alternative.items():
            inside, asked = recorded(path, checks, matcher.over, rule)
            fields.append(_any([_said(_selector(inside, rule), one, rule) for one in asked]))
        cases.append(" && ".join(fields))
    text = cases[0] if len(cases) == 1 else " || ".join(f"({case})" for case in cases)
    text = f"{{ {text} }}"
    if len(text) > MAX_CHARACTERS:
        raise cannot(rule, _WHAT, f"more than {MAX_CHARACTERS:,} characters")
    return text


def _any(conditions: list[str]) -> str:
    joined = " || ".join(conditions)
    return f"({joined})" if len(conditions) > 1 else joined


def recorded(
    path: tuple[str, ...], checks: tuple[Check, ...], over: Over, rule: Rule
) -> tuple[tuple[str, ...], tuple[Check, ...]]:
    """How does what is asked of the envelope stand in the record?

    Raises:
        RequestError: the record does not hold it.

    Example:
        >>> from trailnb.rules.rule import Rule
        >>> rule = Rule(name="x", pattern={"account": ["111122223333"]})
        >>> recorded(("account",), (), "envelope", rule)
        (('recipientAccountId',), ())
    """
    if over == "record":
        return path, checks
    name = path[0]
    if name == "detail" and len(path) > 1:
        return path[1:], checks
    if len(path) == 1 and name in _IN_RECORD:
        return (_IN_RECORD[name],), checks
    is_text = all(check.kind == "text" and not check.but for check in checks)
    texts = [str(text) for check in checks for text in check.values]
    if name == "source" and is_text and all(text.startswith("aws.") for text in texts):
        beginnings = tuple(f"{text.removeprefix('aws.')}." for text in texts)
        return ("eventSource",), (Check("prefix", beginnings),)
    if name == "detail-type" and is_text:
        kinds = {text: kind for kind, text in DETAIL_TYPES.items()}
        if all(text in kinds for text in texts):
            spelled = tuple(_event_type(kinds[text]) for text in texts)
            return ("eventType",), (Check("text", spelled),)
    raise cannot(rule, _WHAT, f"{'.'.join(path)} of the envelope")


def _event_type(kind: str) -> str:
    known = {
        "awsapicall": "AwsApiCall", "awsconsoleaction": "AwsConsoleAction",
        "awsserviceevent": "AwsServiceEvent", "awscloudtrailinsight": "AwsCloudTrailInsight",
    }  # fmt: skip
    return (known | _SPELLINGS)[kind]


def _selector(path: tuple[str, ...], rule: Rule) -> str:
    said = "$"
    if path.count(ITEMS) + (path[0] == _LIST) > 1:
        raise cannot(rule, _WHAT, "a list in a list")
    for place, name in enumerate(path):
        if "'" in name:
            raise cannot(rule, _WHAT, f"the name {name}")
        said += f".{name}" if _PLAIN_NAME.fullmatch(name) else f".['{name}']"
        said += "[*]" if name == ITEMS or (place == 0 and name == _LIST) else ""
    return said


def _said(selector: str, check: Check, rule: Rule) -> str:
    """Say one check; several values are several conditions."""
    sign, join = ("!=", " && ") if check.but else ("=", " || ")
    if check.kind in {"null", "true", "false"}:
        return f"({selector} IS {check.kind.upper()})"
    if check.kind == "absent":
        return f"({selector} NOT EXISTS)"
    if check.kind == "present":
        return f"(({selector} = *) || ({selector} IS NULL))"
    if check.kind == "numeric" or (check.kind == "number" and not check.but):
        bounds = check.values[0] if check.kind == "numeric" else (("=", check.values[0]),)
        return "(" + " && ".join(f"({selector} {bound})" for bound in _bounds(bounds)) + ")"
    if check.kind == "number":
        told = [f"({selector} != {_number(number)})" for number in check.values]
    else:
        told = [f'({selector} {sign} "{_quoted(check, value, rule)}")' for value in check.values]
    return told[0] if len(told) == 1 else f"({join.join(told)})"


def _bounds(bounds: tuple[tuple[str, float], ...]) -> list[str]:
    """Say a range; equality as two bounds, since `=` takes a text of digits as well."""
    return [
        f"{sign} {_number(number)}"
        for name, number in bounds
        for sign in ((">=", "<=") if name == "=" else (name,))
    ]


def _number(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)  # noqa: PLR2004 - a double's exact digits


def _quoted(check: Check, value: object, rule: Rule) -> str:
    """Say a text with its stars; a star that is meant as such cannot be said at an end."""
    first, last, text = "", "", str(value)
    if check.kind == "cidr":
        text, last = _octets(value, rule), "*"
    elif check.kind == "prefix":
        last = "*"
    elif check.kind == "suffix":
        first = "*"
    elif check.kind == "wildcard":
        pieces: tuple[str, ...] = value  # type: ignore[assignment]
        first, last = "*" * (not pieces[0]), "*" * (not pieces[-1] and len(pieces) > 1)
        inner = [piece for piece in pieces if piece]
        if len(inner) > 1 or len(pieces) != len(inner) + len(first) + len(last):
            raise cannot(rule, _WHAT, "a star inside a text")
        text = "".join(inner)
    elif check.kind not in {"text", "address"}:
        raise cannot(rule, _WHAT, f"texts that {check.kind.replace('case', 'the case')}")
    if text.startswith("*") or text.endswith("*"):
        raise cannot(rule, _WHAT, "a text that begins or ends with a star")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f"{first}{escaped}{last}"


def _octets(value: object, rule: Rule) -> str:
    """Say an IPv4 network of whole bytes as the beginning of its addresses."""
    base, _, mask = network_text(value).partition("/")  # type: ignore[arg-type]
    if ":" in base or int(mask) not in {8, 16, 24}:
        raise cannot(rule, _WHAT, f"the network {base}/{mask}")
    return ".".join(base.split(".")[: int(mask) // 8]) + "."
