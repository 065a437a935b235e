"""Athena itself: a table described, queries run, and their answers fetched piece by piece.

States, tokens and results: Athena API reference. An answer is a file in S3, which takes a request
for 16 MB where GetQueryResults takes one for 1,000 rows; only where Athena keeps results to itself
they are fetched by pages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trailnb.errors import SourceError
from trailnb.sources.answer_file import ROWS, AnswerFile, filled
from trailnb.sources.aws import refused
from trailnb.sources.paging import Paging
from trailnb.sources.querying import MOST_TEXT_BYTES, QueryError, Standing
from trailnb.sources.s3_refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trailnb.sources.aws import Caller

_CATALOG = "AwsDataCatalog"
_STATES = {"SUCCEEDED": "finished", "QUEUED": "running", "RUNNING": "running"}
_PART_BYTES = 16 << 20
_MOST_BYTES = MOST_TEXT_BYTES
_PAGE = 1_000


@dataclass
class Athena:
    """Queries of one database, by one person's credentials."""

    caller: Caller
    database: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def region(self) -> str | None:
        """The region that the options name, or the credentials' profile."""
        region: str | None = self.options.get("region_name") or self.caller.session().region_name
        return region

    def described(self, table: str, uri: str) -> dict[str, Any]:
        """What is told of a table?

        Raises:
            SourceError: it is missing, or refused.
        """
        try:
            answer = self._ask(
                "get_table_metadata",
                CatalogName=self._catalog,
                DatabaseName=self.database,
                TableName=table,
                **self._workgroup,
            )
        except Refusal as refusal:
            if refusal.code == "MetadataException":
                hint = f"It was looked for in {self.region}, catalog {self._catalog}."
                raise SourceError.about("no such table, or no right to see it", uri, hint) from None
            raise refused(refusal, uri, "athena:GetTableMetadata and glue:GetTable") from None
        found: dict[str, Any] = answer["TableMetadata"]
        return found

    def start(self, statement: str, token: str) -> str:
        """Start a query; the same token starts no second one."""
        asked: dict[str, Any] = {
            "QueryString": statement,
            "ClientRequestToken": token,
            "QueryExecutionContext": {"Database": self.database, "Catalog": self._catalog},
        }
        if place := self.options.get("output_location"):
            asked["ResultConfiguration"] = {"OutputLocation": str(place)}
        answer = self._ask("start_query_execution", **asked, **self._workgroup)
        return str(answer["QueryExecutionId"])

    def standing(self, query_id: str) -> Standing:
        """Where does a query stand?"""
        told = self._ask("get_query_execution", QueryExecutionId=query_id)["QueryExecution"]
        status = told["Status"]
        state = str(status["State"])
        return Standing(
            query_id,
            _STATES.get(state, state),
            status.get("StateChangeReason", ""),
            told.get("Statistics", {}).get("DataScannedInBytes") or 0,
            _place(told.get("ResultConfiguration", {})),
            bool(status.get("AthenaError", {}).get("Retryable")),
        )

    def stop(self, query_id: str) -> None:
        """Stop a query."""
        self._ask("stop_query_execution", QueryExecutionId=query_id)

    def begun(self, query: Standing, _: str) -> AnswerFile | Paging:
        """How does the answer come: as a file, or by pages?"""
        if query.place.startswith("s3://"):
            return AnswerFile()
        return Paging(ROWS, {"QueryExecutionId": query.query_id})

    def is_cured(self, error: Refusal | QueryError, _: str) -> bool:
        """Is the query, or its answer's file, known no more? Some clear old answers away."""
        if isinstance(error, QueryError):
            return False
        is_refused = error.code == "InvalidRequestException"
        return error.is_missing or (is_refused and "not found" in error.message)

    def taken(self, answer: AnswerFile | Paging, query: Standing) -> AnswerFile | Paging:
        """The answer with one piece more.

        Raises:
            Refusal: AWS refuses.
            QueryError: there is more of it than can be read.
        """
        if isinstance(answer, AnswerFile):
            self._part(answer, query.place)
            return answer
        return self._page(answer)

    def _part(self, answer: AnswerFile, place: str) -> None:
        bucket, _, key = place.removeprefix("s3://").partition("/")
        found = self.caller.ask(
            "s3", self.region, "get_object", Bucket=bucket, Key=key,
            Range=f"bytes={answer.at}-{answer.at + _PART_BYTES - 1}",
        )  # fmt: skip
        # Without a range it is the whole, and shorter than was asked for.
        total = int(str(found.get("ContentRange", f"/{len(found['Body'])}")).rpartition("/")[2])
        if max(total, answer.text_bytes) > _MOST_BYTES:
            raise QueryError(
                f"the answer has {total:,} bytes, more than is read as one log file: {place}. Ask "
                "for less: by a filter, since= and until=, accounts= or regions=."
            )
        try:
            answer.take(found["Body"], total)
        except UnicodeDecodeError:
            raise QueryError(f"the answer is no text: {place}") from None
        if answer.is_torn:
            raise QueryError(f"the answer is cut within a row: {place}")

    def _page(self, paging: Paging) -> Paging:
        token = {"NextToken": paging.token} if paging.token else {}
        try:
            page = self._ask("get_query_results", MaxResults=_PAGE, **paging.arguments, **token)
        except Refusal as refusal:
            is_token = bool(paging.token) and refusal.code == "InvalidRequestException"
            if not is_token or not (anew := paging.again()):
                raise
            return anew
        found = page["ResultSet"]
        names = [column["Name"] for column in found["ResultSetMetadata"]["ColumnInfo"]]
        rows = [[cell.get("VarCharValue") for cell in row["Data"]] for row in found["Rows"]]
        if not paging.token and rows[:1] == [names]:
            rows = rows[1:]  # the first page begins with the names
        texts = [filled(names, row) for row in rows]
        paging.take([(None, None, text) for text in texts], page.get("NextToken"))
        return paging

    def _ask(self, operation: str, **arguments: Any) -> Any:  # noqa: ANN401 # boto3 has no types
        return self.caller.ask("athena", self.region, operation, **arguments)

    @property
    def _catalog(self) -> str:
        return str(self.options.get("catalog", _CATALOG))

    @property
    def _workgroup(self) -> dict[str, str]:
        named = self.options.get("workgroup")
        return {"WorkGroup": str(named)} if named else {}


def _place(results: Mapping[str, Any]) -> str:
    """Where do results lie that may be read there? Not those that the client has to decrypt."""
    if results.get("EncryptionConfiguration", {}).get("EncryptionOption") == "CSE_KMS":
        return ""
    return str(results.get("OutputLocation", ""))
