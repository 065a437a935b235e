"""`run`: a playbook without a person: parameters in; notebook, page and exit status out."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trailnb._command.status import FINE, FOUND
from trailnb._plain import plain
from trailnb.case.case import MIME
from trailnb.errors import MissingExtraError, RequestError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

#: Twelve digits are an account, which is a name and no number.
_ACCOUNT_DIGITS = 12
_WORDS: dict[str, Any] = {"true": True, "false": False, "none": None}


def run(asked: argparse.Namespace) -> int:
    """Run the playbook, and say in one line what it found."""
    from trailnb._report.notebook import page

    playbook = found(asked.playbook)
    out = Path(asked.out)
    told = executed(
        playbook, out / f"{playbook.stem}.ipynb", _parameters(asked.parameter), out=out.resolve()
    )
    html = page(told, out / f"{playbook.stem}.html", title=playbook.stem)
    levels = findings(told)
    said = ", ".join(f"{count:,} {level}{'s' * (count != 1)}" for level, count in levels.items())
    print(f"{html}: {said or 'nothing found'}")
    return FOUND if set(levels) - {"note"} else FINE


def found(name: str) -> Path:
    """Which notebook is meant: a path, or the name or number of one in `notebooks/`?

    Raises:
        RequestError: there is none.

    Example:
        >>> found("01").name
        '01-compromised-credential.ipynb'
    """
    place = Path(name)
    if place.suffix == ".ipynb" and place.is_file():
        return place
    here = sorted(Path("notebooks").glob("*.ipynb"))
    named = [one for one in here if name == one.stem or one.stem.startswith(f"{name}-")]
    if len(named) != 1:
        raise RequestError(
            f"There is no playbook {name!r}. Give the path of an .ipynb file"
            + (f", or one of {', '.join(one.stem for one in here)}." if here else ".")
        )
    return named[0]


def executed(
    playbook: Path, told: Path, parameters: Mapping[str, Any], *, out: Path | None = None
) -> Path:
    """Run a notebook with these parameters, headless; gives the path of the run, `told`.

    Where the notebook has a parameter `out`, it is told where its report goes.

    Raises:
        MissingExtraError: the notebook tools are not installed.
        RequestError: a cell failed, or the notebook has no such parameter.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the notebook tools' own
            import papermill  # type: ignore[import-untyped]
            from papermill.exceptions import (  # type: ignore[import-untyped]
                PapermillExecutionError,
            )
    except ImportError as error:
        raise MissingExtraError.of("python -m trailnb run", "lab") from error
    known = papermill.inspect_notebook(playbook)
    unknown = sorted(parameters.keys() - known.keys())
    if unknown:
        raise RequestError(
            f"{playbook.name} has no parameter {', '.join(unknown)}. It has {', '.join(known)}."
        )
    place = {"out": str(out)} if out is not None and "out" in known else {}
    told.parent.mkdir(parents=True, exist_ok=True)
    # The kernel is another process; it must find the same copy of the library.
    home = str(Path(__file__).resolve().parents[2])
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    try:
        papermill.execute_notebook(
            playbook,
            told,
            parameters={**place, **parameters},
            cwd=playbook.parent,
            kernel_name="python3",
            progress_bar=False,
            # With widget state stored, a page would prefer live widgets, which need the network.
            store_widget_state=False,
            # The kernel's word on its local sockets is noise here; its errors are not.
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )
    except PapermillExecutionError as error:
        raise RequestError(
            f"{playbook.name} failed in cell {error.exec_count}: {plain(str(error.evalue))}. "
            f"What it did until then is in {told}."
        ) from error
    return told


def findings(told: Path) -> dict[str, int]:
    """How many findings does the last case shown in an executed notebook have, per level?"""
    import nbformat

    notebook = nbformat.read(told, as_version=4)  # type: ignore[no-untyped-call]
    shown = [
        output["data"][MIME]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if MIME in output.get("data", {})
    ]
    if not shown:
        print(f"trailnb: {told.name} shows no case, so it tells no findings.", file=sys.stderr)
    return dict(shown[-1]["findings"]) if shown else {}


def _parameters(given: list[tuple[str, str]]) -> dict[str, Any]:
    """Read values as a person writes them; paths are meant from here, not from the notebook."""
    told: dict[str, Any] = {}
    for name, text in given:
        if text.lower() in _WORDS:
            told[name] = _WORDS[text.lower()]
        elif text.isdecimal() and not text.startswith("0") and len(text) < _ACCOUNT_DIGITS:
            told[name] = int(text)
        else:
            told[name] = str(Path(text).resolve()) if Path(text).exists() else text
    return told
