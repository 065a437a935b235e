"""One prefix of a bucket, as a walk sees it: by obstore, and by s3fs where it must be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from trailnb.sources import layout, walk
from trailnb.sources.s3_refusals import Refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from trailnb.sources.s3_bucket import Bucket

    Answer = TypeVar("Answer")


@dataclass
class Tree:
    """One prefix of a bucket, as the walk sees it."""

    bucket: Bucket
    prefix: str
    within: str = ""
    has_seen_any: bool = False

    def key(self, path: str) -> str:
        """How a person names the object at this path."""
        return "/".join(part for part in (f"s3://{self.bucket.name}", self.prefix, path) if part)

    def head(self, path: str = "") -> walk.Entry | None:
        """The object at this path, by itself the prefix; None when there is none to be seen."""
        try:
            info = self.bucket.ask(lambda: self._info(self._full(path)))
        except Refusal as refusal:
            # Without the right to list, S3 says "denied" for what does not exist.
            if refusal.is_missing or refusal.said() == "access denied":
                return None
            raise
        return walk.Entry(path, info["size"], info.get("e_tag") or info.get("ETag"))

    def level(self, folder: str) -> walk.Level:
        """List one folder, not what is below its folders; a missing one is empty."""
        level = self._ask(lambda: self._level(folder))
        self.has_seen_any = self.has_seen_any or bool(level.folders or level.files)
        return level

    def below(self, folder: str) -> list[walk.Entry]:
        """List everything under a folder in one go; a missing one is empty."""
        entries = self._ask(lambda: self._below(folder))
        self.has_seen_any = self.has_seen_any or bool(entries)
        return entries

    def after(self, region: str, since: datetime) -> list[walk.Entry]:
        """List what lies under a region's folder and is stamped `since` or later, by its key.

        Keys of a region sort by day, then by stamp, so one request skips all that came before.
        """
        return self._ask(lambda: self._after(region, since))

    def _after(self, region: str, since: datetime) -> list[walk.Entry]:
        place = layout.place_at(self.key(region))
        if self.bucket.store is None or place is None:
            until = datetime.now(UTC) + timedelta(days=1)
            days = layout.days_within(since, until)
            return [entry for day in days for entry in self._below(f"{region}/{day}")]
        import obstore

        name = f"{place.account}_{place.folder}_{place.region}_{since:%Y%m%dT%H%M}"
        offset = f"{self._full(region)}/{since:%Y/%m/%d}/{name}"
        found = obstore.list(self.bucket.store, self._full(region), offset=offset, chunk_size=1000)
        return [self._entry(meta) for meta in found.collect()]

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        try:
            return self.bucket.ask(question)
        except Refusal as refusal:
            raise walk.UnlistableError(refusal.said(), refusal.hint("s3:ListBucket")) from None

    def _level(self, folder: str) -> walk.Level:
        store = self.bucket.store
        if store is None:
            return self._level_by_s3fs(folder)
        import obstore

        try:
            found = obstore.list_with_delimiter(store, self._full(folder) or None)
        except obstore.exceptions.InvalidPathError:
            return walk.Level([], self._by_s3fs(folder))
        folders = [self._relative(prefix) for prefix in found["common_prefixes"]]
        return walk.Level(folders, [self._entry(meta) for meta in found["objects"]])

    def _below(self, folder: str) -> list[walk.Entry]:
        store = self.bucket.store
        if store is None:
            return self._by_s3fs(folder)
        import obstore

        try:
            found = obstore.list(store, self._full(folder) or None, chunk_size=1000).collect()
        except obstore.exceptions.InvalidPathError:
            return self._by_s3fs(folder)
        return [self._entry(meta) for meta in found]

    def _by_s3fs(self, folder: str) -> list[walk.Entry]:
        """List whole through s3fs: for set-ups that stay with it, and for keys with `//`."""
        filesystem = self.bucket.filesystem
        filesystem.invalidate_cache()
        found = filesystem.find(f"{self.bucket.name}/{self._full(folder)}".rstrip("/"), detail=True)
        return [self._entry_of(info) for info in found.values()]

    def _level_by_s3fs(self, folder: str) -> walk.Level:
        filesystem = self.bucket.filesystem
        filesystem.invalidate_cache()
        try:
            path = f"{self.bucket.name}/{self._full(folder)}".rstrip("/")
            found = filesystem.ls(path, detail=True)
        except FileNotFoundError as error:
            if refusal_of(error).code == "NoSuchBucket":
                raise
            return walk.Level([], [])
        level = walk.Level([], [])
        for info in found:
            entry = self._entry_of(info)
            if info["type"] != "directory":
                level.files.append(entry)
            elif entry.path.strip("/") != folder:
                level.folders.append(entry.path.strip("/"))
        return level

    def _entry_of(self, info: dict[str, Any]) -> walk.Entry:
        key = info["name"].removeprefix(f"{self.bucket.name}/")
        return walk.Entry(self._relative(key), info["size"], info.get("ETag"))

    def _info(self, key: str) -> dict[str, Any]:
        if self.bucket.store is None or is_odd(key):
            return dict(self.bucket.filesystem.info(f"{self.bucket.name}/{key}"))
        import obstore

        return dict(obstore.head(self.bucket.store, key))

    def _entry(self, meta: Any) -> walk.Entry:  # noqa: ANN401 # obstore's typed dict
        path = self._relative(meta["path"])
        if meta["size"] == 0 and "." not in path.rsplit("/", 1)[-1]:
            path += "/"  # obstore drops the slash that makes an empty object a folder's mark
        return walk.Entry(path, meta["size"], meta["e_tag"])

    def _full(self, folder: str) -> str:
        return f"{self.prefix}/{folder}".strip("/") if self.prefix else folder

    def _relative(self, key: str) -> str:
        return key.removeprefix(f"{self.prefix}/") if self.prefix else key


def is_odd(key: str) -> bool:
    """Whether obstore would not take the key as it is: empty, `.` or `..` between slashes."""
    return any(part in {"", ".", ".."} for part in key.split("/"))
