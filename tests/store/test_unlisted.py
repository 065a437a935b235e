"""Does a saved trail remember which places could not be listed?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.store.stores import assert_same, opened, three_days
from tests.trail.deliveries import WatchedSource

if TYPE_CHECKING:
    from pathlib import Path

    from trailnb.sources.source import Listing, Wanted


class PartlySource(WatchedSource):
    """Logs of which one folder refuses to be listed."""

    def list(self, wanted: Wanted) -> Listing:
        """List what is wanted, but for the folder."""
        return replace(super().list(wanted), unlisted=(("AWSLogs/444455556666", "refused"),))


def test_unlisted_place_is_a_problem_of_the_store(tmp_path: Path) -> None:
    """What could not be listed is said by the saved trail as by the raw one."""
    raw = opened(PartlySource(three_days()))
    assert_same(raw.save(tmp_path), raw)
    assert opened(tmp_path).problems()["reason"].to_list() == ["could not be listed: refused"]
    raw.save(tmp_path)
    assert opened(tmp_path).problems().height == 1


def test_only_the_same_question_takes_it_back(tmp_path: Path) -> None:
    """A narrower save that lists everything proves nothing for the wider one."""
    opened(PartlySource(three_days())).save(tmp_path)
    whole = WatchedSource(three_days())
    opened(whole, since="2026-11-03").save(tmp_path)
    assert opened(tmp_path).problems().height == 1
    assert opened(whole).save(tmp_path).problems().height == 0
