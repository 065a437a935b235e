"""What do the two sample sets hold: the attacked organization and the quiet one?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import other_records, scenes_history
from .attack_chain import BACKUPS, attack
from .cast import AP, EU, US, Organization, acme, quiet
from .days import live
from .delivery import LogFile, Trail, deliver, gzipped, in_two_members, key_of, log_file, torn
from .digests import Digest, chain
from .records import Event, Place, epoch
from .stage import World

if TYPE_CHECKING:
    from .attack_script import Script

ACME_DAYS = ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04")
QUIET_DAYS = ("2026-11-02", "2026-11-03", "2026-11-04")
_LATE_STAMP = epoch("2026-11-03T08:40:00Z")
_LATE_COUNT = 3
_EMPTY_STAMP = epoch("2026-11-02T12:00:00Z")
_CHAIN_START = epoch("2026-11-02T04:31:07Z")
_CHAIN_HOURS = 24
_AFTER_HOURS = 5
_AGGREGATED = (epoch("2026-11-02T08:00:00Z"), epoch("2026-11-02T13:00:00Z"))


@dataclass
class SampleSet:
    """One organization as delivered, and what is remarkable in it."""

    organization: Organization
    files: list[LogFile]
    legacy: list[LogFile] = field(default_factory=list)
    digests: list[list[Digest]] = field(default_factory=list)
    script: Script | None = None
    restart: Event | None = None
    late: list[Event] = field(default_factory=list)
    insights: list[Event] = field(default_factory=list)
    remarkable: dict[str, str] = field(default_factory=dict)

    @property
    def all_files(self) -> list[LogFile]:
        """Which log files were delivered, by either trail?"""
        return sorted([*self.files, *self.legacy], key=lambda file: file.key)


def quiet_set() -> SampleSet:
    """What is delivered for the organization that nobody attacks?"""
    organization = quiet()
    world = World(organization)
    live(world, QUIET_DAYS, leak=False)
    return SampleSet(organization, deliver(_in_order(world.events), _trail(organization)))


def acme_set() -> SampleSet:
    """What is delivered for the attacked organization?"""
    organization = acme()
    world = World(organization)
    scenes_history.permissions_before(world)
    scenes_history.validation_switched_on(world)
    live(world, ACME_DAYS, leak=True)
    script = attack(world)
    restart = scenes_history.logging_restarted(world)
    insights = other_records.insight_pair(script)
    world.events += insights + other_records.network_activity(organization)
    world.events += _aggregates(world, script)

    events = _in_order(world.events)
    late = _late(events, organization)
    ids = {event.event_id for event in late}
    on_time = [event for event in events if event.event_id not in ids]
    sample = SampleSet(organization, deliver(on_time, _trail(organization)), script=script,
                       restart=restart, insights=insights)  # fmt: skip
    sample.late = [other_records.delayed(event) for event in late]
    sample.legacy = _legacy(on_time, script)
    _misfortunes(sample)
    _sign(sample)
    return sample


def _in_order(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event.at, event.event_id))


def _trail(organization: Organization) -> Trail:
    return Trail(f"AWSLogs/{organization.org_id}", organization.name)


def _aggregates(world: World, script: Script) -> list[Event]:
    window = [e for e in world.events if _AGGREGATED[0] <= e.at < _AGGREGATED[1]]
    shop = other_records.aggregates(window, Place(script.production, EU), "acme-media")
    return shop + other_records.aggregates(script.reads, Place(script.archive, US), BACKUPS)


def _late(events: list[Event], organization: Organization) -> list[Event]:
    place = Place(organization.accounts["production"], EU)
    after = epoch("2026-11-02T12:30:00Z")
    return [e for e in events if e.place == place and e.at >= after and e.folder == "CloudTrail"
            and e.record["managementEvent"] and e.record["eventSource"] != "sts.amazonaws.com"
            ][:_LATE_COUNT]  # fmt: skip


def _legacy(events: list[Event], script: Script) -> list[LogFile]:
    """The old trail of production sees management events of us-east-1, until it is stopped."""
    place = Place(script.production, US)
    seen = [e for e in events if e.place == place and e.folder == "CloudTrail"
            and e.record["managementEvent"] and e.at <= script.stops[0].at]  # fmt: skip
    return deliver(seen, Trail("AWSLogs", "production-audit", lag=60))


def _misfortunes(sample: SampleSet) -> None:
    """One late file, one empty, one torn, one in two gzip members."""
    accounts = sample.organization.accounts
    trail = _trail(sample.organization)
    production = Place(accounts["production"], EU)
    late = log_file(sample.late, trail, production, _LATE_STAMP)
    place = Place(accounts["staging"], AP)
    key, text = key_of(trail, place, _EMPTY_STAMP, "CloudTrail"), b'{"Records":[]}'
    empty = LogFile(key, _EMPTY_STAMP, place, "CloudTrail", (), text, gzipped(text))
    to_tear = _largest(sample, Place(accounts["staging"], EU))
    to_split = _largest(sample, Place(accounts["management"], US))
    changed = {to_tear.key: torn(to_tear), to_split.key: in_two_members(to_split)}
    sample.files = [changed.get(file.key, file) for file in sample.files] + [late, empty]
    sample.remarkable = {
        "late_file": late.key,
        "empty_file": empty.key,
        "torn_file": to_tear.key,
        "two_member_file": to_split.key,
    }


def _largest(sample: SampleSet, place: Place) -> LogFile:
    day = "/2026/11/02/"
    candidates = [f for f in sample.files if f.place == place and day in f.key]
    return max(candidates, key=lambda file: (len(file.events), file.key))


def _sign(sample: SampleSet) -> None:
    """Production's us-east-1 is digested for the day before the stop, and after the restart."""
    place = Place(sample.organization.accounts["production"], US)
    files = sorted((f for f in sample.files if f.place == place and f.folder == "CloudTrail"),
                   key=lambda file: file.key)  # fmt: skip
    restart = sample.restart.at if sample.restart else 0
    sample.digests = [
        chain(files, sample.organization, place, start, hours)
        for start, hours in ((_CHAIN_START, _CHAIN_HOURS), (restart, _AFTER_HOURS))
    ]
