"""CloudTrail Lake itself: an event data store described, queries run, their results page by page.

Asked for is each record's own text. Statements, states and results: CloudTrail API reference;
columns: CloudTrail User Guide, "Supported SQL schemas for event data stores".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trailnb.errors import SourceError
from trailnb.facts.sql_tables import text_columns
from trailnb.sources import lake_store, sql
from trailnb.sources.aws import refused
from trailnb.sources.paging import Paging, record_text
from trailnb.sources.querying import MOST_TEXT_BYTES, QueryError, Standing
from trailnb.sources.s3_refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trailnb.sources.aws import Caller
    from trailnb.sources.slices import Slice

#: Columns of the event table, as an event data store calls them.
COLUMNS = {column: ".".join(path) for column, path in text_columns("lake").items()}
_PAGE = 1_000
_OWN_TEXT, _ALL_COLUMNS = "SELECT eventid, eventjson", "SELECT *"
_RECORDS, _ROWS = "Records", "QueryResultRows"
#: What other sources than AWS sent to an integration; no column of theirs is CloudTrail's.
_NOT_OF_AWS = "(eventcategory IS NULL OR eventcategory <> 'ActivityAuditLog')"
_RUNNING = frozenset({"QUEUED", "RUNNING"})
#: Results are kept for seven days.
_GONE = frozenset({"QueryIdNotFoundException", "InactiveQueryException"})


@dataclass
class Lake:
    """Queries of one event data store, by one person's credentials.

    `has_own_text` until the event data store says that it has no column of whole records.
    """

    caller: Caller
    store: str
    own_region: str | None = None
    has_own_text: bool = True

    @property
    def region(self) -> str | None:
        """The region of the ARN, or that of the credentials' profile."""
        return self.own_region or self.caller.session().region_name

    def described(self, name: str, uri: str) -> dict[str, Any]:
        """What is told of the event data store? Nothing, without the right to ask that.

        Raises:
            SourceError: it is missing, refused, or holds something else.
        """
        try:
            about: dict[str, Any] = self._ask("get_event_data_store", EventDataStore=name)
        except Refusal as refusal:
            if "AccessDenied" in refusal.code:
                return {}
            if refusal.code == "EventDataStoreNotFoundException":
                hint = f"It was looked for in {self.region}: name another with its ARN."
                raise SourceError.about(
                    "no such event data store", uri, f"{hint} {lake_store.CLOSED}."
                ) from None
            raise refused(refusal, uri, "cloudtrail:GetEventDataStore") from None
        lake_store.check(about, uri)
        return about

    def statement(self, one: Slice) -> str:
        """Which query asks for this slice? Ordered, so that an event has one place in its file."""
        where = [
            f"eventtime >= '{one.start:%Y-%m-%d %H:%M:%S}'",
            f"eventtime < '{one.end:%Y-%m-%d %H:%M:%S}'",
            _NOT_OF_AWS,
            *sql.conditions(one.attributes, COLUMNS),
        ]
        return (
            f"{_OWN_TEXT if self.has_own_text else _ALL_COLUMNS} FROM {self.store} "
            f"WHERE {' AND '.join(where)} ORDER BY eventtime, eventid"
        )

    def start(self, statement: str, _: str) -> str:
        """Start a query; Lake knows no tokens."""
        return str(self._ask("start_query", QueryStatement=statement)["QueryId"])

    def standing(self, query_id: str) -> Standing:
        """Where does a query stand?"""
        told = self._ask("describe_query", QueryId=query_id)
        status = str(told["QueryStatus"])
        known = {"FINISHED": "finished"} | dict.fromkeys(_RUNNING, "running")
        scanned = told.get("QueryStatistics", {}).get("BytesScanned") or 0
        return Standing(query_id, known.get(status, status), told.get("ErrorMessage", ""), scanned)

    def stop(self, query_id: str) -> None:
        """Stop a query."""
        self._ask("cancel_query", QueryId=query_id)

    def begun(self, query: Standing, statement: str) -> Paging:
        """The results come page by page: records, or rows of columns."""
        is_own = statement.startswith(_OWN_TEXT)
        return Paging(_RECORDS if is_own else _ROWS, {"QueryId": query.query_id})

    def taken(self, answer: Paging, _: Standing) -> Paging:
        """The results with one page more."""
        token = {"NextToken": answer.token} if answer.token else {}
        try:
            page = self._ask(
                "get_query_results", MaxQueryResults=_PAGE, **answer.arguments, **token
            )
        except Refusal as refusal:
            if refusal.code != "InvalidNextTokenException" or not (anew := answer.again()):
                raise
            return anew  # the results stay what they are: their pages are turned once more
        texts = [_text(row, answer.name) for row in page.get("QueryResultRows", [])]
        answer.take([(None, None, text) for text in texts], page.get("NextToken"))
        if answer.text_bytes > MOST_TEXT_BYTES:
            raise QueryError(
                f"the results have more than {MOST_TEXT_BYTES:,} bytes, more than is read as one "
                "log file. Ask for less: by a filter, a shorter window, accounts= or regions=."
            )
        return answer

    def is_cured(self, error: Refusal | QueryError, statement: str) -> bool:
        """Are the results gone, or whole records not to be had? Then columns are asked for."""
        if isinstance(error, Refusal) and error.code in _GONE:
            return True
        said = error.message if isinstance(error, Refusal) else error.said
        if "eventjson" in said.lower() and statement.startswith(_OWN_TEXT):
            self.has_own_text = False
            return True
        return False

    def _ask(self, operation: str, **arguments: Any) -> Any:  # noqa: ANN401 # boto3 has no types
        return self.caller.ask("cloudtrail", self.region, operation, **arguments)


def _text(row: Sequence[dict[str, str]], name: str) -> str:
    """A row of results, as the log file holds it: the record, or the row's own columns."""
    if name == _ROWS:
        return json.dumps(row)
    values = {column.lower(): value for one in row for column, value in one.items()}
    return record_text(values.get("eventjson"), values)
