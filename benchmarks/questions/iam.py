"""How fast are permissions replayed, beside merely parsing the JSON of the same calls?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.iam_events import iam_folder
from benchmarks.measure import Contender, compare
from benchmarks.table import Bar, Table, seconds, times

if TYPE_CHECKING:
    from benchmarks.options import Options

_CALLS = 100_000
_BARE = "`json.loads` of the unpacked files"
_MOST_TIMES = 20
_MOST_MIB = 1024
_ASKED = {
    "`tn.iam_state`: the replay": "benchmarks.ours:permissions",
    "`tn.iam_changes`: each change with gained, lost and marks": "benchmarks.ours:changes",
}


def answer(options: Options) -> list[Table]:
    """Replay all calls to the end, and tell every change on the way."""
    folder = str(iam_folder(_CALLS))
    contenders = [
        Contender(_BARE, "benchmarks.bare:json_loads", {"folder": folder, "unpacked": True}),
        *(Contender(name, task, {"uri": folder}, repeats=1) for name, task in _ASKED.items()),
    ]
    costs = compare(contenders, min(options.rounds, options.slow_rounds))
    table = Table(
        f"Permissions after {_CALLS:,} IAM calls",
        "One thread, one process; reading and unpacking included, but for `json.loads`. Statements "
        "come from forty modules, and hardly two documents are the same. Memory is the largest "
        "resident size of the process.",
        ("what", "CPU s", "wall s", "times `json.loads`", "peak MiB"),
    )
    bare = costs.pop(_BARE)
    assert bare.rows == _CALLS
    table.add(_BARE, *seconds(bare), "1.00", "")
    for name, cost in costs.items():
        assert cost.rows
        ratio = cost.cpu_seconds / bare.cpu_seconds
        peak = cost.told["peak_mib"]
        table.add(name, *seconds(cost), times(ratio), "", bar=Bar(ratio, at_most=_MOST_TIMES))
        table.add("its memory", "", "", "", f"{peak:,.0f}", bar=Bar(peak, at_most=_MOST_MIB))
    return [table]
