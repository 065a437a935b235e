"""Which parts does a store have, and which log file is read from which of them?"""

from __future__ import annotations

import io
import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from trailnb.errors import SourceError
from trailnb.formats.problem import Problem
from trailnb.store.part import FOOTER_KEY, Footer, Part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailnb.store.part import Held
    from trailnb.store.place import Folder, Kept, Remote

#: Remembers footers, so that opening a large store does not open every part. Made anew at will.
CACHE = "_trailnb/footers.parquet"
#: Tells a store from any other folder of Parquet files.
MARKER = "_trailnb/store.json"
_THREADS = 16
_CACHE_COLUMNS = ("name", "size_bytes", "version", "footer")


@dataclass(frozen=True)
class Ledger:
    """The parts that count, and who owns what.

    `owned` maps a part's name to the log files that are read from it, with what it says of each.
    `problems` are those of the log files, and parts that cannot be read.
    """

    parts: tuple[Part, ...]
    owned: dict[str, dict[str, Held]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    torn: tuple[str, ...] = ()

    @property
    def held(self) -> dict[str, Held]:
        """Every log file in the store, by key."""
        return {key: held for part in self.owned.values() for key, held in part.items()}

    def left_out(self, part: Part) -> list[str]:
        """Which log files of this part are read from another one?"""
        owned = self.owned[part.name]
        return [held.file.key for held in part.footer.held if held.file.key not in owned]


def is_store(place: Folder | Remote) -> bool:
    """Does a store lie here?"""
    try:
        return bool(json.loads(place.get(MARKER))["trailnb"] == "store")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def load(place: Folder | Remote) -> Ledger:
    """Read the ledger: footers from the cache where it is right, else from the parts."""
    kept = [one for one in place.list() if _is_part(one.name)]
    known = _cached(place)
    texts: dict[str, str | None] = {}
    unknown = []
    for one in kept:
        state = known.get(one.name)
        if state and state[:2] == (one.size_bytes, one.version):
            texts[one.name] = state[2]
        else:
            unknown.append(one)
    with ThreadPoolExecutor(_THREADS) as pool:
        texts |= zip(
            (one.name for one in unknown), pool.map(partial(_footer, place), unknown), strict=True
        )
    read = {one.name: _part(one, texts[one.name]) for one in kept}
    if unknown or len(known) != len(kept):
        _remember(place, [part for part in read.values() if part])
    return _resolved(
        [part for part in read.values() if part], [k for k, v in read.items() if not v]
    )


def _is_part(name: str) -> bool:
    return name.startswith("date=") and name.endswith(".parquet")


def _footer(place: Folder | Remote, kept: Kept) -> str | None:
    """Read one part's footer; None when the part is torn or gone."""
    try:
        with place.open(kept.name) as file:
            return pl.read_parquet_metadata(file).get(FOOTER_KEY)
    except (OSError, pl.exceptions.PolarsError):
        return None


def _part(kept: Kept, text: str | None) -> Part | None:
    if text is None:
        return None
    try:
        return Part(kept.name, kept.size_bytes, kept.version, Footer.from_text(text))
    except (ValueError, KeyError, TypeError):
        return None


def _resolved(parts: list[Part], torn: list[str]) -> Ledger:
    """Decide who owns each log file: a newer save before an older one, then by name."""
    replaced = {name for part in parts for name in part.footer.replaces if name != part.name}
    live = [part for part in parts if part.name not in replaced]
    owned: dict[str, dict[str, Held]] = defaultdict(dict)
    owner: dict[str, str] = {}
    for part in sorted(live, key=lambda part: (part.footer.saved_at, part.name), reverse=True):
        for held in part.footer.held:
            if owner.setdefault(held.file.key, part.name) == part.name:
                owned[part.name][held.file.key] = held
    live = [part for part in live if owned[part.name] or not part.footer.held]
    return Ledger(
        tuple(sorted(live, key=lambda part: part.name)),
        dict(owned),
        tuple(_problems(live, owner, torn)),
        tuple(torn),
    )


def _problems(parts: Iterable[Part], owner: dict[str, str], torn: list[str]) -> Iterable[Problem]:
    for name in torn:
        yield Problem(name, "this part of the store cannot be read; save again to repair it")
    for part in parts:
        for problem in part.footer.problems:
            if owner.get(problem.log_file, part.name) == part.name:
                yield problem


def _cached(place: Folder | Remote) -> dict[str, tuple[int, str, str]]:
    try:
        rows = pl.read_parquet(io.BytesIO(place.get(CACHE))).select(_CACHE_COLUMNS).rows()
    except (OSError, pl.exceptions.PolarsError):  # no cache, or a torn one: read the footers
        return {}
    return {name: (size, version, footer) for name, size, version, footer in rows}


def _remember(place: Folder | Remote, parts: list[Part]) -> None:
    rows = [(p.name, p.size_bytes, p.version, p.footer.to_text()) for p in parts]
    schema = dict(zip(_CACHE_COLUMNS, (pl.String, pl.Int64, pl.String, pl.String), strict=True))
    stream = io.BytesIO()
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(stream)
    try:
        place.put(CACHE, stream.getvalue())
    except SourceError:  # a store that may only be read is slower to open, nothing else
        return
