"""`tn.explore` without a browser: traits, selection, stars and notes, fallbacks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

import trailnb as tn
from tests.evidence import event, events, role, user
from trailnb.errors import RequestError

if TYPE_CHECKING:
    from trailnb.widgets.timeline import TimelineExplorer

STORY = events(
    event(eventID="a"),
    event(eventID="b", eventTime="2026-11-02T10:00:00Z", userIdentity=user("bob")),
    event(
        eventID="c", eventTime="2026-11-02T11:00:00Z", userIdentity=role("ops", "bob"),
        eventName="DeleteBucket", errorCode="AccessDenied",
    ),
    event(eventID="d", eventTime="1901-01-01T00:00:00Z"),
)  # fmt: skip


def asked(widget: TimelineExplorer, ask: str, **args: Any) -> dict[str, Any]:
    """What does the widget answer to this message?"""
    sent: list[dict[str, Any]] = []
    widget.send = lambda told, _buffers=(): sent.append(told)
    widget._heard(widget, {"ask": ask, "args": args, "seq": 7}, [])
    assert len(sent) == 1
    assert (sent[0]["ask"], sent[0]["seq"]) == (ask, 7)
    return sent[0]


def ids(widget: TimelineExplorer) -> list[str]:
    """Which events does the widget give back?"""
    found: list[str] = widget.events().collect()["event_id"].to_list()
    return found


def test_selection_comes_back_as_a_lazy_frame() -> None:
    """The window, the brush inside it, and the filters; timeless events while all is in view."""
    w = tn.explore(STORY)
    assert ids(w) == ["a", "b", "c", "d"]
    w.window = ("2026-11-02T09:30Z", "2026-11-02T12:00Z")
    assert ids(w) == ["b", "c"]
    w.brush = ("2026-11-02T10:00:00", "2026-11-02T11:00:00")
    assert ids(w) == ["b"]
    w.brush, w.filters = [], {"service": "s3", "outcome": "denied"}
    assert ids(w) == ["c"]
    assert w.filters == {"service": ["s3"], "outcome": ["denied"]}


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")  # a torn file, by design
def test_timeline_of_the_selection_keeps_who_is_behind() -> None:
    """Lineage is told over all events, though the one that began the session is not selected."""
    trail = tn.open("data-samples/acme", progress=lambda _: None)
    w = tn.explore(trail)
    w.filters = {"actor": "role/log-operations/backup-sync"}
    answer = w.timeline().collect()
    assert answer["actor"].unique().to_list() == ["role/log-operations/backup-sync"]
    assert answer["via"].null_count() == 0


def test_traits_refuse_what_cannot_be_meant() -> None:
    """The sentence says how to say it right; the view stays."""
    w = tn.explore(STORY)
    before = w.window
    with pytest.raises(RequestError, match="names no moment"):
        w.window = ("soon", "later")
    with pytest.raises(RequestError, match="no filter is called 'who'"):
        w.filters = {"who": "bob"}
    assert w.window == before


def test_traits_can_be_observed() -> None:
    """A cell hears what is marked."""
    w = tn.explore(STORY)
    heard: list[Any] = []
    w.observe(lambda change: heard.append(change["new"]), "brush")
    w.brush = (10, 20)
    assert heard == [[10, 20]]


def test_stars_and_notes_without_a_case() -> None:
    """They are kept as plain data; once more takes a star away."""
    w = tn.explore(STORY)
    assert asked(w, "star", position=1) == {
        "position": 1, "is_starred": True, "ask": "star", "seq": 7, "ms": pytest.approx(0, abs=5e3),
    }  # fmt: skip
    w.star("a")
    assert w.starred == ["b", "a"]
    assert asked(w, "rows", span=w.window, offset=0)["starred"] == [0, 1]
    assert asked(w, "note", position=1, text="Asked Bob.")["notes"] == ["Asked Bob."]
    w.note("All quiet.", event_ids=["a", "b"])
    assert [tuple(note) for note in w.notes] == [("Asked Bob.", ("b",)), ("All quiet.", ("a", "b"))]
    assert asked(w, "record", position=1)["notes"] == ["Asked Bob.", "All quiet."]
    asked(w, "star", position=1)
    assert w.starred == ["a"]


def test_stars_and_notes_go_into_the_case() -> None:
    """The case holds them, and what it held before is shown."""
    trail = tn.open("data-samples/quiet", progress=lambda _: None)
    case = tn.Case(trail, title="A quiet night")
    first = trail.events.select("event_id").head(1).collect().item()
    case.star(first)
    w = tn.explore(trail, case=case)
    position = w._model.index.position_of(first)
    assert asked(w, "record", position=position)["is_starred"]
    asked(w, "star", position=5)
    asked(w, "note", position=5, text="Look again")
    assert w.starred == case.stars
    assert len(case.stars) == 2
    assert case.notes[0].event_ids == (case.stars[1],)


def test_event_without_an_id_cannot_be_starred() -> None:
    """The answer says why, and nothing is kept."""
    w = tn.explore(events(event(eventID=None)))
    assert "no event id" in asked(w, "star", position=0)["error"]
    assert w.starred == []


def test_record_is_the_text_as_delivered() -> None:
    """By position or by id; an unknown id is said."""
    w = tn.explore(STORY)
    told = asked(w, "record", position=2)
    assert '"eventName": "DeleteBucket"' in told["record"]
    assert asked(w, "record", event_id="c")["position"] == 2
    assert "no event here has the id 'z'" in asked(w, "record", event_id="z")["error"]


def test_errors_go_back_to_the_browser() -> None:
    """Whatever goes wrong is an answer, also a question that nobody knows."""
    w = tn.explore(STORY)
    w._model.page = lambda *_: 1 / 0
    assert asked(w, "rows", span=[1, 2], offset=0)["error"].startswith("ZeroDivisionError")
    assert asked(w, "nonsense")["error"] == "KeyError: 'nonsense'"


def test_choosing_in_the_browser_sets_the_filters() -> None:
    """Choices come as numbers, since names may be anything; choosing again takes away."""
    w = tn.explore(STORY)
    about = asked(w, "about")
    asked(w, "choose", outcome=about["choices"]["outcome"].index("denied"))
    assert w.filters == {"outcome": ["denied"]}
    asked(w, "choose", outcome=None)
    asked(w, "choose", actor=0)
    assert w.filters == {"actor": ["alice"]}
    asked(w, "choose", position=1)
    assert w.filters == {"actor": ["alice", "bob"]}
    asked(w, "choose", actor=0)
    asked(w, "choose", kind="read")
    assert w.filters["actor"] == ["bob"]
    assert "read" not in w.filters["kind"]
    asked(w, "choose", kind="read", text="x")
    assert w.filters == {"actor": ["bob"], "text": ["x"]}
    asked(w, "choose", nothing=True)
    assert w.filters == {}


def test_large_raw_trail_is_offered_to_be_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence names the call; a small or saved one has none."""
    trail = tn.open("data-samples/quiet", progress=lambda _: None)
    assert asked(tn.explore(trail), "about")["notice"] == ""
    monkeypatch.setattr("trailnb.widgets.timeline._LARGE_BYTES", 10)
    assert "trail.save(" in asked(tn.explore(trail), "about")["notice"]
    assert asked(tn.explore(trail.events), "about")["notice"] == ""


