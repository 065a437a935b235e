"""Golden files of SQL, one by one, as an editor colours them."""

from __future__ import annotations

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode


class Sql(SingleFileSnapshotExtension):
    """A text in a file of its own; `--snapshot-update` writes it anew, and the diff is read."""

    _write_mode = WriteMode.TEXT
    file_extension = "sql"
