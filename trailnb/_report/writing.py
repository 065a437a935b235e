"""Write a case down: the name's ending says in which form."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from trailnb._report.exports import as_csv, as_jsonl, as_parquet
from trailnb._report.outline import outline
from trailnb._report.page import page
from trailnb._report.prose import prose
from trailnb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from trailnb.case.case import Case


def report(case: Case, path: str | os.PathLike[str]) -> Path:
    """Put the case on paper: what was found, from which events, on which coverage?

    The ending of the name says how: `.html` (one page, pictures embedded, nothing fetched), `.md`,
    `.csv` (the cited events, no cell a formula), `.jsonl` (likewise, for Timesketch), `.parquet`
    (likewise, whole). Folders on the way are made; a file that is there is replaced whole.

    Args:
        case: The case.
        path: Where to write it.

    Returns:
        The path.

    Raises:
        RequestError: no such form.
        OSError: the place cannot be written.

    Example:
        >>> import tempfile, trailnb as tn
        >>> case = tn.Case(tn.open("data-samples/quiet", progress=lambda _: None), title="Quiet")
        >>> report(case, Path(tempfile.mkdtemp(), "case.html")).name
        'case.html'
    """
    place = Path(path)
    form = _FORMS.get(place.suffix.lower())
    if form is None:
        raise RequestError(
            f"A report named {place.name!r} has no form. End it with {', '.join(_FORMS)}."
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        beside.write_bytes(form(case))
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
    return place


_FORMS: dict[str, Callable[[Case], bytes]] = {
    ".html": lambda case: page(outline(case)).encode(),
    ".md": lambda case: prose(outline(case)).encode(),
    ".csv": as_csv,
    ".jsonl": as_jsonl,
    ".parquet": as_parquet,
}
