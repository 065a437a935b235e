"""What a trail's selectors record, told by trying them on sample events.

Basic selectors are said as advanced ones first, so there is one meaning. Semantics: CloudTrail API
reference, AdvancedFieldSelector and EventSelector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Selector: TypeAlias = Mapping[str, Any]

#: Without selectors a trail records all management events and nothing else.
_BY_DEFAULT: tuple[Selector, ...] = (
    {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
)
_READ_ONLY = {"ReadOnly": ["true"], "WriteOnly": ["false"]}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded: management events, data events by resource type, network by source.

    `excluded` are services whose management events are left out, in whole or in part. A resource
    type in `partly` is recorded for some resources or calls only.
    """

    reads: bool
    writes: bool
    excluded: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    network: tuple[str, ...] = ()


def recorded(answer: Mapping[str, Any]) -> Recorded:
    """What do the selectors, as GetEventSelectors tells them, record?

    Example:
        >>> recorded({"EventSelectors": [{"ReadWriteType": "WriteOnly"}]})
        Recorded(reads=False, writes=True, excluded=(), data=(), partly=(), network=())
    """
    selectors = advanced(answer)
    data = [one for one in selectors if "Data" in _equal(one, "eventCategory")]
    whole = {name for one in data if _is_whole(one) for name in _equal(one, "resources.type")}
    every = {name for one in data for name in _equal(one, "resources.type")}
    network = {
        name
        for one in selectors
        if "NetworkActivity" in _equal(one, "eventCategory")
        for name in _equal(one, "eventSource")
    }
    return Recorded(
        reads=_takes(selectors, readOnly="true"),
        writes=_takes(selectors, readOnly="false"),
        excluded=tuple(sorted(_excluded(selectors))),
        data=tuple(sorted(every)),
        partly=tuple(sorted(every - whole)),
        network=tuple(sorted(network)),
    )


def records_object(answer: Mapping[str, Any], arn: str) -> bool:
    """Does the trail record that its own log file was written here?

    Example:
        >>> everything = {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}
        >>> records_object({"EventSelectors": [everything]}, "arn:aws:s3:::logs/AWSLogs/a.json.gz")
        True
    """
    event = {
        "eventCategory": "Data",
        "resources.type": "AWS::S3::Object",
        "resources.ARN": arn,
        "eventName": "PutObject",
        "eventSource": "s3.amazonaws.com",
        "readOnly": "false",
    }
    return any(matches(one, event) for one in advanced(answer))


def advanced(answer: Mapping[str, Any]) -> tuple[Selector, ...]:
    """How do these selectors read as advanced ones?"""
    if given := answer.get("AdvancedEventSelectors"):
        return tuple(given)
    basic = answer.get("EventSelectors")
    return tuple(said for one in basic for said in _said(one)) if basic else _BY_DEFAULT


def matches(selector: Selector, event: Mapping[str, str]) -> bool:
    """Does the selector take the event? A field that the event does not tell may fit.

    Example:
        >>> selector = {"FieldSelectors": [{"Field": "eventName", "NotStartsWith": ["Get"]}]}
        >>> matches(selector, {"eventName": "GetObject"}), matches(selector, {})
        (False, True)
    """
    return all(
        _fits(field, event[field["Field"]])
        for field in selector.get("FieldSelectors", ())
        if field["Field"] in event
    )


def _fits(field: Mapping[str, Any], value: str) -> bool:
    """Any of the values that it may have, and none of those it may not have."""
    wanted = [
        value in field["Equals"] if field.get("Equals") else None,
        value.startswith(tuple(field["StartsWith"])) if field.get("StartsWith") else None,
        value.endswith(tuple(field["EndsWith"])) if field.get("EndsWith") else None,
    ]
    said = [one for one in wanted if one is not None]
    return (not said or any(said)) and not (
        value in (field.get("NotEquals") or ())
        or value.startswith(tuple(field.get("NotStartsWith") or ()))
        or value.endswith(tuple(field.get("NotEndsWith") or ()))
    )


def _said(basic: Selector) -> list[Selector]:
    """Say a basic selector as advanced ones: management events, then each kind of resource."""
    read_only = _READ_ONLY.get(basic.get("ReadWriteType", "All"))
    both = [{"Field": "readOnly", "Equals": read_only}] if read_only else []
    told: list[Selector] = []
    if basic.get("IncludeManagementEvents", True):
        fields = [{"Field": "eventCategory", "Equals": ["Management"]}, *both]
        if left_out := basic.get("ExcludeManagementEventSources"):
            fields.append({"Field": "eventSource", "NotEquals": list(left_out)})
        told.append({"FieldSelectors": fields})
    for resource in basic.get("DataResources") or ():
        values = [str(value) for value in resource.get("Values") or ()]
        if not values:
            continue
        fields = [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": [resource["Type"]]},
            *both,
        ]
        # `arn:aws:s3` alone, or with empty parts after it, stands for every resource.
        if not any(value.count(":") <= 2 or value.endswith(":::") for value in values):  # noqa: PLR2004
            fields.append({"Field": "resources.ARN", "StartsWith": values})
        told.append({"FieldSelectors": fields})
    return told


def _equal(selector: Selector, name: str) -> Sequence[str]:
    for field in selector.get("FieldSelectors", ()):
        if field["Field"] == name:
            values: Sequence[str] = field.get("Equals") or ()
            return values
    return ()


def _is_whole(selector: Selector) -> bool:
    """Whether it takes every event of its resource types."""
    names = {field["Field"] for field in selector.get("FieldSelectors", ())}
    return names <= {"eventCategory", "resources.type"}


def _takes(selectors: Sequence[Selector], **about: str) -> bool:
    """Whether management events like this are recorded, of a service that nobody leaves out."""
    event = {"eventCategory": "Management", "eventSource": "any.amazonaws.com", **about}
    return any(matches(one, event) for one in selectors)


def _excluded(selectors: Sequence[Selector]) -> set[str]:
    named = {
        str(value)
        for one in selectors
        if "Management" in _equal(one, "eventCategory")
        for field in one.get("FieldSelectors", ())
        if field["Field"] == "eventSource"
        for value in field.get("NotEquals") or ()
    }
    return {
        name
        for name in named
        for read_only in ("true", "false")
        if _takes(selectors, readOnly=read_only)
        and not _takes(selectors, readOnly=read_only, eventSource=name)
    }
