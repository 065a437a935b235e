"""Lineage drawn: who became whom, from the person or workload at the left to the last role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _words
from trailnb.charts._graph import laid_out
from trailnb.charts._offline import Chart, Layers
from trailnb.charts._roles import shared

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._graph import Layout, Node

#: Ways, with colours and dashes.
_WAYS = {
    "role assumed": (_look.GREEN, [1, 0]),
    "signed in": (_look.MAGENTA, [6, 2]),
    "made a key for": (_look.BLUE, [10, 3]),
    "given to a workload": (_look.GREY, [1, 0]),
    "nobody can tell": (_look.ORANGE, [2, 3]),
}
_UNTOLD = list(_WAYS)[-1]
_NODES = _look.Kinds(
    ("with refusals", "without refusals"), (_look.ORANGE, _look.GREY), (_look.CROSS, _look.DOT)
)
_NEEDED = ("actor", "chain", "how", "unresolved", "events", "denied")
#: Chains with a row each; the heading counts the others.
_CHAINS = 24
_LAYER, _ROW, _LABEL = 250, 34, 36
_ROW_SCHEMA = pl.Schema(
    {
        "names": pl.List(pl.String()),
        **dict.fromkeys(("way", "how"), pl.String()),
        **dict.fromkeys(("events", "denied"), pl.Int64()),
    }
)


def lineage(answer: IntoFrame, *, title: str = "Who became whom") -> Chart | Layers:
    """Who became whom: which person or workload stands behind which credentials?

    Actors from left to right, in the order in which one obtained the credentials of the next; the
    longest chains first, then those with refusals. More than three sessions of one role are one
    actor. A line says how, by colour and dashes; a session that nobody is known to have issued
    begins at "unknown". Who became nobody else is counted and not drawn, and so is what goes beyond
    24 chains.

    Args:
        answer: What `trailnb.lineage` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> answer = tn.lineage(tn.open("data-samples/quiet"))
        >>> lineage(answer).to_dict()["description"].partition("; ")[0]
        'Lineage of 215 sessions: 6 chains, the longest of 3 actors'
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.lineage")
    chains = _chains(shown)
    alone = int(chains.filter(pl.col("steps") < 2)["sessions"].sum())  # noqa: PLR2004 - a hop
    hops = chains.filter(pl.col("steps") > 1)
    if hops.is_empty():
        return _look.nothing(
            title, f"Lineage: in {_words.many(shown.height, 'session')} nobody became another."
        )
    drawn, left = hops.head(_CHAINS), hops.height - _CHAINS
    layout = laid_out([tuple(chain) for chain in drawn["names"]])
    untold = int(hops.filter(pl.col("way") == _UNTOLD)["sessions"].sum())
    notes = [
        f"{left:,} shorter chains are in the answer" if left > 0 else "",
        f"{_words.many(alone, 'session')} of those who became nobody else are not drawn",
    ]
    sentence = (
        f"Lineage of {_words.many(shown.height, 'session')}: {_words.many(hops.height, 'chain')}, "
        f"the longest of {int(hops['steps'].max())} actors; "  # type: ignore[arg-type]
        f"the issuers of {_words.many(untold, 'session')} are unknown."
    )
    nodes = _nodes(layout, chains)
    return _layers(
        _edges(layout, drawn), nodes, layout.rows, title=title, notes=notes, description=sentence
    )


def _chains(shown: pl.DataFrame) -> pl.DataFrame:
    """Gather sessions by the actors that lead to them; what nobody issued begins at "unknown"."""
    names = shared(actor for chain in shown["chain"].drop_nulls() for actor in chain)
    rows = [
        {
            "names": _steps([names[actor] for actor in row["chain"] or [None]], row["unresolved"]),
            "way": _UNTOLD if row["unresolved"] else _way(row["how"]),
            "how": row["unresolved"] or row["how"] or "",
            "events": row["events"],
            "denied": row["denied"],
        }
        for row in shown.select("chain", *_NEEDED[2:]).iter_rows(named=True)
    ]
    told = pl.DataFrame(rows, schema=_ROW_SCHEMA)
    gathered = told.group_by("names", "way").agg(
        pl.len().cast(pl.Int64).alias("sessions"),
        pl.col("events", "denied").sum(),
        pl.col("how").unique().sort(),
    )
    by = ["steps", "denied", "events", "names"]
    with_steps = gathered.with_columns(steps=pl.col("names").list.len())
    key = pl.col("names").list.join("\x00")
    return with_steps.sort(*by[:3], key, descending=[True, True, True, False])


def _steps(chain: list[str], unresolved: str | None) -> list[str]:
    """Let sessions of a role that go on in the same role be one step."""
    steps = [name for at, name in enumerate(chain) if at == 0 or name != chain[at - 1]]
    return ["unknown", *steps] if unresolved else steps


