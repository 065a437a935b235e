"""CloudTrail's own spelling of field names that a tool lower-cased, flattened or titled.

Athena and CloudTrail Lake lower every name, CloudWatch Logs Insights joins nested names by dots,
and the console's Event history writes titles. Sources: the Athena guide's CloudTrail table, the
event data store schema and the record and userIdentity pages of the CloudTrail User Guide.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from trailnb.facts.columns import COLUMNS
from trailnb.formats.json_text import fields_of, items_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trailnb.facts.columns import Path

#: A value with its place in it still open: JSON text, or an object or list of the same.
Node = dict[str, "Node"] | list["Node"] | str

#: Places that have no column of their own.
_INNER = (
    "resources.ARN", "resources.accountId", "resources.type", "resources.ARNPrefix",
    "userIdentity.sessionContext.webIdFederationData.attributes",
    "tlsDetails.cipherSuite", "tlsDetails.keyExchange",
    "addendum.updatedFields", "addendum.originalRequestID",
    "insightDetails.state", "insightDetails.eventSource", "insightDetails.eventName",
    "insightDetails.insightType", "insightDetails.insightContext", "insightDetails.errorCode",
    "eventContext.requestContext", "eventContext.tagContext",
    "edgeDeviceDetails.type", "edgeDeviceDetails.deviceId",
    "timeWindow.windowEnd", "timeWindow.windowSize",
)  # fmt: skip


def _known() -> dict[str, Path]:
    known: dict[str, Path] = {}
    paths = [path for column in COLUMNS for path in (column.path, column.otherwise) if path]
    for path in [*paths, *(tuple(name.split(".")) for name in _INNER)]:
        for depth in range(1, len(path) + 1):
            known.setdefault(".".join(path[:depth]).lower(), path[:depth])
    return known


_KNOWN = _known()
_STRUCTS = frozenset(name.rpartition(".")[0] for name in _KNOWN)
#: Titles and bare names that say where they belong; the key is the name's letters.
_TITLES: dict[str, Path] = {
    "awsaccesskey": ("userIdentity", "accessKeyId"),
    "accesskeyid": ("userIdentity", "accessKeyId"),
    "mfaauthenticated": ("userIdentity", "sessionContext", "attributes", "mfaAuthenticated"),
}
#: The console's title for a user's name, or a role session's; `username` alone could be the role's.
_USER_NAME = "user name"
#: A query that selects `userIdentity.accountId` names its column so; the record's own is another.
_UNCLEAR = frozenset({"accountid", "type", "arn", "principalid", "username"})
_BETWEEN_WORDS = re.compile(r"[ _-]+")
_MAX_STEPS = 32
#: Names that other calendars and registers use as well.
_EVERYDAY = frozenset(
    {"eventName", "eventTime", "eventID", "eventType", "resources", "summary", "annotation"}
)
_WHAT = frozenset({"eventName", "eventSource"})
_WHICH = frozenset({"eventTime", "eventID", "requestID"})


@lru_cache(maxsize=4096)
def path_of(name: str) -> Path | None:
    """Where in a record does the field of this name stand? None when it is no field's name.

    Example:
        >>> path_of("useridentity.accesskeyid"), path_of("Source IP address")
        (('userIdentity', 'accessKeyId'), ('sourceIPAddress',))
        >>> path_of("requestParameters.bucketName")
        ('requestParameters', 'bucketName')
        >>> path_of("_col0") is None
        True
    """
    steps = name.strip().split(".", _MAX_STEPS)
    for depth in range(len(steps), 1, -1):
        known = _KNOWN.get(".".join(steps[:depth]).lower())
        if known:
            return (*known, *steps[depth:])
    first = steps[0].casefold()
    if first == _USER_NAME:
        first = "useridentity.username"
    letters = _BETWEEN_WORDS.sub("", first)
    known = None if letters in _UNCLEAR else _KNOWN.get(letters) or _TITLES.get(letters)
    return (*known, *steps[1:]) if known else None


def describes_events(names: Iterable[str]) -> bool:
    """Do columns of these names describe events one by one, and CloudTrail's?

    Example:
        >>> describes_events(["eventtime", "eventname", "sourceipaddress"])
        True
        >>> describes_events(["Event ID", "Event Name", "Venue"])
        False
        >>> describes_events(["eventname", "sourceipaddress", "_col2"])
        False
    """
    tops = {path[0] for name in names if (path := path_of(name))}
    is_each = bool(tops & _WHICH) or any(name in {"@ptr", "@timestamp"} for name in names)
    return is_each and bool(tops & _WHAT) and bool(tops - _EVERYDAY)


def is_lowered(fields: Iterable[str]) -> bool:
    """Are these the names of a record that was lowered throughout?

    Example:
        >>> is_lowered(["eventtime", "eventname", "useridentity"])
        True
        >>> is_lowered(["eventTime", "eventname", "useridentity"])
        False
    """
    names = list(fields)
    if not {"eventname", "eventsource"}.intersection(names):
        return False
    is_mixed = any(name != name.lower() and name.lower() in _KNOWN for name in names)
    return not is_mixed and describes_events(names)


def is_struct(path: Path) -> bool:
    """Is what stands here an object whose field names are CloudTrail's own?"""
    return ".".join(path).lower() in _STRUCTS


def respelt(node: Node, path: Path) -> Node:
    """Which value is this, its field names spelt as CloudTrail spells them at this place?

    Example:
        >>> respelt({"arn": '"x"', "other": "1"}, ("userIdentity",))
        {'arn': '"x"', 'other': '1'}
        >>> respelt([{"arn": '"x"'}], ("resources",))
        [{'ARN': '"x"'}]
    """
    if not is_struct(path):
        return node
    if isinstance(node, list):
        return [respelt(item, path) if isinstance(item, dict) else item for item in node]
    if isinstance(node, dict):
        spelt: dict[str, Node] = {}
        for name, value in node.items():
            place = (*path, name)
            known = _KNOWN.get(".".join(place).lower(), place)
            spelt[known[-1]] = respelt(value, known)
        return spelt
    return node


def strangers(node: Node, path: Path) -> Iterator[str]:
    """Which field names here are not CloudTrail's, where CloudTrail's are all known?

    Example:
        >>> list(strangers({"arn": '"x"', "b": '"c"'}, ("userIdentity",)))
        ['b']
    """
    if not is_struct(path):
        return
    for item in node if isinstance(node, list) else [node]:
        for name, value in item.items() if isinstance(item, dict) else ():
            known = _KNOWN.get(".".join((*path, name)).lower())
            if known is None:
                yield name
            else:
                yield from strangers(value, known)


def opened(text: str, path: Path) -> Node:
    """Open this JSON text as far down as field names are CloudTrail's own, and spell them so.

    Example:
        >>> opened('{"principalid": "x", "sessioncontext": {"attributes": {}}}', ("userIdentity",))
        {'principalId': '"x"', 'sessionContext': {'attributes': {}}}
    """
    if not is_struct(path):
        return text
    node: Node = text
    if text.startswith("["):
        node = [
            fields if (fields := _fields(item, path)) is not None else item
            for _, item in items_of(text)
        ]
    elif (fields := _fields(text, path)) is not None:
        node = fields
    return respelt(node, path)


def _fields(text: str, path: Path) -> Node | None:
    if not text.startswith("{"):
        return None
    return {
        name: opened(value, _KNOWN.get(".".join((*path, name)).lower(), (*path, name)))
        for name, value in fields_of(text).items()
    }