def test_answers_take_turns() -> None:
    """Two threads ask at once; no answer sees the other's work half done."""
    w = tn.explore(STORY)
    inside, most = 0, 0
    page = w._model.page

    def slow(*args: Any) -> tuple[int, list[list[Any]]]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        threading.Event().wait(0.02)
        inside -= 1
        return page(*args)

    w._model.page = slow
    w.send = lambda *_: None
    message = {"ask": "rows", "args": {"span": [1, 2], "offset": 0}, "seq": 1}
    threads = [threading.Thread(target=w._heard, args=(w, message, [])) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert most == 1


def test_without_a_browser_it_is_a_picture_or_a_sentence() -> None:
    """The bundle holds a live view, a PNG with its sentence, and the sentence."""
    w = tn.explore(STORY)
    data, metadata = w._repr_mimebundle_()
    assert data["text/plain"] == repr(w)
    assert repr(w) == "Timeline of 3 events by 3 actors: 1 denied or failed, 2 read."
    assert metadata["image/png"]["alt"] == repr(w)
    assert data["image/png"].startswith("iVBORw0KGgo")
    assert "application/vnd.jupyter.widget-view+json" in data


def test_closed_widget_lets_its_index_go() -> None:
    """Nothing of a million events stays behind."""
    w = tn.explore(STORY)
    w.close()
    assert repr(w) == "TimelineExplorer, closed"
    assert not hasattr(w, "_model")
