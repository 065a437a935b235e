"""The contract that every source keeps: same tree, same answers, wherever it lies."""

import io
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest

from tests.sources.conftest import small_tree
from trailnb.sources.opening import source_of
from trailnb.sources.source import LogFile, Source, Unread, Wanted

TREE = small_tree()
SHOWN = {name: content for name, content in TREE.items() if name != ".DS_Store"}
DAY_2 = datetime(2026, 11, 2, tzinfo=UTC)
DAY_3 = datetime(2026, 11, 3, tzinfo=UTC)


class Case:
    """A source over the tree, and how to take one file away from it."""

    def __init__(self, source: Source, above: str, remove: Callable[[str], None]) -> None:
        self.source, self.above, self.remove = source, above, remove

    def names(self, wanted: Wanted) -> list[str]:
        """Names within the tree, as every source must give them."""
        return [file.key.removeprefix(self.above) for file in self.source.list(wanted).files]


def on_disk(tmp_path: Path, _: object) -> Case:
    """Write the tree to a folder."""
    for name, content in TREE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return Case(source_of(tmp_path), f"{tmp_path}/", lambda name: (tmp_path / name).unlink())


def in_memory(_: Path, __: object) -> Case:
    """Use the tree as it is."""
    contents = dict(TREE)
    source = source_of(contents)
    return Case(source, "", source.contents.pop)  # type: ignore[attr-defined]


def write_zip(path: Path, tree: dict[str, bytes]) -> None:
    """Pack the tree."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in tree.items():
            archive.writestr(name, content)


def write_tar(path: Path, tree: dict[str, bytes]) -> None:
    """Pack the tree."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in tree.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def in_archive(path: Path, write: Callable[[Path, dict[str, bytes]], None]) -> Case:
    """Pack, and pack again without a file to take it away."""
    write(path, TREE)
    return Case(
        source_of(path),
        f"{path}!/",
        lambda name: write(path, {key: TREE[key] for key in TREE if key != name}),
    )


def in_zip(tmp_path: Path, _: object) -> Case:
    """Pack the tree as zip."""
    return in_archive(tmp_path / "tree.zip", write_zip)


def in_tar(tmp_path: Path, _: object) -> Case:
    """Pack the tree as compressed tar."""
    return in_archive(tmp_path / "tree.tar.gz", write_tar)


def in_fsspec(tmp_path: Path, _: object) -> Case:
    """Write the tree to fsspec's own memory."""
    memory = fsspec.filesystem("memory")
    for name, content in TREE.items():
        memory.pipe_file(f"/{tmp_path.name}/{name}", content)
    url = f"memory://{tmp_path.name}"
    return Case(source_of(url), f"{url}/", lambda name: memory.rm(f"/{tmp_path.name}/{name}"))


def on_s3(_: Path, request: pytest.FixtureRequest) -> Case:
    """Upload the tree."""
    client = request.getfixturevalue("s3_client")
    client.create_bucket(Bucket="acme")
    for name, content in TREE.items():
        client.put_object(Bucket="acme", Key=f"logs/{name}", Body=content)
    client.put_object(Bucket="acme", Key="logs/trails/", Body=b"")
    client.put_object(Bucket="acme", Key="logs-of-others/a.json", Body=b"not ours")
    options = request.getfixturevalue("s3_options")
    return Case(
        source_of("s3://acme/logs/", storage_options=options),
        "s3://acme/logs/",
        lambda name: client.delete_object(Bucket="acme", Key=f"logs/{name}"),
    )


def on_s3_by_s3fs(tmp_path: Path, request: pytest.FixtureRequest) -> Case:
    """The same through s3fs alone: this option cannot be carried over."""
    case = on_s3(tmp_path, request)
    options = request.getfixturevalue("s3_options") | {
        "s3_additional_kwargs": {"ExpectedBucketOwner": "123456789012"}
    }
    source = source_of("s3://acme/logs", storage_options=options)
    return Case(source, case.above, case.remove)


PLACES = [on_disk, in_memory, in_zip, in_tar, in_fsspec, on_s3, on_s3_by_s3fs]


@pytest.fixture(params=PLACES, ids=lambda place: place.__name__)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    """Every kind of place in turn."""
    return request.param(tmp_path, request)


