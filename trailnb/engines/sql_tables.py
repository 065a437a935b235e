"""The tables of a SQL query: the events as they are, Athena's documented table, and Lake's.

Sources: Amazon Athena User Guide, "Create a table for CloudTrail logs"; CloudTrail User Guide,
"CloudTrail Lake SQL constraints" (columns and types). A column whose inputs a frame lacks is left
out: a null there would be a lie. An aggregated event stands at its window's start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import asked, in_polars
from trailnb.engines.json_shapes import entries, field, structs
from trailnb.facts.derived import DERIVED, with_derived

if TYPE_CHECKING:
    from collections.abc import Mapping

EVENTS, ATHENA, LAKE = "events", "cloudtrail_logs", "lake"
#: Which parts of a column a query reads, as paths into it; the empty path is all of it.
Parts = frozenset[tuple[str, ...]]
ALL: Parts = frozenset({()})

_DAY = r"/([a-z]{2}(?:-[a-z0-9]+)+)/(\d{4})/(\d{2})/(\d{2})/[^/]*$"
_ACCOUNT = r"/(\d{12})/CloudTrail"


def _iso(name: str) -> pl.Expr:
    time = pl.col(name)
    whole = time.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return pl.when(time.dt.microsecond() == 0).then(whole).otherwise(
        time.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    )  # fmt: skip


def _flag(name: str) -> pl.Expr:
    flag = pl.col(name)
    return pl.when(flag).then(pl.lit("true")).when(~flag).then(pl.lit("false"))


def _json(name: str) -> pl.Expr:
    """Take the text; a JSON null is nothing to SQL."""
    return pl.when(pl.col(name) != "null").then(pl.col(name))


def _naive(name: str) -> pl.Expr:
    return pl.col(name).dt.replace_time_zone(None)


def _partition(group: int, otherwise: pl.Expr) -> pl.Expr:
    return pl.coalesce(pl.col("log_file").str.extract(_DAY, group), otherwise)


def _timestamp() -> pl.Expr:
    parts = [pl.col("log_file").str.extract(_DAY, group) for group in (2, 3, 4)]
    told = pl.concat_str(parts, separator="/")
    return pl.coalesce(told, pl.col("event_time").dt.strftime("%Y/%m/%d"))


#: Leaves of a struct by their path, or a column by its expression.
Shape = pl.Expr | dict[str, "Shape"]
_SAME = (
    "event_version", "event_source", "event_name", "aws_region", "source_ip_address", "user_agent",
    "error_code", "error_message", "request_id", "event_id", "event_type", "api_version",
    "recipient_account_id", "shared_event_id", "vpc_endpoint_id", "vpc_endpoint_account_id",
    "event_category",
)  # fmt: skip
_PLAIN: dict[str, Shape] = {name.replace("_", ""): pl.col(name) for name in _SAME}
_ISSUER: dict[str, Shape] = {
    "type": pl.col("session_issuer_type"),
    "principalid": pl.col("session_issuer_principal_id"),
    "arn": pl.col("session_issuer_arn"),
    "accountid": pl.col("session_issuer_account_id"),
    "username": pl.col("session_issuer_user_name"),
}
_WHO: dict[str, Shape] = {
    "type": pl.col("user_type"),
    "principalid": pl.col("user_principal_id"),
    "arn": pl.col("user_arn"),
    "accountid": pl.col("user_account_id"),
    "invokedby": pl.col("invoked_by"),
    "accesskeyid": pl.col("access_key_id"),
    "username": pl.col("user_name"),
    "onbehalfof": {
        "userid": pl.col("on_behalf_of_user_id"),
        "identitystorearn": pl.col("on_behalf_of_identity_store_arn"),
    },
}


def _session(created: pl.Expr) -> dict[str, Shape]:
    return {
        "attributes": {"mfaauthenticated": _flag("mfa_authenticated"), "creationdate": created},
        "sessionissuer": _ISSUER,
        "ec2roledelivery": pl.col("ec2_role_delivery"),
        "webidfederationdata": {
            "federatedprovider": pl.col("web_id_federated_provider"),
            "attributes": entries("web_id_attributes"),
        },
    }


_TLS: dict[str, Shape] = {
    "tlsversion": pl.col("tls_version"),
    "ciphersuite": field("tls_details", "cipherSuite"),
    "clientprovidedhostheader": pl.col("tls_client_provided_host_header"),
}
_RESOURCE = {"arn": "ARN", "accountid": "accountId", "type": "type"}
_TEXTS = {
    "requestparameters": "request_parameters",
    "responseelements": "response_elements",
    "additionaleventdata": "additional_event_data",
    "serviceeventdetails": "service_event_details",
    "edgedevicedetails": "edge_device_details",
}

ATHENA_COLUMNS: dict[str, Shape] = {
    **_PLAIN,
    "useridentity": {**_WHO, "sessioncontext": _session(_iso("session_creation_date"))},
    "eventtime": _iso("event_time"),
    **{name: _json(column) for name, column in _TEXTS.items()},
    "resources": structs("resources", _RESOURCE),
    "readonly": _flag("read_only"),
    "addendum": {
        "reason": pl.col("addendum_reason"),
        "updatedfields": field("addendum", "updatedFields"),
        "originalrequestid": field("addendum", "originalRequestID"),
        "originaleventid": pl.col("addendum_original_event_id"),
    },
    "sessioncredentialfromconsole": _flag("session_credential_from_console"),
    "tlsdetails": _TLS,
    # The partitions of both documented tables: where the log file lies; else the event's own.
    "account": pl.coalesce(
        pl.col("log_file").str.extract(_ACCOUNT, 1), pl.col("recipient_account_id")
    ),
    "region": _partition(1, pl.col("aws_region")),
    "year": _partition(2, pl.col("event_time").dt.strftime("%Y")),
    "month": _partition(3, pl.col("event_time").dt.strftime("%m")),
    "day": _partition(4, pl.col("event_time").dt.strftime("%d")),
    "timestamp": _timestamp(),
}
LAKE_COLUMNS: dict[str, Shape] = {
    **_PLAIN,
    "useridentity": {
        **_WHO,
        "sessioncontext": {
            **_session(_naive("session_creation_date")),
            "sourceidentity": pl.col("source_identity"),
            "ec2issuedinvpc": pl.col("ec2_issued_in_vpc"),
        },
        "inscopeof": {
            "sourcearn": pl.col("in_scope_of_source_arn"),
            "sourceaccount": pl.col("in_scope_of_source_account"),
            "issuertype": pl.col("in_scope_of_issuer_type"),
            "credentialsissuedto": pl.col("in_scope_of_credentials_issued_to"),
        },
        "identityprovider": pl.col("identity_provider"),
    },
    "eventtime": _naive("event_time"),
    **{name: entries(column) for name, column in _TEXTS.items()},
    "addendum": entries("addendum"),
    "insightdetails": entries("insight_details"),
    "resources": structs("resources", {**_RESOURCE, "arnprefix": "ARNPrefix"}),
    "readonly": pl.col("read_only"),
    "managementevent": pl.col("management_event"),
    "sessioncredentialfromconsole": pl.col("session_credential_from_console"),
    "tlsdetails": _TLS,
    "annotation": _json("annotation"),
    "eventjson": pl.col("record"),
}
#: Lake's maps, which are lists of entries until DuckDB makes maps of them.
MAPS = (*_TEXTS, "addendum", "insightdetails")


@dataclass(frozen=True, slots=True)
class Tables:
    """The events, and what every table over them is made from."""

    events: pl.LazyFrame

    @classmethod
    def of(cls, events: object) -> Tables:
        """Take a trail or any frame of events; derive what can be derived."""
        frame = in_polars(asked(events, [], "sql"))
        have = set(frame.collect_schema().names())
        known = [one.name for one in DERIVED if have.issuperset(one.needs)]
        return cls(with_derived(frame, known))

    def table(self, name: str, wanted: Mapping[str, Parts] | None = None) -> pl.LazyFrame:
        """Give a table lazily, all of it or the parts of the columns that are wanted."""
        have = self.events.collect_schema().names()
        if name == EVENTS:
            kept = have if wanted is None else [one for one in have if one in wanted]
            return self.events.select(kept or have[:1])
        shapes = ATHENA_COLUMNS if name == ATHENA else LAKE_COLUMNS
        known = {one: shape for one, shape in shapes.items() if _needs(shape).issubset(have)}
        kept = list(known) if wanted is None else [one for one in known if one in wanted]
        # Rows are counted even when no column is asked for.
        kept = kept or list(known)[:1]
        parts = wanted or {}
        return self.events.select(
            _built(known[one], parts.get(one, ALL)).alias(one) for one in kept
        )


def _needs(shape: Shape) -> set[str]:
    if isinstance(shape, pl.Expr):
        return set(shape.meta.root_names())
    return set().union(*map(_needs, shape.values()))


def _built(shape: Shape, parts: Parts) -> pl.Expr:
    """Build a column; of a struct only the parts that are read, the rest being null."""
    if isinstance(shape, pl.Expr):
        return shape
    whole = () in parts
    fields = {}
    for name, inner in shape.items():
        below = ALL if whole else frozenset(part[1:] for part in parts if part[0] == name)
        built = _built(inner, below or ALL)
        fields[name] = built if below else pl.lit(None, _dtype(inner))
    told = pl.struct([built.alias(name) for name, built in fields.items()])
    read = [name for name in fields if whole or any(part[0] == name for part in parts)]
    is_there = pl.any_horizontal(fields[name].is_not_null() for name in read or fields)
    return pl.when(is_there).then(told)


def _dtype(shape: Shape) -> pl.DataType:
    from trailnb.facts.columns import base_schema

    if isinstance(shape, pl.Expr):
        empty = pl.DataFrame(schema=base_schema())
        return empty.select(shape.alias("x")).schema["x"]
    return pl.Struct({name: _dtype(inner) for name, inner in shape.items()})
