"""How does a big organization look, for benchmarks: any number of records in any number of files?

The ordinary days of the sample organization are played once. Every record then becomes a
template, and each pass over the templates fills in new times, ids and session keys. Sessions
stay whole within a pass: a key is issued, then used. All passes of some days are played side by
side, so what is delivered in one file happened within minutes, as in life.

Usage: `python -m tools.samples.scale DEST --events N --files M`
"""

from __future__ import annotations

import argparse
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .cast import acme
from .chance import BASE32, Dice
from .days import live
from .delivery import Trail, key_of
from .records import Event, Place, epoch, iso, minified
from .stage import World

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAYS = ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04")
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SLOTS = re.compile(
    rf'(?<="eventTime":")[^"]+|(?<="creationDate":")[^"]+|(?<="requestID":"){_UUID}'
    rf'|(?<="eventID":"){_UUID}|(?<="sharedEventID":"){_UUID}|ASIA[A-Z2-7]{{16}}',
)
_MASK = (1 << 128) - 1
_DAY, _SLOT = 86_400, 300
#: How often the days follow each other, and within how many seconds passes stray.
_ROUNDS, _JITTER = 8, 240
_LEVEL = 6
# Keys carry the account in their first nine characters after the prefix; the last four may vary.
_KEY_KEPT = 16


@dataclass(frozen=True)
class Template:
    """A record cut at every place that differs from pass to pass."""

    at: int
    fixed: tuple[str, ...]
    slots: tuple[str | int | tuple[int], ...]

    def fill(self, number: int, shift: int, step: int) -> str:
        """What does this record say in that pass?"""
        parts = [self.fixed[0]]
        for slot, fixed in zip(self.slots, self.fixed[1:], strict=True):
            if isinstance(slot, tuple):
                parts.append(iso(slot[0] + shift))
            elif isinstance(slot, int):
                text = f"{slot + number * step & _MASK:032x}"
                parts.append(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
            else:
                parts.append(slot[:_KEY_KEPT] + _base32(number))
            parts.append(fixed)
        return "".join(parts)


@dataclass
class Reel:
    """The templates of one account and region, played many times at once, days after days."""

    place: Place
    templates: list[Template] = field(default_factory=list)
    at_once: int = 1
    position: int = 0

    def play(self, count: int, step: int) -> tuple[list[str], int]:
        """What are the next records, and when did the newest of them happen?"""
        records: list[str] = []
        newest = 0
        for position in range(self.position, self.position + count):
            turn, number = divmod(position, self.at_once)
            block, here = divmod(turn, len(self.templates))
            shift = block * len(_DAYS) * _DAY + number * 37 % _JITTER
            template = self.templates[here]
            records.append(template.fill(block * self.at_once + number, shift, step))
            newest = max(newest, template.at + shift)
        self.position += count
        return records, newest


def scale(dest: Path, events: int, files: int, seed: int = 7, *, rounds: int = _ROUNDS) -> None:
    """Write `events` records in `files` log files of the true layout under `dest`.

    Args:
        dest: The folder that will hold `AWSLogs/`.
        events: How many records to write; each has its own event id.
        files: How many log files to write them to.
        seed: Another seed makes other ids and another mix of places.
        rounds: How often the four days follow each other: fewer rounds make fuller days.
    """
    organization = acme()
    trail = Trail(f"AWSLogs/{organization.org_id}", f"scale/{seed}")
    reels = _reels(seed)
    dice = Dice(f"scale/{seed}")
    step = int(dice.hex(32), 16) | 1
    weights = [len(reel.templates) for reel in reels]
    at_once = -(-events // (sum(weights) * rounds))
    for reel in reels:
        # Also a quiet region's file holds at most the records of a day.
        a_day = -(-len(_DAYS) * events // (files * len(reel.templates)))
        reel.at_once = max(at_once, a_day)
    for number, count in enumerate(_shares(events, files)):
        reel = dice.weighted(reels, weights)
        records, newest = reel.play(count, step)
        stamp = (newest // _SLOT + 1) * _SLOT
        # The file number keeps the names of two files of the same five minutes apart.
        numbered = Trail(trail.prefix, f"{trail.seed}/{number}")
        path = dest / key_of(numbered, reel.place, stamp, "CloudTrail")
        path.parent.mkdir(parents=True, exist_ok=True)
        text = '{"Records":[' + ",".join(records) + "]}"
        path.write_bytes(zlib.compress(text.encode(), _LEVEL, 31))


def _shares(events: int, files: int) -> Iterator[int]:
    share, rest = divmod(events, files)
    return (share + (number < rest) for number in range(files))


def _reels(seed: int) -> list[Reel]:
    world = World(acme())
    live(world, _DAYS, leak=False)
    reels: dict[tuple[str, str], Reel] = {}
    for event in sorted(world.events, key=lambda event: (event.at, event.event_id)):
        key = (event.place.account, event.place.region)
        reels.setdefault(key, Reel(event.place)).templates.append(_template(event, seed))
    return [reels[key] for key in sorted(reels)]


def _template(event: Event, seed: int) -> Template:
    text = minified(event.record)
    found = _SLOTS.findall(text)
    return Template(
        event.at, tuple(_SLOTS.split(text)), tuple(_slot(value, seed) for value in found)
    )


def _slot(value: str, seed: int) -> str | int | tuple[int]:
    if value.startswith("ASIA"):
        return value
    if value.endswith("Z") and "T" in value:
        return (epoch(value),)
    return int(value.replace("-", ""), 16) ^ seed


def _base32(number: int) -> str:
    return "".join(BASE32[number >> shift & 31] for shift in (15, 10, 5, 0))


def main() -> None:
    """Write a big organization where the command line says."""
    parser = argparse.ArgumentParser(description="Write a big organization for benchmarks.")
    parser.add_argument("dest", type=Path)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--files", type=int, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    asked = parser.parse_args()
    scale(asked.dest, asked.events, asked.files, asked.seed, rounds=asked.rounds)


if __name__ == "__main__":
    main()
