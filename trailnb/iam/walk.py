"""A replay with what is known from elsewhere: seeds at their times, AWS-managed policies."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from trailnb.errors import RequestError
from trailnb.iam.entities import EXISTS, Aspect, Entity
from trailnb.iam.replay import steps
from trailnb.iam.replay_paths import canonical
from trailnb.iam.seed import Seed, sow
from trailnb.iam.state import PRESENT, Draft, State, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from trailnb.iam.order import Happened
    from trailnb.iam.replay_edits import Call

_ARN = "arn:aws:iam::aws:policy/"
_AT_HAND = "at hand"


def begun(managed_policies: str | Path | None = None) -> Draft:
    """Where does every replay begin: with nothing known but AWS-managed policies at hand?

    Example:
        >>> admin = Entity("aws", "policy", "arn:aws:iam::aws:policy/AdministratorAccess")
        >>> begun().content(admin, Aspect("default version")).shown
        '{"Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}'
    """
    draft = Draft.of(State())
    draft.count += 1
    for name, document in _managed(managed_policies):
        policy = Entity("aws", "policy", name if name.startswith("arn:") else _ARN + name)
        draft.write(policy, EXISTS, PRESENT)
        draft.write(policy, Aspect("default version"), text(_AT_HAND))
        draft.write(policy, Aspect("version", _AT_HAND), text(canonical(document)))
    return draft


def _managed(directory: str | Path | None) -> Iterator[tuple[str, str]]:
    table = files("trailnb.iam").joinpath("tables", "aws_managed.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(line for line in table.splitlines() if not line.startswith("#")):
        yield row["name"], row["document"]
    if directory is None:
        return
    place = Path(directory)
    if not place.is_dir():
        raise RequestError(
            f"managed_policies={str(directory)!r} is no directory. "
            "Give one that holds AWS-managed policies, each as NAME.json."
        )
    for file in sorted(place.glob("*.json")):
        yield file.stem, file.read_text(encoding="utf-8")


def walked(
    calls: Iterable[Call],
    draft: Draft,
    seed: Seed | Iterable[Seed] | None = None,
    until: datetime | None = None,
) -> Iterator[Happened]:
    """What happens, call by call, with each seed sown at its time?

    What a seed tells holds before the calls of its own second.
    """
    seeds = [seed] if isinstance(seed, Seed) else list(seed or ())
    if not all(isinstance(one, Seed) for one in seeds):
        raise RequestError(
            'A seed is read with its time: Seed.read("details.json", at="2026-11-01").'
        )
    rest = sorted(calls, key=lambda call: call.time)
    rest = [call for call in rest if until is None or call.time < until]
    for one in sorted(seeds, key=lambda one: one.at):
        if until is not None and one.at > until:
            break
        yield from steps([call for call in rest if call.time < one.at], draft)
        rest = [call for call in rest if call.time >= one.at]
        sow(draft, one)
    yield from steps(rest, draft)
