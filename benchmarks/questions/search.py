"""How fast is a search for one access key, beside merely decompressing the files?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.data import rarest_key, scaled
from benchmarks.measure import Contender, compare
from benchmarks.table import Bar, Table, seconds, times

if TYPE_CHECKING:
    from benchmarks.options import Options

_ABSENT = "AKIAIOSFODNN7EXAMPLE"
_BARE = "decompression (isal)"
_LEAST = 0.6


def answer(options: Options) -> list[Table]:
    """Search for a rare key and for one that is not there."""
    folder = scaled(*options.many)
    rare, files = rarest_key(folder)
    name = f"a key in {files} of the files"
    contenders = [
        Contender(_BARE, "benchmarks.bare:decompress", {"folder": str(folder)}, repeats=5),
        _search(name, str(folder), rare),
        _search("an absent key", str(folder), _ABSENT),
        _search("an absent key, dedupe=False", str(folder), _ABSENT, dedupe=False),
    ]
    costs = compare(contenders, options.rounds)
    assert costs[name].rows
    assert not costs["an absent key"].rows
    table = Table(
        f"A search for one access key in {options.many[1]:,} files",
        "One thread, one process, listing included. The text holds ordinary escapes. Speed beside "
        "reading and decompressing the same files, by CPU seconds.",
        ("search", "CPU s", "wall s", "of decompression", "of decompression (wall)"),
    )
    bare = costs.pop(_BARE)
    table.add(_BARE, *seconds(bare), "1.00", "1.00")
    for each, cost in costs.items():
        speed = bare.cpu_seconds / cost.cpu_seconds
        wall = times(bare.wall_seconds / cost.wall_seconds)
        table.add(each, *seconds(cost), times(speed), wall, bar=Bar(speed, at_least=_LEAST))
    return [table]


def _search(name: str, uri: str, key: str, **how: bool) -> Contender:
    arguments = {"uri": uri, "key": key, "workers": 1, **how}
    return Contender(name, "benchmarks.ours:search", arguments, repeats=5)
