"""Where addresses are, by databases of one's own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from trailnb.enrich.locations import SCHEMA, located
from trailnb.errors import MissingExtraError, RequestError, SourceError

if TYPE_CHECKING:
    from pathlib import Path


def database(path: Path, networks: dict[str, dict[str, Any]], version: int = 6) -> Path:
    """A tiny MaxMind-format database."""
    writer = MMDBWriter(version, ipv4_compatible=version == 6, database_type="test")
    for network, told in networks.items():
        writer.insert_network(IPSet([network]), told)
    writer.to_db_file(str(path))
    return path


@pytest.fixture(name="city")
def _city(tmp_path: Path) -> Path:
    frankfurt = {
        "country": {"iso_code": "DE"},
        "city": {"names": {"en": "Frankfurt"}},
        "location": {"latitude": 50.1, "longitude": 8.7},
    }
    return database(tmp_path / "city.mmdb", {"203.0.113.0/24": frankfurt})


def test_databases_complete_each_other(city: Path, tmp_path: Path) -> None:
    """A city and an operator database tell the columns each knows."""
    told = {"autonomous_system_number": 64500, "autonomous_system_organization": "Example Net"}
    asn = database(tmp_path / "asn.mmdb", {"203.0.113.0/25": told})
    found = located(["203.0.113.7", "203.0.113.200", "2001:db8::1"], [city, asn])
    assert found.schema == SCHEMA
    assert found.rows() == [
        ("203.0.113.7", "DE", "Frankfurt", 50.1, 8.7, 64500, "Example Net"),
        ("203.0.113.200", "DE", "Frankfurt", 50.1, 8.7, None, None),
        ("2001:db8::1", None, None, None, None, None, None),
    ]


def test_database_without_ipv6_knows_nothing_of_it(tmp_path: Path) -> None:
    """An IPv6 address asked of an IPv4 database is unknown, not an error."""
    old = database(tmp_path / "old.mmdb", {"203.0.113.0/24": {"country": {"iso_code": "DE"}}}, 4)
    found = located(["2001:db8::1", "203.0.113.7"], old)
    assert found["country"].to_list() == [None, "DE"]


def test_odd_content_is_passed_over(tmp_path: Path) -> None:
    """A database with other contents gives nulls."""
    odd = database(tmp_path / "odd.mmdb", {"203.0.113.0/24": {"country": "Germany", "city": 7}})
    assert located(["203.0.113.7"], odd).row(0)[1:] == (None,) * 6


def test_own_table() -> None:
    """A table with an address column does as well; none gives nothing."""
    own = pl.DataFrame({"address": ["203.0.113.7"], "latitude": [50.1]})
    assert located(["203.0.113.7", "192.0.2.1"], own)["latitude"].to_list() == [50.1, None]
    assert located(["203.0.113.7"], None).row(0)[0] == "203.0.113.7"
    with pytest.raises(RequestError, match="no column address"):
        located([], pl.DataFrame({"ip": ["203.0.113.7"]}))


def test_errors_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file, a file of another kind, a missing package."""
    (tmp_path / "odd.mmdb").write_text("no database", "utf-8")
    for name in ("odd.mmdb", "none.mmdb"):
        with pytest.raises(SourceError, match="no location database"):
            located(["203.0.113.7"], tmp_path / name)
    monkeypatch.setitem(sys.modules, "maxminddb", None)
    with pytest.raises(MissingExtraError, match="the extra `geo`"):
        located(["203.0.113.7"], "city.mmdb")