def test_it_is_a_source(case: Case) -> None:
    """It has a name, and does not show what it holds."""
    assert isinstance(case.source, Source)
    assert case.source.uri
    assert "flat, early" not in repr(case.source)


def test_it_lists_everything_but_litter(case: Case) -> None:
    """Nothing that could hold an event is left out without a word."""
    assert sorted(case.names(Wanted())) == sorted(SHOWN)
    assert case.source.list(Wanted()).unlisted == ()


def test_it_lists_by_delivery_then_key(case: Case) -> None:
    """The order is the same everywhere, unstamped files last."""
    files = case.source.list(Wanted()).files
    stamps = [file.delivered for file in files if file.delivered]
    assert stamps == sorted(stamps)
    assert [bool(file.delivered) for file in files] == [True] * len(stamps) + [False] * 4
    names = case.names(Wanted())
    assert names[len(stamps) :] == sorted(names[len(stamps) :])


def test_it_tells_stored_sizes(case: Case) -> None:
    """Sizes in bytes, as stored."""
    sizes = [file.size_bytes for file in case.source.list(Wanted()).files]
    assert sizes == [len(TREE[name]) for name in case.names(Wanted())]


def test_it_hands_over_the_bytes_in_the_order_asked(case: Case) -> None:
    """Any order, any part."""
    files = case.source.list(Wanted()).files[::-2]
    read = list(case.source.read(files))
    assert [file for file, _ in read] == list(files)
    assert [content for _, content in read] == [
        TREE[file.key.removeprefix(case.above)] for file in files
    ]


def test_a_file_that_vanished_is_unread(case: Case) -> None:
    """The others are read all the same."""
    files = [file for file in case.source.list(Wanted()).files if not file.delivered]
    gone = next(file for file in files if file.key.endswith("stray.json"))
    case.remove(gone.key.removeprefix(case.above))
    contents = {file.key: content for file, content in case.source.read(files)}
    assert contents[gone.key] == Unread("vanished between listing and reading")
    assert sum(isinstance(content, bytes) for content in contents.values()) == 3


def test_it_travels_to_another_process(case: Case) -> None:
    """A pickled copy lists and reads the same."""
    copy = pickle.loads(pickle.dumps(case.source))  # noqa: S301 # our own bytes
    files = copy.list(Wanted()).files
    assert files == case.source.list(Wanted()).files
    assert list(copy.read(files[:2])) == list(case.source.read(files[:2]))


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(delivered_from=DAY_2, delivered_until=DAY_3), 8 + 1 + 4),
        (Wanted(delivered_from=DAY_2), 24 + 1 + 4),
        (Wanted(delivered_until=DAY_2), 8 + 1 + 4),
        (Wanted(accounts=frozenset({"444455556666"})), 16 + 2 + 2),
        (Wanted(regions=frozenset({"eu-west-1"})), 16 + 2 + 3),
        (Wanted(folders=frozenset({"CloudTrail-Digest"})), 16 + 2),
        (Wanted(DAY_3, DAY_2), 4),
        (
            Wanted(
                DAY_2, DAY_3, regions=frozenset({"us-east-1"}), folders=frozenset({"CloudTrail"})
            ),
            2 + 1 + 4,
        ),
    ],
    ids=["window", "since", "until", "account", "region", "folder", "empty", "all"],
)
def test_it_prunes_as_memory_does(case: Case, wanted: Wanted, count: int) -> None:
    """A flat copy is judged by its name; what tells nothing is always listed."""
    names = case.names(wanted)
    expected = [file.key for file in source_of(dict(TREE)).list(wanted).files]
    assert names == expected
    assert len(names) == count


def test_reading_may_stop_early(case: Case) -> None:
    """Whoever has seen enough leaves, and nothing hangs."""
    reading = case.source.read(case.source.list(Wanted()).files)
    next(reading)
    reading.close()


def test_a_listed_file_may_be_read_by_key_alone(case: Case) -> None:
    """The key is all that reading needs."""
    file = case.source.list(Wanted()).files[0]
    bare = LogFile(key=file.key)
    ((_, content),) = case.source.read([bare])
    assert content == TREE[file.key.removeprefix(case.above)]
