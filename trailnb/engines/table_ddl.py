"""A saved trail as a table of Amazon Athena: the statements that make it, for people to run.

Sources: Amazon Athena User Guide, "CREATE TABLE", "Partition projection", "Supported types for
partition projection" and "CREATE VIEW".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from trailnb.engines.store_table import DATE, athena_type, name_parts, plain_scan
from trailnb.errors import RequestError
from trailnb.facts.columns import COLUMNS
from trailnb.facts.derived import DERIVED
from trailnb.store.writing import IS_COPY
from trailnb.trail.scan import schema

if TYPE_CHECKING:
    from trailnb.trail.trail import Trail

#: What S3 and Athena both take, and nothing that a property's text would have to escape.
_LOCATION = re.compile(r"s3://[a-z0-9][a-z0-9.-]+(?:/[A-Za-z0-9!_.*()=+@:,/-]*)?")
_WITH_COPIES = "_with_copies"


class TableDdl(NamedTuple):
    """Two statements, to be run one after the other: Athena takes one at a time.

    `table` is over the Parquet as it lies, copies included; `view` is what `trail.events` is.
    """

    table: str
    view: str

    def __str__(self) -> str:
        """Write both, as a script has them."""
        return f"{self.table};\n\n{self.view};\n"


def table_ddl(trail: Trail, *, table: str = "events", location: str | None = None) -> TableDdl:
    """Which statements make a saved trail a table that Athena reads where it lies?

    The view has the columns of `trail.events`, and `date`, the day of delivery: name the days, and
    Athena reads and bills no others. The view leaves out copies by their mark. While a save runs,
    and after one was killed, new parts wait for their marks and their copies count until the next
    save ends. Athena reads `date=…/` only, so `_trailnb/` and `evidence/` are never rows. New days
    appear by themselves.

    Args:
        trail: A saved trail, opened whole.
        table: Name of the view, with its database if need be; the table is `…_with_copies`.
        location: Where the store lies on S3, when it is opened from elsewhere.

    Returns:
        `table` and `view`, the statements; as text, both.

    Raises:
        RequestError: the trail is not a saved one, is opened in part, does not lie on S3, or its
            parts cannot be read as they lie, with what mends that.

    Example:
        >>> import tempfile
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> kept = trail.save(tempfile.mkdtemp())
        >>> print(tn.table_ddl(kept, location="s3://acme-cases/042").view)
        CREATE OR REPLACE VIEW "events" AS
        SELECT
          "event_time",
        ...
        WHERE NOT "is_copy"
    """
    scan = plain_scan(trail, "Athena")
    place = _placed(location or scan.place.uri)
    *database, name = name_parts(table)
    days = [part.footer.day for part in scan.held.parts]
    whole = ".".join(f"`{part}`" for part in (*database, name + _WITH_COPIES))
    return TableDdl(
        _table(whole, place, days),
        _view([*database, name], [*database, name + _WITH_COPIES]),
    )


def _placed(location: str) -> str:
    """Say where the store lies as Athena says it, without a last slash."""
    said = re.sub(r"^s3[an]://", "s3://", location).rstrip("/")
    if not _LOCATION.fullmatch(said):
        raise RequestError(
            f"{location!r} is no place on S3 that Athena reads. Copy the store to a bucket, or say "
            "where it lies: location='s3://acme-cases/042'."
        )
    return said


def _table(name: str, place: str, days: list[str]) -> str:
    """Declare the parts as they lie."""
    meanings = {one.name: one.meaning for one in COLUMNS} | {
        one.name: one.meaning for one in DERIVED
    }
    declared = [
        f"  `{column}` {athena_type(dtype)} COMMENT '{_commented(meanings[column])}'"
        for column, dtype in schema().items()
    ]
    declared.append(f"  `{IS_COPY}` boolean COMMENT 'Whether an earlier log file brought it'")
    properties = {
        "projection.enabled": "true",
        f"projection.{DATE}.type": "date",
        f"projection.{DATE}.format": "yyyy-MM-dd",
        f"projection.{DATE}.range": _range(days, datetime.now(UTC).date().isoformat()),
        "storage.location.template": f"{place}/{DATE}=${{{DATE}}}/",
    }
    return "\n".join(
        [
            f"CREATE EXTERNAL TABLE IF NOT EXISTS {name} (",
            ",\n".join(declared),
            ")",
            f"PARTITIONED BY (`{DATE}` string COMMENT 'Day of delivery (UTC)')",
            "STORED AS PARQUET",
            f"LOCATION '{place}/'",
            "TBLPROPERTIES (",
            ",\n".join(f"  '{key}' = '{value}'" for key, value in properties.items()),
            ")",
        ]
    )


def _commented(meaning: str) -> str:
    """Write a meaning as a text of Hive's, which escapes by backslash, in plain letters."""
    plain = meaning.replace("…", "...").encode("ascii", "replace").decode()
    return plain.replace("\\", "\\\\").replace("'", "\\'")


def _range(days: list[str], today: str) -> str:
    """From the first day to the one that is: later ones come by themselves.

    A day after today is in the name of a log file only by mistake, and is not left out for that.
    Undated log files lie under 1970-01-01: then a query that names no days tries all since.
    """
    last = max(days, default=today)
    return f"{min(days, default=today)},{last if last > today else 'NOW'}"


def _view(name: list[str], over: list[str]) -> str:
    """Say of the table what `trail.events` says: each event once."""
    shown = ",\n".join(f'  "{column}"' for column in (*schema(), DATE))
    quoted = [".".join(f'"{part}"' for part in parts) for parts in (name, over)]
    return "\n".join(
        [
            f"CREATE OR REPLACE VIEW {quoted[0]} AS",
            "SELECT",
            shown,
            f"FROM {quoted[1]}",
            f'WHERE NOT "{IS_COPY}"',
        ]
    )
