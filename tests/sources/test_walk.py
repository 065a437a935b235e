"""How few requests a listing costs, and what it never looks at."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from trailnb.errors import SourceError
from trailnb.sources import layout, walk
from trailnb.sources.source import Wanted

ACCOUNTS = ["111122223333", "444455556666", "777788889999", "123456789012"]
REGIONS = ["ap-southeast-2", "eu-west-1", "us-east-1"]
SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)


class CountingTree:
    """A remote tree in memory that notes every folder it is asked for."""

    within = ""

    def __init__(self, keys: list[str], denied: str = "-") -> None:
        self.keys, self.denied = keys, denied
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def key(self, path: str) -> str:
        """Keys are paths."""
        return path

    def _note(self, folder: str) -> str:
        with self._lock:
            self.asked.append(folder)
        if folder.endswith(self.denied):
            reason = "access denied"
            raise walk.UnlistableError(reason)
        return f"{folder}/" if folder else ""

    def level(self, folder: str) -> walk.Level:
        """One folder."""
        above = self._note(folder)
        rests = [key.removeprefix(above) for key in self.keys if key.startswith(above)]
        folders = sorted({above + rest.split("/")[0] for rest in rests if "/" in rest})
        return walk.Level(folders, [walk.Entry(above + rest) for rest in rests if "/" not in rest])

    def below(self, folder: str) -> list[walk.Entry]:
        """Everything under a folder."""
        above = self._note(folder)
        return [walk.Entry(key) for key in self.keys if key.startswith(above)]


def ten_years() -> list[str]:
    """Four accounts, three regions, one file a day for ten years."""
    days = [datetime(2017, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(3652)]
    return [
        layout.compose(account=account, region=region, delivered=day, prefix="logs")
        for account in ACCOUNTS
        for region in REGIONS
        for day in days
    ]


@pytest.fixture(scope="module")
def keys() -> list[str]:
    """Some 44,000 keys, made once."""
    return ten_years()


def test_a_short_window_costs_a_look_and_its_days_per_region(keys: list[str]) -> None:
    """Ten years of logs, a window of two days: three requests per account and region."""
    tree = CountingTree(keys)
    listing = walk.walk(tree, Wanted(SINCE, UNTIL), below=tree.below)
    assert len(listing.files) == len(ACCOUNTS) * len(REGIONS) * 2
    above = 3 + 2 * len(ACCOUNTS)  # root, logs, AWSLogs; each account and its folder
    assert len(tree.asked) == listing.requests == above + len(ACCOUNTS) * len(REGIONS) * 3


def test_no_day_outside_the_window_is_looked_at(keys: list[str]) -> None:
    """Not even to find that it holds nothing."""
    tree = CountingTree(keys)
    walk.walk(tree, Wanted(SINCE, UNTIL), below=tree.below)
    places = [layout.place_of(layout.parts_of(folder)) for folder in tree.asked]
    assert {(p.year, p.month, p.day) for p in places if p and p.year} == {
        (2026, 11, 1),
        (2026, 11, 2),
    }


def test_accounts_and_regions_outside_are_not_looked_into(keys: list[str]) -> None:
    """One account, one region: one branch of the tree."""
    tree = CountingTree(keys)
    wanted = Wanted(SINCE, UNTIL, frozenset(ACCOUNTS[:1]), frozenset(REGIONS[:1]))
    listing = walk.walk(tree, wanted, below=tree.below)
    assert len(listing.files) == 2
    assert listing.requests == 3 + 2 + 3


def test_without_a_window_each_region_is_listed_in_one_go(keys: list[str]) -> None:
    """A request brings up to a thousand names, which is what the count says."""
    tree = CountingTree(keys)
    listing = walk.walk(tree, Wanted(), below=tree.below)
    assert len(listing.files) == len(keys)
    assert len(tree.asked) == 3 + 2 * len(ACCOUNTS) + len(ACCOUNTS) * len(REGIONS)
    assert listing.requests == len(tree.asked) + len(ACCOUNTS) * len(REGIONS) * 3


def test_a_long_window_takes_whole_years_and_months(keys: list[str]) -> None:
    """From mid 2025 on: the rest of that year by month and day, the next one whole."""
    tree = CountingTree(keys)
    since = datetime(2025, 11, 15, tzinfo=UTC)
    wanted = Wanted(since, None, frozenset(ACCOUNTS[:1]), frozenset(REGIONS[:1]))
    listing = walk.walk(tree, wanted, below=tree.below)
    assert len(listing.files) == 16 + 31 + 365
    assert len(tree.asked) == 3 + 2 + 1 + (1 + 1 + 16 + 1) + 1


@pytest.mark.parametrize("depth", range(9))
def test_a_root_at_any_depth_gives_the_same_files(keys: list[str], depth: int) -> None:
    """Bucket, prefix, AWSLogs, account, folder, region, year, month, day."""
    key = next(key for key in keys if "2026/11/02" in key)
    root = "/".join(key.split("/")[:depth])
    below_root = [found.removeprefix(f"{root}/") for found in keys if found.startswith(root)]
    tree = CountingTree(below_root)
    tree.within = root
    listing = walk.walk(tree, Wanted(SINCE, UNTIL), below=tree.below)
    inside = [f for f in keys if f.startswith(root) and ("2026/11/01" in f or "2026/11/02" in f)]
    assert sorted(f"{root}/{file.key}".lstrip("/") for file in listing.files) == sorted(inside)


def test_with_and_without_a_way_to_list_in_one_go_the_files_are_the_same(keys: list[str]) -> None:
    """A disk is walked by levels, a bucket in strides; both find the same."""
    some = [*keys[::97], "logs/AWSLogs/111122223333/CloudTrail/us-east-1/x/y.json", "z/LICENSE"]
    wanted = Wanted(datetime(2020, 5, 5, 5, tzinfo=UTC), datetime(2023, 2, 2, tzinfo=UTC))
    tree = CountingTree(some)
    assert walk.walk(tree, wanted).files == walk.walk(tree, wanted, below=tree.below).files


def test_what_lies_beside_the_years_is_found(keys: list[str]) -> None:
    """Stray files and odd folders in a region cost no extra request, and are not lost."""
    region = "logs/AWSLogs/111122223333/CloudTrail/us-east-1"
    stray = [f"{region}/copy.json", f"{region}/rescued/a.json"]
    tree = CountingTree([*keys, *stray])
    listing = walk.walk(tree, Wanted(SINCE, UNTIL), below=tree.below)
    assert set(stray) <= {file.key for file in listing.files}


def test_oddly_spelt_regions_and_other_layouts_are_walked_whole() -> None:
    """What the layout does not say, it cannot rule out."""
    odd = [
        "AWSLogs/111122223333/CloudTrail/us_east_1/2019/01/01/a.json",
        "export/year=2019/month=01/b.json",
        "a/b/c/d/e/f/g.json",
    ]
    tree = CountingTree(odd)
    wanted = Wanted(SINCE, UNTIL, regions=frozenset({"eu-west-1"}))
    listing = walk.walk(tree, wanted, below=tree.below)
    assert sorted(file.key for file in listing.files) == sorted(odd)


def test_one_refusing_folder_is_told_and_the_others_listed(keys: list[str]) -> None:
    """A gap in the listing is part of the answer."""
    tree = CountingTree(keys, denied="/123456789012")
    listing = walk.walk(tree, Wanted(SINCE, UNTIL), below=tree.below)
    assert listing.unlisted == (("logs/AWSLogs/123456789012", "access denied"),)
    assert len(listing.files) == 3 * len(REGIONS) * 2


def test_a_refusing_root_is_an_error() -> None:
    """There is nothing to go on with."""
    tree = CountingTree(["a"], denied="")
    with pytest.raises(SourceError, match="access denied"):
        walk.walk(tree, Wanted(), below=tree.below)