def _way(how: str | None) -> str:
    """Say which kind of way it is, by the name that lineage gives it."""
    if how is None:
        return _UNTOLD
    if how.startswith(("AssumeRole", "GetFederationToken", "GetSessionToken")):
        return "role assumed"
    if how.endswith("delivery"):
        return "given to a workload"
    return "made a key for" if how.startswith("Create") else "signed in"


def _layers(
    edges: list[dict[str, Any]],
    nodes: list[dict[str, Any]],
    rows: int,
    *,
    title: str,
    notes: list[str],
    description: str,
) -> Layers:
    deepest = max(node["x"] for node in nodes)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.05, deepest + 0.95], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[rows - 0.4, -0.7], nice=False))
    ways = [way for way in _WAYS if any(edge["kind"] == way for edge in edges)]
    kind = _look.picked()
    lines = (
        Chart(alt.InlineData(values=edges), name="ways")
        .mark_line(interpolate="monotone", strokeCap="butt", opacity=0.8)
        .encode(
            x=x, y=y, detail="edge:N", opacity=_look.lit(kind, full=0.85),
            color=alt.Color("kind:N", scale=_scale(ways, 0)),
            strokeDash=alt.StrokeDash("kind:N", scale=_scale(ways, 1)),
            strokeWidth=alt.StrokeWidth(
                "sessions:Q", scale=alt.Scale(type="log", range=[1.5, 6]), legend=None
            ),
            tooltip=_tooltip({"who": "who", "whom": "became", "kind": "way", "how": "how",
                              "sessions": "sessions"}),
        )
        .add_params(kind)
    )  # fmt: skip
    base = Chart(alt.InlineData(values=nodes))
    present = _NODES.present(node["kind"] for node in nodes)
    points = base.mark_point(filled=True, opacity=1, size=80, strokeWidth=0).encode(
        x=x, y=y, color=present.colour(), shape=present.shape(),
        tooltip=_tooltip({"actor": "actor", "sessions": "sessions", "events": "events",
                          "denied": "denied"}),
    )  # fmt: skip
    names = base.mark_text(**_look.THEMED | {"dy": -11, "dx": -4}).encode(x=x, y=y, text="label:N")
    shown: Layers = (
        Layers(
            layer=[lines, points, names],
            title=_look.heading(title, *notes),
            description=description,
            width=_LAYER * (deepest + 1),
            height=_ROW * rows + 10,
        )
        .resolve_scale(color="independent", shape="independent", strokeDash="independent")
        .properties(config=_look.config())
    )
    return shown


def _scale(ways: list[str], part: int) -> alt.Scale:
    return alt.Scale(domain=ways, range=[_WAYS[way][part] for way in ways])


def _tooltip(fields: dict[str, str]) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{field}:N", title=name) for field, name in fields.items()]


def _edges(layout: Layout, drawn: pl.DataFrame) -> list[dict[str, Any]]:
    """Draw each hop as a curve of four points; who only passes through tells no way of its own."""
    told = {tuple(row["names"]): row for row in drawn.iter_rows(named=True)}
    hops: dict[tuple[Node, Node], dict[str, Any]] = {}
    for chain, row in told.items():
        hops.setdefault(((len(chain) - 2, chain[-2]), (len(chain) - 1, chain[-1])), row)
    values = []
    for number, (start, end) in enumerate(layout.edges):
        row = hops.get((start, end)) or {"way": "role assumed", "how": [], "sessions": 0}
        low, high = layout.height[start], layout.height[end]
        said = {
            "edge": number,
            "kind": row["way"],
            "sessions": max(row["sessions"], 1),
            "who": _words.label(start[1]),
            "whom": _words.label(end[1]),
            "how": _words.listed(row["how"][:3], others=len(row["how"]) - 3),
        }
        places = ((0, low), (0.3, low), (0.7, high), (1, high))
        values += [said | {"x": start[0] + part, "y": round(y, 3)} for part, y in places]
    return values


def _nodes(layout: Layout, chains: pl.DataFrame) -> list[dict[str, Any]]:
    """Sum up what the sessions that end at a node did, those of nobody else's making, too."""
    did: dict[Node, list[int]] = {}
    for row in chains.iter_rows(named=True):
        counts = did.setdefault((len(row["names"]) - 1, row["names"][-1]), [0, 0, 0])
        for at, name in enumerate(("sessions", "events", "denied")):
            counts[at] += row[name]
    values = []
    for (layer, name), y in layout.height.items():
        sessions, events, denied = did.get((layer, name), (0, 0, 0))
        values.append(
            {
                "x": layer,
                "y": round(y, 3),
                "actor": _words.label(name),
                "label": _words.label(name, _LABEL),
                "kind": _NODES.names[0 if denied else 1],
                "sessions": sessions,
                "events": events,
                "denied": denied,
            }
        )
    return values
