"""An Athena that runs the statements it is asked, counts what they scan, and lays answers in S3."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import sqlglot
from sqlglot import exp

from tests.sources.event_history_api import Clock, moment, refusal
from trailnb.sources.hive import Type, type_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

_IDENTITY = (
    "struct<type:string,principalid:string,arn:string,accountid:string,invokedby:string,"
    "accesskeyid:string,username:string,onbehalfof:struct<userid:string,identitystorearn:string>,"
    "sessioncontext:struct<attributes:struct<mfaauthenticated:string,creationdate:string>,"
    "sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,"
    "username:string>,ec2roledelivery:string,webidfederationdata:struct<federatedprovider:string,"
    "attributes:map<string,string>>>>"
)
#: The columns of the table in Athena's user guide.
DOCUMENTED = {
    "eventversion": "string",
    "useridentity": _IDENTITY,
    **dict.fromkeys(
        (
            "eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress", "useragent",
            "errorcode", "errormessage", "requestparameters", "responseelements",
            "additionaleventdata", "requestid", "eventid", "readonly",
            "sessioncredentialfromconsole", "edgedevicedetails",
        ),
        "string",
    ),
    "resources": "array<struct<arn:string,accountid:string,type:string>>",
    **dict.fromkeys(
        (
            "eventtype", "apiversion", "recipientaccountid", "serviceeventdetails",
            "sharedeventid", "vpcendpointid", "vpcendpointaccountid", "eventcategory",
        ),
        "string",
    ),
    "addendum": (
        "struct<reason:string,updatedfields:string,originalrequestid:string,originaleventid:string>"
    ),
    "tlsdetails": "struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>",
}  # fmt: skip
PROJECTED = {
    "projection.enabled": "true",
    "projection.timestamp.type": "date",
    "projection.timestamp.format": "yyyy/MM/dd",
    "projection.timestamp.interval": "1",
    "projection.timestamp.interval.unit": "DAYS",
    "projection.timestamp.range": "2024/01/01,NOW",
    "storage.location.template": "s3://acme/AWSLogs/111122223333/CloudTrail/us-east-1/${timestamp}",
}
BY_DAY = {"timestamp": "string"}
BY_HAND = dict.fromkeys(("region", "year", "month", "day"), "string")
_ROW_BYTES = 1_000


class Athena:
    """A boto3 session over one table of records, each delivered five minutes after it happened.

    `faults`, `endings` and `looks` are as for Lake. `scanned` are the rows in the partitions that
    each query names.
    """

    region_name = "eu-west-1"

    def __init__(
        self,
        records: list[dict[str, Any]],
        partitions: dict[str, str] | None = None,
        about: dict[str, str] | None = None,
        columns: dict[str, str] | None = None,
    ) -> None:
        self.clock, self.looks = Clock(), 1
        self.partitions = BY_DAY if partitions is None else partitions
        self.about = (PROJECTED if about is None else about) | {"EXTERNAL": "TRUE"}
        self.columns = columns or DOCUMENTED
        self.calls: list[tuple[str, float, dict[str, Any]]] = []
        self.faults: dict[str, list[Exception | None]] = {}
        self.endings: list[dict[str, Any]] = []
        self.queries: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}
        self.objects: dict[str, bytes] = {}
        self.scanned: list[int] = []
        self.is_managed = False
        self.while_waiting: Callable[[], None] = lambda: None
        self._rows = duckdb.connect()
        self._load(records)

    def _load(self, records: list[dict[str, Any]]) -> None:
        held = self.columns | self.partitions
        named = ", ".join(f'"{name}" {_duck(_type(type_))}' for name, type_ in held.items())
        self._rows.execute("CREATE SCHEMA logs")
        self._rows.execute(f"CREATE TABLE logs.trail ({named})")
        for one in records:
            values = [_cell(one, name, _type(type_)) for name, type_ in self.columns.items()]
            delivered = moment(one) + timedelta(minutes=5)
            told = {
                "timestamp": f"{delivered:%Y/%m/%d}", "dt": f"{delivered:%Y-%m-%d}",
                "region": one.get("awsRegion"), "account": one.get("recipientAccountId"),
                "year": f"{delivered:%Y}", "month": f"{delivered:%m}", "day": f"{delivered:%d}",
            }  # fmt: skip
            values += [told[name] for name in self.partitions]
            marks = ", ".join("?" * len(values))
            self._rows.execute(f"INSERT INTO logs.trail VALUES ({marks})", values)  # noqa: S608

    def wait(self, stop: Event, seconds: float) -> None:
        """Pass, while something may happen."""
        self.while_waiting()
        if not stop.is_set():
            self.clock.sleep(seconds)

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """What one operation was asked, call by call."""
        return [arguments for name, _, arguments in self.calls if name == operation]

    def client(self, service: str, *, region_name: str, **_: Any) -> Athena:
        """The client is this, too."""
        assert service in {"athena", "s3"}
        assert region_name == "eu-west-1"
        return self

    def _called(self, operation: str, arguments: dict[str, Any]) -> None:
        self.calls.append((operation, self.clock.seconds, arguments))
        faults = self.faults.get(operation, [])
        if faults and (fault := faults.pop(0)):
            raise fault

    def get_table_metadata(self, **asked: Any) -> dict[str, Any]:
        """Columns, partitions and properties."""
        self._called("get_table_metadata", asked)
        told = {
            "Columns": [{"Name": name, "Type": type_} for name, type_ in self.columns.items()],
            "PartitionKeys": [
                {"Name": name, "Type": type_} for name, type_ in self.partitions.items()
            ],
            "Parameters": self.about,
        }
        return {"TableMetadata": {"Name": "trail"} | told}

    def start_query_execution(self, **asked: Any) -> dict[str, Any]:
        """Run it at once; a token that was seen starts none."""
        self._called("start_query_execution", asked)
        assert asked["QueryExecutionContext"] == {"Database": "logs", "Catalog": "AwsDataCatalog"}
        token = asked["ClientRequestToken"]
        assert 32 <= len(token) <= 128
        if token not in self.tokens:
            query_id = self.tokens[token] = f"query-{len(self.queries)}"
            ending = self.endings.pop(0) if self.endings else {"State": "SUCCEEDED"}
            names, rows, scanned = self._answer(asked["QueryString"])
            self.scanned.append(scanned)
            self.queries[query_id] = {
                "names": names, "rows": rows, "looks": self.looks, "ending": ending,
                "scanned": scanned * _ROW_BYTES,
            }  # fmt: skip
            self.objects[f"answers/{query_id}.csv"] = _csv(names, rows)
        return {"QueryExecutionId": self.tokens[token]}

    def _answer(self, statement: str) -> tuple[list[str], list[list[str | None]], int]:
        tree = sqlglot.parse_one(statement, read="athena")
        found = self._rows.cursor().execute(tree.transform(_for_duckdb).sql("duckdb"))
        names = [column[0] for column in found.description or ()]
        rows = [[None if cell is None else str(cell) for cell in row] for row in found.fetchall()]
        condition = tree.find(exp.Where).this
        named = [
            part.sql("duckdb")
            for part in (condition.flatten() if isinstance(condition, exp.And) else [condition])
            if {column.name for column in part.find_all(exp.Column)} <= self.partitions.keys()
        ]
        where = " AND ".join(named) or "true"
        (count,) = self._rows.cursor().execute(
            f"SELECT count(*) FROM logs.trail WHERE {where}"  # noqa: S608
        ).fetchone() or (0,)  # fmt: skip
        return names, rows, count

    def get_query_execution(self, **asked: Any) -> dict[str, Any]:
        """QUEUED, RUNNING, then how it ends."""
        self._called("get_query_execution", asked)
        query_id = asked["QueryExecutionId"]
        query = self.queries[query_id]
        status = query["ending"]
        if query["looks"]:
            query["looks"] -= 1
            status = {"State": "QUEUED" if query["looks"] > 1 else "RUNNING"}
        place = {} if self.is_managed else {"OutputLocation": f"s3://acme/answers/{query_id}.csv"}
        return {
            "QueryExecution": {
                "Status": status,
                "Statistics": {"DataScannedInBytes": query["scanned"]},
                "ResultConfiguration": place,
            }
        }

    def get_object(self, **asked: Any) -> dict[str, Any]:
        """A range of an answer's file."""
        self._called("get_object", asked)
        assert asked["Bucket"] == "acme"
        if asked["Key"] not in self.objects:
            raise refusal("NoSuchKey", "GetObject")
        content = self.objects[asked["Key"]]
        first, last = map(int, asked["Range"].removeprefix("bytes=").split("-"))
        part = content[first : last + 1]
        told = f"bytes {first}-{first + len(part) - 1}/{len(content)}"
        return {"Body": io.BytesIO(part), "ContentRange": told}

    def get_query_results(self, **asked: Any) -> dict[str, Any]:
        """One page of an answer; the first begins with the names."""
        self._called("get_query_results", asked)
        query = self.queries[asked["QueryExecutionId"]]
        rows = [query["names"], *query["rows"]]
        start, size = int(asked.get("NextToken", "0")), asked["MaxResults"]
        page = [
            {"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]}
            for row in rows[start : start + size]
        ]
        names = [{"Name": name, "Type": "varchar"} for name in query["names"]]
        answer: dict[str, Any] = {
            "ResultSet": {"Rows": page, "ResultSetMetadata": {"ColumnInfo": names}}
        }
        return answer | ({"NextToken": str(start + size)} if start + size < len(rows) else {})

    def stop_query_execution(self, **asked: Any) -> dict[str, Any]:
        """Stop one that runs."""
        self._called("stop_query_execution", asked)
        self.queries[asked["QueryExecutionId"]] |= {"looks": 0, "ending": {"State": "CANCELLED"}}
        return {}


def _type(text: str) -> Type:
    found = type_of(text)
    assert found is not None
    return found


def _duck(type_: Type) -> str:
    """The same type, as DuckDB spells it."""
    if type_.kind == "struct":
        return f"STRUCT({', '.join(f'{name} {_duck(part)}' for name, part in type_.parts)})"
    if type_.kind == "array":
        return f"{_duck(type_.parts[0][1])}[]"
    if type_.kind == "map":
        return "MAP(VARCHAR, VARCHAR)"
    return {"string": "VARCHAR"}.get(type_.kind, type_.kind)


def _cell(record: dict[str, Any], name: str, type_: Type) -> object:
    """What the JSON serde makes of a field: names without case, the rest as text."""
    value = {known.lower(): value for known, value in record.items()}.get(name)
    if value is None:
        return None
    if type_.kind == "struct":
        return {part: _cell(value, part, inner) for part, inner in type_.parts}
    if type_.kind == "array":
        inner = type_.parts[0][1]
        return [{part: _cell(one, part, own) for part, own in inner.parts} for one in value]
    if type_.kind == "timestamp":
        return str(value).rstrip("Z")
    if isinstance(value, (dict, list, bool)) and type_.kind == "string":
        return json.dumps(value, separators=(",", ":"))
    return value


def _for_duckdb(node: exp.Expression) -> exp.Expression:
    """DuckDB lacks map_filter: the same by its entries."""
    if isinstance(node, exp.Anonymous) and node.name.lower() == "map_filter":
        inner = node.expressions[0].transform(_for_duckdb).sql("duckdb")
        text = f"map_from_entries(list_filter(map_entries({inner}), e -> e.value IS NOT NULL))"
        return sqlglot.parse_one(text, read="duckdb")
    return node


def _csv(names: list[str], rows: list[list[str | None]]) -> bytes:
    """As Athena writes it: every text in quotes, nothing where there is none."""
    lines = [
        ",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in row)
        for row in [names, *rows]
    ]
    return "".join(f"{line}\n" for line in lines).encode()
