"""A saved trail, and DuckDB over its Parquet as Athena has it: by the statements of `table_ddl`."""

from __future__ import annotations

import gzip
import json
import warnings
from typing import TYPE_CHECKING

import duckdb
import pytest

import trailnb as tn
from tests.evidence import event
from tests.parity.cases import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trailnb.trail.trail import Trail

ROOT_USE = event(userIdentity={"type": "Root", "accountId": "444455556666"}, eventID="root-1")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the samples are saved, with a use of root whose log file has no date."""
    place = tmp_path_factory.mktemp("store")
    more = {"root.json.gz": gzip.compress(json.dumps({"Records": [ROOT_USE]}).encode())}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tn.errors.ProblemWarning)
        tn.open([SAMPLES / "acme", more], progress=lambda _: None).save(place)
    return place


@pytest.fixture(scope="session")
def trail(store: Path) -> Trail:
    """The saved trail."""
    return tn.open(store)


@pytest.fixture(scope="session")
def athena(store: Path, trail: Trail) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the table that Athena would read, and the view over it."""
    _, view = tn.table_ddl(trail, location="s3://acme-cases/042")
    connection = duckdb.connect()
    connection.sql("SET TimeZone = 'UTC'")
    parts = f"read_parquet('{store}/date=*/*.parquet', hive_types = {{'date': VARCHAR}})"
    connection.sql(f"CREATE VIEW events_with_copies AS SELECT * FROM {parts}")  # noqa: S608 - ours
    connection.sql(view)
    yield connection
    connection.close()
