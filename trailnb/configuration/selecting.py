"""Advanced event selectors of a planned trail, made of what shall be recorded.

Rules: CloudTrail API reference, AdvancedFieldSelector and PutEventSelectors; quotas in CloudTrail.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from trailnb.errors import RequestError
from trailnb.facts.tables import rows

if TYPE_CHECKING:
    from trailnb.configuration.selectors import Selector
    from trailnb.configuration.wishes import Wishes

#: Resource types; or resource types with the beginnings of ARNs; selectors of one's own among them.
DataEvents: TypeAlias = str | Iterable[str | Mapping[str, Any]] | Mapping[str, Sequence[str]]
NetworkEvents: TypeAlias = str | Iterable[str | Mapping[str, Any]]

_MOST_VALUES = 500
_OBJECTS = "AWS::S3::Object"
_OPERATORS = ("Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith")
_READ_ONLY = {"reads": "true", "writes": "false"}


def selectors_of(
    wishes: Wishes, data_events: DataEvents, network_events: NetworkEvents
) -> tuple[Selector, ...]:
    """Which selectors record that? Object events leave out the log bucket, which would never end.

    Raises:
        RequestError: AWS has no such resource type or event source, or the selectors hold more than
            500 values.
    """
    told = [*_management(wishes), *_data(wishes, data_events), *_network(network_events)]
    if not told:
        raise RequestError("the trail would record nothing: AWS wants one selector at least.")
    count = sum(
        len(field.get(operator) or ())
        for one in told
        for field in one["FieldSelectors"]
        for operator in _OPERATORS
    )
    if count > _MOST_VALUES:
        raise RequestError(
            f"the selectors hold {count:,} values; AWS allows {_MOST_VALUES} for all "
            "selectors of a trail. Record more at once, or make another trail."
        )
    return tuple(told)


@cache
def known_types() -> frozenset[str]:
    """Of which resource types does AWS record data events?

    Example:
        >>> "AWS::Lambda::Function" in known_types(), "AWS::S3::Bucket" in known_types()
        (True, False)
    """
    return frozenset(
        f"AWS::{row['service']}::{name}"
        for row in rows("data_event_types.csv")
        for name in row["types"].split()
    )


def _management(wishes: Wishes) -> list[Selector]:
    if wishes.management_events == "none":
        return []
    fields: list[Selector] = [_equals("eventCategory", "Management")]
    if read_only := _READ_ONLY.get(wishes.management_events):
        fields.append(_equals("readOnly", read_only))
    if wishes.exclude:
        fields.append({"Field": "eventSource", "NotEquals": list(wishes.exclude)})
    return [{"Name": "Management events", "FieldSelectors": fields}]


def _data(wishes: Wishes, given: DataEvents) -> list[Selector]:
    told: list[Selector] = []
    parts = given.items() if isinstance(given, Mapping) else [(one, ()) for one in _listed(given)]
    for kind, beginnings in parts:
        if isinstance(kind, Mapping):
            told.append(_own(kind))
            continue
        if kind not in known_types():
            raise RequestError(_no_type(kind))
        fields: list[Selector] = [_equals("eventCategory", "Data"), _equals("resources.type", kind)]
        if where := _where(wishes, kind, beginnings):
            fields.append(where)
        told.append({"Name": f"Data events of {kind}", "FieldSelectors": fields})
    return told


def _where(wishes: Wishes, kind: str, beginnings: Sequence[str]) -> dict[str, Any]:
    """Only these ARNs, and of objects never those of the log buckets."""
    test: dict[str, Any] = {"StartsWith": list(beginnings)} if beginnings else {}
    if kind == _OBJECTS:
        buckets = filter(None, (wishes.bucket, wishes.access_bucket))
        test["NotStartsWith"] = [f"{wishes.bucket_arn(one)}/" for one in buckets]
    return {"Field": "resources.ARN", **test} if test else {}


def _network(given: NetworkEvents) -> list[Selector]:
    """One selector for each source: CloudTrail takes one in each."""
    told: list[Selector] = []
    for source in _listed(given):
        if isinstance(source, Mapping):
            told.append(_own(source))
            continue
        if not source.endswith((".amazonaws.com", ".amazonaws.com.cn")):
            raise RequestError(
                f"network_events={source!r} is no event source. Write it as events have it: "
                "kms.amazonaws.com."
            )
        fields = [_equals("eventCategory", "NetworkActivity"), _equals("eventSource", source)]
        told.append({"Name": f"Network activity of {source}", "FieldSelectors": fields})
    return told


def _own(selector: Mapping[str, Any]) -> Selector:
    """Take somebody's own advanced selector as it is, if it is one."""
    fields = selector.get("FieldSelectors")
    if not isinstance(fields, Sequence) or not all(
        isinstance(one, Mapping) and "Field" in one and any(name in one for name in _OPERATORS)
        for one in fields
    ):
        raise RequestError(
            "a selector of your own is "
            "{'Name': …, 'FieldSelectors': [{'Field': …, 'Equals': […]}]}."
        )
    return dict(selector)


def _listed(given: str | Iterable[str | Mapping[str, Any]]) -> Iterable[str | Mapping[str, Any]]:
    return (given,) if isinstance(given, str) else given


def _equals(field: str, value: str) -> dict[str, Any]:
    return {"Field": field, "Equals": [value]}


def _no_type(kind: str) -> str:
    like = difflib.get_close_matches(kind, known_types(), n=3, cutoff=0.6)
    hint = f" Is it {' or '.join(sorted(like))}?" if like else ""
    return (
        f"data_events={kind!r} is no resource type of AWS's list of data events.{hint} "
        "If AWS has added it since, pass a selector of your own."
    )
