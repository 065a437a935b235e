"""Files of any kind, one after another: does every row keep its own cells?"""

from __future__ import annotations

import json

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import event
from tests.formats.reading import ALL, named, read, records
from trailnb.formats.batch import Batch
from trailnb.formats.picking import fields_of, texts_of


def role(name: str) -> dict[str, object]:
    """What is the identity of a role's session, as far as these tests look?"""
    began = {"creationDate": "2026-11-02T08:00:00Z", "mfaAuthenticated": "false"}
    return {"type": "AssumedRole", "arn": f"{name}/a", "sessionContext": {"attributes": began}}


def odd(name: str) -> str:
    """Which record does only the exact path read, and what is its identity?"""
    return named("Odd", userAgent=["x"], userIdentity=role(name))


FILES = (
    records(named("One", userIdentity=role("A")), named("Two", userIdentity=role("B"))),
    records(odd("A"), named("Three", userIdentity=role("A"))),
    records(named("Four", userIdentity=role("A"))),
    records(odd("C")),
    records(named("Five", userIdentity=role("C")), named("Six", apiVersion="2012-06-01")),
)


@given(st.permutations(FILES), st.sampled_from([ALL, ("user_arn", "user_type", "api_version")]))
def test_files_in_one_batch_read_as_alone(files: list[str], names: tuple[str, ...]) -> None:
    """Whatever stood before it in the batch, a file's rows hold what they hold alone."""
    batch = Batch(names)
    for number, text in enumerate(files):
        batch.add(number, "log.json", text.encode())
    alone = pl.concat([read(text, *names).frame.select(names) for text in files])
    assert batch.frame().select(names).equals(alone, null_equal=True)


def test_column_that_begins_late_and_ends_early() -> None:
    """Rows without a field are null, before the first that has it and behind the last."""
    batch = Batch(("api_version", "event_name"))
    for number, more in enumerate(({}, {"apiVersion": "1"}, {}, {"apiVersion": "2"}, {})):
        batch.add(number, "log.json", records(named("Any", **more)).encode())
    assert batch.frame()["api_version"].to_list() == [None, "1", None, "2", None]


def test_misfit_inside_a_part_adds_nothing() -> None:
    """A file whose second identity does not fit leaves no half of itself behind."""
    good, bad = named("Good", userIdentity=role("A")), named("Bad", userIdentity={"arn": 7})
    reading = read(records(good, bad), *ALL)
    assert reading.names() == ["Good", "Bad"]
    assert reading.frame["user_arn"].to_list() == ["A/a", "7"]


@pytest.mark.parametrize("count", [1, 255, 256, 257, 1000])
def test_many_records_keep_their_order(count: int) -> None:
    """However many records a file holds, fields stay with their record."""
    texts = [json.dumps(event(eventName=f"N{one}", apiVersion=f"{one}")) for one in range(count)]
    frame = read(records(*texts), "event_name", "api_version").frame
    assert frame["event_name"].to_list() == [f"N{one}" for one in range(count)]
    assert frame["api_version"].to_list() == [f"{one}" for one in range(count)]


def test_fields_of_records() -> None:
    """Fields come in the records' order, one value a record."""
    pair = msgspec.defstruct("Pair", ["a", "b"])
    assert fields_of([pair(1, 2), pair(3, 4)]) == [(1, 3), (2, 4)]


@given(st.lists(st.none() | st.binary(min_size=1, max_size=4)))
def test_texts_of_anything(texts: list[bytes | None]) -> None:
    """Each text is given back byte for byte, also one that holds a NUL, as no JSON does."""
    raws = [None if text is None else msgspec.Raw(text) for text in texts]
    assert list(texts_of(raws)) == texts
