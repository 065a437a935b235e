"""What every chart promises: a fixed drawing, alike everywhere, bounded, honest when empty."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from tests.charts.answers import EARLY, SCHEMAS, answer, empty
from tests.hostile import STEERING, cell, filled
from trailnb import charts
from trailnb.charts._look import MARKS
from trailnb.charts._offline import png
from trailnb.errors import ColumnError

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

NAMES = sorted(SCHEMAS)
#: What no log says: numbers that questions make.
PLAUSIBLE = {"working_hours": {"weekday": 2, "hour": 3}}


def spec(name: str, frame: pl.DataFrame) -> dict[str, Any]:
    """What is handed to Vega-Lite, with data sets numbered: their own names are long hashes."""
    drawn: dict[str, Any] = getattr(charts, name)(frame).to_dict()
    text = json.dumps(drawn)
    for number, key in enumerate(drawn.get("datasets", {})):
        text = text.replace(key, f"data-{number}")
    found: dict[str, Any] = json.loads(text)
    return found


def marks(drawn: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything that is drawn."""
    return [mark for found in drawn.get("datasets", {}).values() for mark in found]


def test_every_chart_is_tried() -> None:
    """No chart is left out here."""
    assert sorted(charts.__all__) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_drawing_is_as_it_was(name: str, snapshot: SnapshotAssertion) -> None:
    """A change of what is drawn is seen in review."""
    drawn = spec(name, answer(name))
    assert drawn.pop("config") == charts.timeline(empty("timeline")).to_dict()["config"]
    drawn.pop("$schema")
    assert drawn == snapshot


@pytest.mark.parametrize("name", NAMES)
def test_old_and_new_vega_lite_draw_the_same(name: str) -> None:
    """Charts keep to what JupyterLab's Vega-Lite knows: 5.8 and 6.4 draw one picture."""
    drawn = spec(name, answer(name))
    assert png(drawn, "5.8") == png(drawn, "6.4")


@pytest.mark.parametrize("name", NAMES)
def test_chart_says_itself(name: str) -> None:
    """One sentence for terminals and for readers without the picture."""
    sentence = spec(name, answer(name))["description"]
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("name", NAMES)
def test_colour_is_never_alone(name: str) -> None:
    """Where a colour tells kinds apart, a shape, dashes or a place tells the same kinds apart."""
    drawn = spec(name, answer(name))
    layers = drawn.get("layer", [drawn])
    coloured = [layer["encoding"] for layer in layers if "color" in layer.get("encoding", {})]
    told = [
        tuple(encoding[channel]["scale"]["range"])
        for encoding in coloured
        for channel in ("shape", "strokeDash")
        if channel in encoding
    ]
    if name == "activity":  # a narrower bar inside a wider one
        starts = {mark["kind"]: mark["start"][14:] for mark in marks(drawn)}
        assert len(set(starts.values())) == len(starts)
    else:
        assert told
        assert all(len(set(map(str, shapes))) == len(shapes) for shapes in told)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_drawn_as_nothing_and_said(name: str) -> None:
    """An empty answer gives a plain sentence, where the marks would be, and no axes."""
    drawn = spec(name, empty(name))
    assert drawn["description"].endswith(".")
    assert marks(drawn) == [{"told": drawn["description"]}]
    assert set(drawn["encoding"]) == {"text", "x"}


@pytest.mark.parametrize(
    "name", ["activity", "first_seen", "iam_changes", "origins", "sign_ins", "timeline"]
)
def test_what_has_no_time_is_counted(name: str) -> None:
    """An event without a time has no place on an axis; the sentence says how many there are."""
    column = "time" if "time" in SCHEMAS[name] else "first_seen"
    undated = answer(name).with_columns(pl.lit(None, SCHEMAS[name][column]).alias(column))
    mixed = spec(name, pl.concat([answer(name), undated]))["description"]
    assert re.search(r"; [\d,]+ without a time are not drawn\.$", mixed)
    assert "without a time" in spec(name, undated)["description"]


@pytest.mark.parametrize("name", NAMES)
def test_other_frames_are_refused(name: str) -> None:
    """A frame of another question is named so."""
    with pytest.raises(ColumnError, match=rf"charts\.{name} needs the column"):
        getattr(charts, name)(pl.DataFrame({"x": [1]}))


@pytest.mark.parametrize("name", NAMES)
def test_marks_are_bounded(name: str) -> None:
    """However much an answer holds, a chart holds at most 5,000 marks."""
    drawn = spec(name, crowd(SCHEMAS[name], 20_000))
    assert 0 < len(marks(drawn)) <= MARKS
    assert len(json.dumps(drawn)) < 3_000_000


def crowd(schema: pl.Schema, rows: int) -> pl.DataFrame:
    """An answer of many rows, hardly two alike, over three months."""
    chance = random.Random(5)
    columns: dict[str, pl.Series] = {}
    for place, (name, dtype) in enumerate(schema.items()):
        many = [cell(dtype, f"role/{number}/{name}", number) for number in range(900)]
        if isinstance(dtype, pl.Datetime):
            many = [EARLY + timedelta(minutes=144 * number) for number in range(900)]
        elif dtype.is_integer():
            many = [chance.randrange(7) + 1 for _ in range(900)]  # as a weekday may be
        values = pl.Series(many, dtype=dtype)
        columns[name] = values.sample(rows, with_replacement=True, seed=place)
    return pl.DataFrame(columns)


@pytest.mark.parametrize("name", NAMES)
def test_hostile_text_is_short_and_plain(name: str) -> None:
    """Whatever a log says, a chart holds printable text of bounded length, and few of it."""
    drawn = spec(name, filled(SCHEMAS[name], **PLAUSIBLE.get(name, {})))
    text = json.dumps(drawn, ensure_ascii=False)
    assert STEERING.search(text) is None
    assert "\u0301" * 3 not in text
    longest = max((len(value) for mark in marks(drawn) for value in mark.values()
                   if isinstance(value, str)), default=0)  # fmt: skip
    assert longest <= 320
    assert len(drawn["description"]) <= 600


def test_pictures_are_in_utc_wherever_they_are_drawn() -> None:
    """The same pictures in New York as in UTC."""
    specs = json.dumps([spec(name, answer(name)) for name in NAMES])
    draw = (
        "import json, sys, vl_convert;print(*map(vl_convert.vegalite_to_svg, json.load(sys.stdin)))"
    )

    def drawn(zone: str) -> str:
        command, env = [sys.executable, "-c", draw], os.environ | {"TZ": zone}
        return subprocess.run(
            command, input=specs, env=env, check=True, capture_output=True, text=True
        ).stdout

    assert drawn("America/New_York") == drawn("UTC")
