"""Many rules in one pass: events are read once, records decoded once, and each rule sees its own.

What any rule needs is one filter, pushed down to where the events are read. What is left is decoded
in slices, and a rule that names events looks only at events of these names.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trailnb._frame import in_polars
from trailnb.errors import ProblemWarning, caller_level
from trailnb.rules.batch import Batch
from trailnb.rules.necessary import NOTHING, Among, as_filter, columns_of, either, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import narwhals.stable.v2 as nw
    import polars as pl

    from trailnb._frame import Narwhal
    from trailnb.rules.languages import Matcher
    from trailnb.rules.necessary import Condition

#: Records decoded at a time: a thousand make some megabytes of Python objects.
SLICE = 2048
_NAME = "event_name"
_NAMED = frozenset({_NAME, "event_source"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What some rules need together, and which rules look at an event of which name."""

    matchers: tuple[Matcher, ...]
    needs: Condition
    top: frozenset[str] | None
    named: dict[str, list[int]]
    others: tuple[tuple[int, nw.Expr | None], ...]

    @classmethod
    def of(cls, matchers: Sequence[Matcher]) -> Plan:
        """Plan the pass."""
        named: dict[str, list[int]] = defaultdict(list)
        others = []
        for number, matcher in enumerate(matchers):
            names = texts_of(matcher.needs, _NAME)
            if names is None:
                others.append((number, as_filter(matcher.needs)))
            for name in names or ():
                named[name].append(number)
        needs = either(matcher.needs for matcher in matchers)
        if len(matchers) > 1:
            needs = either(_by_name(matcher.needs) for matcher in matchers)
        tops = [matcher.top for matcher in matchers]
        known = [top for top in tops if top is not None]
        top = frozenset[str]().union(*known) if len(known) == len(tops) else None
        return cls(tuple(matchers), needs, top, dict(named), tuple(others))

    @property
    def columns(self) -> list[str]:
        """What the rules look at."""
        rest = {name for matcher in self.matchers for name in columns_of(matcher.needs)}
        return ["record", *sorted(rest)]

    def matches(self, rows: pl.DataFrame) -> tuple[dict[int, list[int]], set[int]]:
        """Which rows does each rule match, and which rows could not be decided?"""
        batch = Batch(rows["record"], self.top)
        chosen: dict[int, list[int]] = defaultdict(list)
        for row, name in enumerate(rows[_NAME]) if self.named else ():
            for number in self.named.get(name, ()):
                chosen[number].append(row)
        chosen |= _rows_where(rows, self.others)
        found = {
            number: self.matchers[number].matching(batch, chosen[number])
            for number in sorted(chosen)
        }
        return found, batch.unread


def candidates(frame: Narwhal, plan: Plan, columns: Iterable[str]) -> pl.LazyFrame:
    """Which events may match any rule? These are the ones whose records are read.

    Example:
        >>> import narwhals.stable.v2 as nw, polars as pl
        >>> from trailnb.rules.languages import compiled
        >>> frame = nw.from_native(pl.LazyFrame({"event_name": ["GetUser", "StopLogging"]}))
        >>> plan = Plan.of([compiled("{ $.eventName = StopLogging }")])
        >>> candidates(frame, plan, ["event_name"]).collect()["event_name"].to_list()
        ['StopLogging']
    """
    needed = None if plan.needs == NOTHING else as_filter(plan.needs)
    filtered = frame if needed is None else frame.filter(needed)
    filtered = filtered.head(0) if plan.needs == NOTHING else filtered
    return in_polars(filtered.select(*dict.fromkeys(columns)))


def slices(events: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Read the events part by part, each small enough to decode at once.

    Example:
        >>> import polars as pl
        >>> [part.height for part in slices(pl.LazyFrame({"n": range(3)}))]
        [3]
    """
    for read in events.collect_batches(maintain_order=True):
        yield from read.iter_slices(SLICE)


def warn_of_undecided(count: int) -> None:
    """Say that some records could not be decided: they match nothing, and may have.

    Example:
        >>> warn_of_undecided(0)
    """
    if count:
        said = "1 record" if count == 1 else f"{count:,} records"
        warnings.warn(
            f"{said} could not be decoded, or hold lists nested too deeply, and match no rule. "
            "Look at them: events whose `record` is null or no JSON.",
            ProblemWarning,
            stacklevel=caller_level(),
        )


def _by_name(needs: Condition) -> Condition:
    """Loosen a condition on names and sources to the names: hundreds of them are one comparison."""
    names = texts_of(needs, _NAME)
    if names is None or not columns_of(needs) <= _NAMED:
        return needs
    return Among(_NAME, names)


def _rows_where(
    rows: pl.DataFrame, rules: tuple[tuple[int, nw.Expr | None], ...]
) -> dict[int, list[int]]:
    """Tell which rows each of these rules must look at, all conditions at once."""
    import narwhals.stable.v2 as nw

    everything = list(range(rows.height))
    masks = [needed.alias(str(number)) for number, needed in rules if needed is not None]
    found = nw.from_native(rows).select(*masks) if masks else None
    return {
        number: everything
        if needed is None or found is None
        else found[str(number)].arg_true().to_list()
        for number, needed in rules
    }
