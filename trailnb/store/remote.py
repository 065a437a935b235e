"""A store on an object store, through fsspec."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from trailnb.errors import SourceError
from trailnb.sources.s3_refusals import refusal_of
from trailnb.store.place import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Result = TypeVar("Result")


@dataclass(frozen=True)
class Remote:
    """A prefix of an object store; one put writes a whole object."""

    uri: str
    storage_options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def _filesystem(self) -> tuple[Any, str]:
        import fsspec

        filesystem, root = fsspec.core.url_to_fs(self.uri, **self.storage_options)
        return filesystem, root.rstrip("/")

    def list(self, prefix: str = "") -> list[Kept]:
        """List every object whose name begins so, by name."""

        def find(filesystem: Any, root: str) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - untyped
            filesystem.invalidate_cache()
            # Object stores list by prefix; where that is not known, all is listed.
            found: dict[str, dict[str, Any]] = filesystem.find(root, detail=True, prefix=prefix)
            return {name.removeprefix(f"{root}/"): info for name, info in found.items()}

        try:
            found = self._asked("", "s3:ListBucket", find)
        except FileNotFoundError:  # no bucket: the first put says so
            return []
        return [
            Kept(name, int(info["size"]), _version(info))
            for name, info in sorted(found.items())
            if name.startswith(prefix) and not name.rsplit("/", 1)[-1].startswith(".")
        ]

    def get(self, name: str) -> bytes:
        """Read an object."""

        def read(files: Any, root: str) -> bytes:  # noqa: ANN401 - untyped
            content: bytes = files.cat_file(_at(root, name))
            return content

        return self._asked(name, "s3:GetObject", read)

    def tail(self, name: str, size: int) -> bytes:
        """Read the last bytes of an object."""

        def read(files: Any, root: str) -> bytes:  # noqa: ANN401 - untyped
            content: bytes = files.tail(_at(root, name), size)
            return content

        return self._asked(name, "s3:GetObject", read)

    def put(self, name: str, content: bytes) -> None:
        """Write an object with one put."""
        try:
            self._asked(
                name,
                "s3:PutObject",
                lambda files, root: files.pipe_file(_at(root, name), content),
            )
        except FileNotFoundError as error:
            raise SourceError.about(
                "the store could not be written (no such bucket)",
                f"{self.uri}/{name}",
                "Check its name, the endpoint and the partition.",
            ) from error

    def remove(self, name: str) -> None:
        """Remove an object."""
        with contextlib.suppress(FileNotFoundError):
            self._asked(name, "s3:DeleteObject", lambda files, root: files.rm_file(_at(root, name)))

    def _asked(self, name: str, right: str, ask: Callable[[Any, str], Result]) -> Result:
        """Ask the filesystem; what it refuses becomes a sentence.

        Raises:
            FileNotFoundError: there is no such object, or no such bucket.
        """
        try:
            return ask(*self._filesystem)
        except FileNotFoundError:
            raise
        except Exception as error:
            refusal = refusal_of(error)
            refused = SourceError.about(
                f"the store could not be reached: {refusal.said()}",
                f"{self.uri.rstrip('/')}/{name}",
                refusal.hint(right),
            )
            refused.is_transient = refusal.is_transient
            raise refused from error

    def path(self, name: str) -> str:
        """Name the object by its URL."""
        return f"{self.uri.rstrip('/')}/{name}"

    @property
    def polars_options(self) -> dict[str, Any]:
        """What Polars needs to read here: its own S3 client takes other names than fsspec."""
        return {"storage_options": _for_polars(self.storage_options)}

    def sweep(self) -> None:
        """Nothing unfinished is ever visible here."""


_POLARS_NAMES = {
    "key": "aws_access_key_id",
    "secret": "aws_secret_access_key",
    "token": "aws_session_token",
    "endpoint_url": "aws_endpoint_url",
    "region_name": "aws_region",
}


def _for_polars(options: Mapping[str, Any]) -> dict[str, str]:
    """Say fsspec's options for S3 in the words of Polars."""
    flat = {**options, **options.get("client_kwargs", {})}
    named = {_POLARS_NAMES[name]: str(flat[name]) for name in _POLARS_NAMES if flat.get(name)}
    if str(named.get("aws_endpoint_url", "")).startswith("http://"):
        named["aws_allow_http"] = "true"
    return named


def _at(root: str, name: str) -> str:
    return f"{root}/{name}"


def _version(info: Mapping[str, Any]) -> str:
    return str(info.get("ETag") or info.get("LastModified") or info.get("created") or "")
