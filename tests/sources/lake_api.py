"""A CloudTrail Lake that runs the statements it is asked, on a clock that takes no time."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb

from tests.sources.event_history_api import Clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

STORE = "0a1b2c3d-0000-4000-8000-0123456789ab"
ARN = f"arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/{STORE}"
_COLUMNS = (
    "eventID", "eventName", "eventSource", "awsRegion", "recipientAccountId", "eventCategory",
    "sourceIPAddress", "errorCode",
)  # fmt: skip
_TABLE = (
    "CREATE TABLE events (eventtime TIMESTAMP, eventjson VARCHAR, "
    "useridentity STRUCT(type VARCHAR, userName VARCHAR, accessKeyId VARCHAR), "
    + ", ".join(f"{name.lower()} VARCHAR" for name in _COLUMNS)
    + ")"
)


class Lake:
    """A boto3 session over the records of one event data store.

    `faults` are errors raised by the next calls of an operation, None for a good one; `endings` are
    what the next queries end as instead of FINISHED; `looks` is how often one is found running.
    """

    region_name = "eu-west-1"

    def __init__(self, records: list[dict[str, Any]], page: int = 1000) -> None:
        self.clock, self.page, self.looks = Clock(), page, 1
        self.calls: list[tuple[str, float, dict[str, Any]]] = []
        self.faults: dict[str, list[Exception | None]] = {}
        self.endings: list[tuple[str, str]] = []
        self.queries: dict[str, dict[str, Any]] = {}
        self.most_at_once = 0
        self.while_waiting: Callable[[], None] = lambda: None
        self.has_own_text = True
        self.about: dict[str, Any] = {
            "EventDataStoreArn": ARN, "Status": "ENABLED", "RetentionPeriod": 30,
            "MultiRegionEnabled": True, "OrganizationEnabled": False,
            "AdvancedEventSelectors": [
                {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
            ],
        }  # fmt: skip
        self._rows = duckdb.connect()
        self._rows.execute(_TABLE)
        for one in records:
            identity = one.get("userIdentity", {})
            values = [
                one["eventTime"].rstrip("Z"),
                None if one.get("is_hidden") else one.get("raw") or json.dumps(one),
                {name: identity.get(name) for name in ("type", "userName", "accessKeyId")},
                *(one.get(name) for name in _COLUMNS),
            ]
            marks = ", ".join("?" * len(values))
            self._rows.execute(f"INSERT INTO events VALUES ({marks})", values)  # noqa: S608

    def wait(self, stop: Event, seconds: float) -> None:
        """Pass, while something may happen."""
        self.while_waiting()
        if not stop.is_set():
            self.clock.sleep(seconds)

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """What one operation was asked, call by call."""
        return [arguments for name, _, arguments in self.calls if name == operation]

    def client(self, service: str, *, region_name: str, **_: Any) -> Lake:
        """The client is this, too."""
        assert (service, region_name) == ("cloudtrail", "eu-west-1")
        return self

    def _called(self, operation: str, arguments: dict[str, Any]) -> None:
        self.calls.append((operation, self.clock.seconds, arguments))
        faults = self.faults.get(operation, [])
        if faults and (fault := faults.pop(0)):
            raise fault

    def get_event_data_store(self, **asked: Any) -> dict[str, Any]:
        """What it says of itself."""
        self._called("get_event_data_store", asked)
        return self.about

    def start_query(self, **asked: Any) -> dict[str, Any]:
        """Run it at once; the answer is kept."""
        self._called("start_query", asked)
        statement = asked["QueryStatement"]
        assert len(statement) <= 10_000
        query_id = f"00000000-0000-4000-8000-{len(self.queries):012}"
        ending = self.endings.pop(0) if self.endings else ("FINISHED", "")
        if "eventjson" in statement and not self.has_own_text:
            ending = ("FAILED", "Column 'eventjson' cannot be resolved")
        rows = self._answer(statement) if ending[0] == "FINISHED" else []
        self.queries[query_id] = {"rows": rows, "looks": self.looks, "ending": ending}
        running = sum(one["looks"] > 0 for one in self.queries.values())
        self.most_at_once = max(self.most_at_once, running)
        return {"QueryId": query_id}

    def _answer(self, statement: str) -> list[list[dict[str, str]]]:
        statement = re.sub(rf"\b{STORE}\b", "events", statement)
        if not self.has_own_text:
            statement = statement.replace("SELECT *", "SELECT * EXCLUDE (eventjson)")
        found = self._rows.cursor().execute(statement)
        names = [column[0] for column in found.description]
        return [
            [
                {name: _printed(value)}
                for name, value in zip(names, row, strict=True)
                if value is not None
            ]
            for row in found.fetchall()
        ]

    def describe_query(self, **asked: Any) -> dict[str, Any]:
        """QUEUED, RUNNING, then how it ends; each scans a million bytes."""
        self._called("describe_query", asked)
        query = self.queries[asked["QueryId"]]
        status, said = query["ending"]
        if query["looks"]:
            query["looks"] -= 1
            status, said = ("QUEUED" if query["looks"] > 1 else "RUNNING"), ""
        told = {"QueryStatus": status, "QueryStatistics": {"BytesScanned": 1_000_000}}
        return told | ({"ErrorMessage": said} if said else {})

    def get_query_results(self, **asked: Any) -> dict[str, Any]:
        """One page of the answer."""
        self._called("get_query_results", asked)
        assert asked["MaxQueryResults"] <= 1000
        query = self.queries[asked["QueryId"]]
        assert not query["looks"], "results were asked for too early"
        start = int(asked.get("NextToken", "page-0").removeprefix("page-"))
        answer: dict[str, Any] = {"QueryResultRows": query["rows"][start : start + self.page]}
        if start + self.page < len(query["rows"]):
            answer["NextToken"] = f"page-{start + self.page}"
        return answer

    def cancel_query(self, **asked: Any) -> dict[str, Any]:
        """Stop one that runs."""
        self._called("cancel_query", asked)
        self.queries[asked["QueryId"]] |= {"looks": 0, "ending": ("CANCELLED", "")}
        return {}


def _printed(value: object) -> str:
    """A value as Lake prints it: a struct without quotes, a timestamp with milliseconds."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{name.lower()}={text or 'null'}" for name, text in value.items())
            + "}"
        )
    return f"{value:%Y-%m-%d %H:%M:%S}.000" if isinstance(value, datetime) else str(value)
