"""What an identifier tells."""

from __future__ import annotations

import polars as pl
import pytest

from trailnb.facts.identifiers import key_account_id

# From the published reverse engineering, and one of the free sets.
KEYS = [
    ("ASIAY34FZKBOKMUTVV7A", "609629065308"),
    ("ASIATFQR7NSCZLRUEGMR", "218007301253"),
    ("AKIAIOSFODNN7EXAMPLE", None),
    ("AKIA****************", None),
    ("ASIA0000000000000000", None),
    ("AKIA", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("key", "account"), KEYS)
def test_key_tells_its_account(key: str | None, account: str | None) -> None:
    """A key made since 2019 holds its account's number; older and made-up ones hold none."""
    frame = pl.DataFrame({"access_key_id": [key]}, schema={"access_key_id": pl.String})
    assert frame.select(key_account_id()).item() == account
