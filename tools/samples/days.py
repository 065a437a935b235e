"""When does what happen on ordinary days?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import scenes_people as people
from . import scenes_services as services
from . import scenes_workloads as workloads
from .cast import AP, EU, US
from .chance import Dice
from .records import Place, epoch
from .stage import Stage, World

if TYPE_CHECKING:
    from collections.abc import Callable

    Scene = Callable[[Stage], None]

_SLOT, _LAG = 300, 90
_SLOTS_PER_DAY = 288
_MORNING, _EVENING = 7 * 12, 18 * 12
# The hour in which nothing is delivered from us-east-1, so that one digest is empty.
_STILL = (epoch("2026-11-03T00:20:00Z"), epoch("2026-11-03T02:05:00Z"))
_STOPPED = (epoch("2026-11-03T04:10:00Z"), epoch("2026-11-03T07:55:00Z"))
_KEY_LEAKED = epoch("2026-11-03T00:00:00Z")

SCENES: dict[str, dict[Scene, int]] = {
    "production": {
        workloads.instance_works: 5,
        workloads.pipeline_deploys: 2,
        workloads.old_deploy_key: 1,
        workloads.function_runs: 3,
        workloads.objects_served: 4,
        services.linked_role_looks_around: 2,
        services.key_used_by_service: 3,
        services.service_speaks: 1,
        services.service_takes_function_role: 1,
        services.backup_runs: 1,
        people.developer_at_the_terminal: 1,
        people.operator_in_the_console: 1,
        people.clicks_after_portal: 1,
    },
    "management": {
        workloads.tooling_crosses_accounts: 4,
        people.organization_is_read: 2,
        people.clicks_after_portal: 2,
        people.admin_keeps_house: 1,
        services.linked_role_looks_around: 2,
        services.quota_refresh: 2,
    },
    "staging": {
        workloads.instance_works: 3,
        workloads.pipeline_deploys: 2,
        workloads.function_runs: 2,
        people.developer_at_the_terminal: 3,
        people.clicks_after_portal: 1,
        people.admin_keeps_house: 1,
        services.linked_role_looks_around: 1,
        services.service_speaks: 1,
    },
    "archive": {
        services.logs_delivered: 4,
        services.key_used_by_service: 2,
        services.linked_role_looks_around: 1,
        services.quota_refresh: 1,
        services.backup_runs: 1,
    },
}
BURSTS: dict[tuple[str, str], int] = {
    ("production", EU): 17,
    ("production", US): 12,
    ("production", AP): 6,
    ("management", US): 7,
    ("management", EU): 4,
    ("staging", EU): 7,
    ("staging", AP): 4,
    ("archive", US): 5,
}


# The quiet set stays small: it shows the same kinds of days, fewer of each.
_QUIET_SHARE = 0.8


def live(world: World, days: tuple[str, ...], *, leak: bool) -> None:
    """What happens in this organization on these days, if nobody attacks it?"""
    organization = world.organization
    for day in days:
        for duty, regions in organization.regions.items():
            for region in regions:
                _live_one_day(world, duty, region, day, leak=leak)


def _live_one_day(world: World, duty: str, region: str, day: str, *, leak: bool) -> None:
    organization = world.organization
    place = Place(organization.accounts[duty], region)
    dice = Dice(f"{organization.seed}/{place}/{day}")
    midnight = epoch(f"{day}T00:00:00Z")
    count = BURSTS[duty, region] if leak else round(BURSTS[duty, region] * _QUIET_SHARE)
    for slot in sorted(_slots(dice, count)):
        start = midnight + slot * _SLOT - _LAG + dice.between(0, 20)
        if leak and (_within(start, _STOPPED) or (region == US and _within(start, _STILL))):
            continue
        for number in range(dice.between(3, 4)):
            name = f"{organization.seed}/{place}/{start}/{number}"
            stage = Stage(world, place, start + dice.between(0, 100), Dice(name))
            scene = dice.weighted(list(SCENES[duty]), list(SCENES[duty].values()))
            if scene is workloads.old_deploy_key and leak and start > _KEY_LEAKED:
                scene = workloads.instance_works
            scene(stage)


def _slots(dice: Dice, count: int) -> set[int]:
    slots: set[int] = set()
    while len(slots) < count:
        low, high = (_MORNING, _EVENING) if dice.happens(0.7) else (1, _SLOTS_PER_DAY - 1)
        slots.add(dice.between(low, high))
    return slots


def _within(at: int, window: tuple[int, int]) -> bool:
    return window[0] <= at < window[1]
