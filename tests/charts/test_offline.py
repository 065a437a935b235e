"""Charts show themselves without the network."""

from __future__ import annotations

import base64
import json

import altair as alt
import pytest

from tests.evidence import event, events
from trailnb import charts
from trailnb.charts._offline import LIVE, Chart, bundle
from trailnb.questions.timeline import timeline


@pytest.fixture(name="chart", scope="module")
def _chart() -> Chart:
    """Draw two events of alice."""
    return charts.timeline(timeline(events(event(), event(errorCode="AccessDenied"))))


def test_bundle_is_live_picture_and_sentence(chart: Chart) -> None:
    """JupyterLab gets a chart it can draw, reports a picture, terminals a sentence."""
    data, metadata = chart._repr_mimebundle_()
    assert data[LIVE]["$schema"].endswith("/v5.json")
    picture = base64.b64decode(data["image/png"])
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20]) == pytest.approx(
        metadata["image/png"]["width"] * 1.5, abs=2
    )
    assert metadata["image/png"]["alt"] == data["text/plain"] == chart.to_dict()["description"]


def test_altair_stays_as_the_user_set_it(chart: Chart) -> None:
    """Showing our chart changes neither Altair's renderer nor its theme."""
    before = (alt.renderers.active, alt.theme.active)
    chart._repr_mimebundle_()
    assert (alt.renderers.active, alt.theme.active) == before


def test_chart_changed_by_the_user_still_shows_itself(chart: Chart) -> None:
    """What Altair offers keeps the kind of the chart."""
    assert "image/png" in chart.properties(title="Mine").interactive()._repr_mimebundle_()[0]


def test_nothing_is_fetched(chart: Chart) -> None:
    """The only address in the bundle names the schema; nothing loads it."""
    data = bundle(chart.to_dict())[0]
    assert json.dumps(data).count("http") == 1
