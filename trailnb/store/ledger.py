"""Which parts does a store have, and which log file is read from which of them?"""

from __future__ import annotations

import io
import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import polars as pl

from trailnb.errors import SourceError
from trailnb.formats.problem import Problem
from trailnb.store.part import FOOTER_KEY, UNDATED, Footer, Part

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from trailnb.sources.source import LogFile
    from trailnb.store.part import Held
    from trailnb.store.place import Kept, Place

#: Remembers footers, so that opening a large store does not open every part. Made anew at will.
CACHE = "_trailnb/footers.parquet"
#: Tells a store from any other folder of Parquet files.
MARKER = "_trailnb/store.json"
#: How the names of parts begin.
_PARTS = "date="
_THREADS = 16
#: A Parquet file ends with its metadata, their length, and this.
_MAGIC = b"PAR1"
_TAIL_BYTES = 1 << 16
#: A store that is compacted while it is opened is looked at again, so often at most.
_LOOKS = 5
_CACHE_COLUMNS = ("name", "size_bytes", "version", "footer")


@dataclass(frozen=True)
class Ledger:
    """The parts that count, and who owns what.

    `owned` maps a part's name to the log files that are read from it, with what it says of each.
    `unread` are log files that no part could be made of. `problems` are those of the log files,
    and parts that cannot be read: `torn` maps these to the keys of what they held, as far as that
    is remembered. `spent` are parts that nothing is read from any more.
    """

    parts: tuple[Part, ...]
    owned: dict[str, dict[str, Held]] = field(default_factory=dict)
    unread: tuple[LogFile, ...] = ()
    problems: tuple[Problem, ...] = ()
    torn: dict[str, tuple[str, ...]] = field(default_factory=dict)
    spent: tuple[str, ...] = ()

    @cached_property
    def held(self) -> dict[str, Held]:
        """Every log file in the store, by key."""
        return {key: held for part in self.owned.values() for key, held in part.items()}

    @cached_property
    def is_dated(self) -> bool:
        """Does the name of every log file tell when it was delivered?"""
        days = {part.footer.day for part in self.parts if self.owned[part.name]}
        return UNDATED not in days and all(file.delivered for file in self.unread)

    def left_out(self, part: Part) -> list[str]:
        """Which log files of this part are not read from it?"""
        owned = self.owned[part.name]
        return [held.file.key for held in part.footer.held if held.file.key not in owned]

    def narrowed(self, keys: Container[str]) -> Ledger:
        """Keep only these log files, and the parts that they are read from."""
        owned = {
            name: kept
            for name, held in self.owned.items()
            if (kept := {key: one for key, one in held.items() if key in keys})
        }
        return replace(
            self,
            parts=tuple(part for part in self.parts if part.name in owned),
            owned=owned,
            unread=tuple(file for file in self.unread if file.key in keys),
        )


def is_store(place: Place) -> bool:
    """Does a store lie here?"""
    try:
        return bool(json.loads(place.get(MARKER))["trailnb"] == "store")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def load(place: Place) -> Ledger:
    """Read the ledger: footers from the cache where it is right, else from the parts.

    A part that another process joins or removes meanwhile could be missed together with the one
    that takes its place, so the listing must be the same before and after.
    """
    kept = _list_parts(place)
    known = _cached(place)
    for _ in range(_LOOKS):
        try:
            texts, is_cached = _texts(place, kept, known)
        except FileNotFoundError:
            kept = _list_parts(place)
            continue
        now = _list_parts(place)
        if [one.name for one in now] == [one.name for one in kept]:
            break
        kept = now
    else:
        raise SourceError.about(
            "the store changes faster than it can be read", place.uri, "Open it again."
        )
    read = {one.name: _part(one, texts[one.name]) for one in kept}
    torn = {name: _remembered(known.get(name)) for name, part in read.items() if part is None}
    if not is_cached or known.keys() != read.keys():
        states = {one.name: (one.size_bytes, one.version, texts[one.name] or "") for one in kept}
        _remember(place, states | {name: known[name] for name in torn if name in known})
    return _resolved([part for part in read.values() if part], torn)


def _list_parts(place: Place) -> list[Kept]:
    return [one for one in place.list(_PARTS) if is_part(one.name)]


def is_part(name: str) -> bool:
    """Is this how a part is named?"""
    return name.startswith(_PARTS) and name.endswith(".parquet")


#: What the cache remembers of a part: size, version, footer.
_State = tuple[int, str, str]


