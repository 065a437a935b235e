"""The events that every engine is asked about."""

from __future__ import annotations

import warnings

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event
from tests.evidence import events as evidence
from tests.parity.cases import SAMPLES
from trailnb._lineage.attribute import attribute


@pytest.fixture(scope="session")
def events() -> pl.DataFrame:
    """What the samples hold, and a use of root: attributed, collected once, scalar columns only."""
    root = evidence(event(userIdentity={"type": "Root", "accountId": "444455556666"}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tn.errors.ProblemWarning)
        trail = tn.open(SAMPLES / "acme", progress=lambda _: None)
        found = attribute(pl.concat([trail.events, root])).collect()
    assert not [name for name, dtype in found.schema.items() if dtype.is_nested()]
    return found
