"""`tn.explore_lineage` without a browser: boxes, families, events, records."""

from __future__ import annotations

import polars as pl
import pytest

import trailnb as tn
from trailnb.errors import RequestError
from trailnb.widgets.lineage_model import Lineages

CHAIN = ["ci-deploy", "svc-backup-sync", "role/staging-deployer/backup-sync",
         "role/log-operations/backup-sync"]  # fmt: skip


@pytest.fixture(name="events", scope="module")
def _events() -> pl.LazyFrame:
    """Read the incident of the samples once; one of its files is torn."""
    with pytest.warns(UserWarning, match="2 problems in 1 log file"):
        return tn.open("data-samples/acme", progress=lambda _: None).events.collect().lazy()


@pytest.fixture(name="model", scope="module")
def _model(events: pl.LazyFrame) -> Lineages:
    return Lineages(events)


def test_longest_chain_comes_first(model: Lineages) -> None:
    """Whoever went through most hands stands on top; a text narrows."""
    assert model.actors()["root_actor"][0] == "ci-deploy"
    assert model.actors("ZOE")["root_actor"].to_list() == ["zoe.martin@example.com"]


def test_chain_is_drawn_hop_by_hop(model: Lineages) -> None:
    """One box per hop, each beside what it came from, with what it did."""
    nodes, left_out = model.graph(actor="ci-deploy")
    assert [node.actor for node in nodes] == CHAIN
    assert [node.parent for node in nodes] == [None, 0, 1, 2]
    assert [node.layer for node in nodes] == [0, 1, 2, 3]
    assert [node.how for node in nodes][1:] == ["CreateAccessKey", "AssumeRole", "AssumeRole"]
    assert left_out == 0


def test_key_shows_where_it_came_from_and_what_came_from_it(model: Lineages) -> None:
    """Beginning in the middle of the chain shows all of it."""
    middle = model.graph(actor="ci-deploy")[0][2].sessions[0]
    assert [node.actor for node in model.graph(key=middle)[0]] == CHAIN


def test_no_session_is_lost_in_boxes(model: Lineages) -> None:
    """Every session of everyone is in a box, or counted as left out; rows do not collide."""
    for actor in model.actors()["root_actor"]:
        nodes, left_out = model.graph(actor=actor)
        boxed = [one for node in nodes for one in node.sessions]
        assert len(boxed) == len(set(boxed))
        family = model.sessions.filter(pl.col("root_actor") == actor)["session_id"]
        assert len(set(family) - set(boxed)) <= left_out
        places = {(node.layer, node.row) for node in nodes}
        assert len(places) == len(nodes)


def test_box_gives_its_events(events: pl.LazyFrame) -> None:
    """The chosen box's events, with who is behind; without a choice, all that is drawn."""
    w = tn.explore_lineage(events)
    assert w.actor == "ci-deploy"
    whole = w.events().collect()
    assert whole["root_actor"].unique().to_list() == ["ci-deploy"]
    w._go(node=3)
    assert w.events().collect()["actor"].unique().to_list() == [CHAIN[3]]
    told, _ = w._rows(0)
    assert told["total"] == w.events().collect().height == 39
    record, _ = w._record(5)
    times = w.events().sort("event_time", "log_file", "log_index").collect()
    assert record["record"] == times["record"][5]
    w._go(node=3)
    assert w.selected == []


def test_nobody_is_called_that(events: pl.LazyFrame) -> None:
    """Said at once, not in the browser."""
    with pytest.raises(RequestError, match="no actor here is called 'mallory'"):
        tn.explore_lineage(events, actor="mallory")
    with pytest.raises(RequestError, match="no session or key here is called 'AKIANOBODY'"):
        tn.explore_lineage(events, key="AKIANOBODY")


def test_without_a_browser(events: pl.LazyFrame) -> None:
    """A sentence and a picture; also of nothing."""
    w = tn.explore_lineage(events)
    assert repr(w) == "Lineage of ci-deploy: 4 sessions in 4 boxes, up to 3 hops."
    assert ">svc-backup-sync</text>" in w._picture()
    assert "<svg" in tn.explore_lineage(events.clear())._picture()