def _texts(
    place: Place, kept: Sequence[Kept], known: Mapping[str, _State]
) -> tuple[dict[str, str | None], bool]:
    """Which footer has each part, None where it is torn, and did the cache know them all?

    Raises:
        FileNotFoundError: a part is gone.
    """
    states = {one.name: known.get(one.name) for one in kept}
    texts: dict[str, str | None] = {}
    unknown = []
    for one in kept:
        state = states[one.name]
        if state and state[:2] == (one.size_bytes, one.version):
            texts[one.name] = state[2]
        else:
            unknown.append(one.name)
    if unknown:
        with ThreadPoolExecutor(_THREADS) as pool:
            found = pool.map(partial(read_footer, place), unknown)
            texts |= zip(unknown, found, strict=True)
    return texts, not unknown


def read_footer(place: Place, name: str) -> str | None:
    """Read one part's footer; None when the part is torn.

    Raises:
        FileNotFoundError: the part is gone.
    """
    tail = place.tail(name, _TAIL_BYTES)
    size = int.from_bytes(tail[-8:-4], "little") + 8
    if size > len(tail):
        tail = place.tail(name, size)
    if size > len(tail) or not tail.endswith(_MAGIC):
        return None
    try:
        return pl.read_parquet_metadata(io.BytesIO(_MAGIC + tail[-size:])).get(FOOTER_KEY)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None


def _part(kept: Kept, text: str | None) -> Part | None:
    footer = _parsed(text)
    return Part(kept.name, kept.size_bytes, kept.version, footer) if footer else None


def _parsed(text: str | None) -> Footer | None:
    if text is None:
        return None
    try:
        return Footer.from_text(text)
    except ValueError:
        return None


def _remembered(state: _State | None) -> tuple[str, ...]:
    """Which log files did a torn part hold, as the cache remembers it?"""
    footer = _parsed(state[2]) if state else None
    return tuple(held.file.key for held in footer.held) if footer else ()


def _resolved(parts: Sequence[Part], torn: dict[str, tuple[str, ...]]) -> Ledger:
    """Decide who owns each log file: a newer save before an older one, then by name."""
    replaced = _replaced(parts)
    live = [
        part
        for part in parts
        if part.name not in replaced or part.footer.saved_at > replaced[part.name]
    ]
    owned: dict[str, dict[str, Held]] = defaultdict(dict)
    owner: dict[str, str] = {}
    latest: dict[str, str] = {}
    unread: dict[str, LogFile] = {}
    for part in sorted(live, key=lambda part: (part.footer.saved_at, part.name), reverse=True):
        for held in part.footer.held:
            latest.setdefault(held.file.key, part.name)
            if owner.setdefault(held.file.key, part.name) == part.name:
                owned[part.name][held.file.key] = held
        for file in part.footer.unread:
            latest.setdefault(file.key, part.name)
            unread.setdefault(file.key, file)
    counting = {*owner.values(), *latest.values()}
    live = sorted((part for part in live if part.name in counting), key=lambda part: part.name)
    says = {(name, key) for names in (owner, latest) for key, name in names.items()}
    return Ledger(
        tuple(live),
        {part.name: owned[part.name] for part in live},
        tuple(file for key, file in unread.items() if key not in owner),
        tuple(_problems(live, says, torn)),
        torn,
        tuple(sorted({part.name for part in parts} - {part.name for part in live})),
    )


def _replaced(parts: Iterable[Part]) -> dict[str, str]:
    """Which parts were joined into another one, and when was the newest of them saved?

    A part of the same name that is saved again later counts again.
    """
    replaced: dict[str, str] = {}
    for part in parts:
        for name in part.footer.replaces:
            if name != part.name:
                replaced[name] = max(replaced.get(name, ""), part.footer.saved_at)
    return replaced


def _problems(
    parts: Iterable[Part], says: Container[tuple[str, str]], torn: Mapping[str, tuple[str, ...]]
) -> Iterable[Problem]:
    """What is wrong, as said by the part that a log file is read from or was last tried for?"""
    for name in torn:
        yield Problem(name, "this part of the store cannot be read; save again to repair it")
    for part in parts:
        for problem in part.footer.problems:
            if (part.name, problem.log_file) in says:
                yield problem


def _cached(place: Place) -> dict[str, _State]:
    try:
        rows = pl.read_parquet(io.BytesIO(place.get(CACHE))).select(_CACHE_COLUMNS).rows()
    except (OSError, pl.exceptions.PolarsError):  # no cache, or a torn one: read the footers
        return {}
    return {name: (size, version, footer) for name, size, version, footer in rows}


def _remember(place: Place, states: Mapping[str, _State]) -> None:
    """Write the cache; of a torn part it keeps what was known, and nothing where nothing was."""
    rows = [(name, *state) for name, state in states.items() if state[2]]
    schema = dict(zip(_CACHE_COLUMNS, (pl.String, pl.Int64, pl.String, pl.String), strict=True))
    stream = io.BytesIO()
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(stream)
    try:
        place.put(CACHE, stream.getvalue())
    except SourceError:  # a store that may only be read is slower to open, nothing else
        return
