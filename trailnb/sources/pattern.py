"""Globs over paths with `/`: `*`, `?`, `[…]` within a name, `**` over any number of folders."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache


def is_glob(path: str) -> bool:
    """Whether the path holds a wildcard.

    Example:
        >>> is_glob("logs/**/*.json.gz"), is_glob("logs")
        (True, False)
    """
    return any(mark in path for mark in "*?[")


def split(path: str) -> tuple[str, str]:
    """Divide a glob into the folder before its first wildcard and the pattern below it.

    Example:
        >>> split("logs/2026/**/*.gz"), split("*.json"), split("/*.json")
        (('logs/2026', '**/*.gz'), ('.', '*.json'), ('/', '*.json'))
    """
    parts = path.replace("\\", "/").split("/")
    first = next(index for index, part in enumerate(parts) if is_glob(part))
    root = "/".join(parts[:first])
    return root or ("/" if path.startswith("/") else "."), "/".join(parts[first:])


def matches(glob: str, path: str) -> bool:
    """Whether the glob names this path, or a folder above it.

    Example:
        >>> matches("**/*.gz", "a/b/c.gz"), matches("2026-*", "2026-11/a.gz"), matches("*", "a/b")
        (True, True, True)
        >>> matches("*.gz", "a/b.gz")
        False
    """
    return _compiled(glob).fullmatch(path) is not None


def may_lead_to(glob: str, folder: str) -> bool:
    """Whether a match may lie in this folder, so that it is worth a look.

    Example:
        >>> may_lead_to("2026/*/x.gz", "2026/11"), may_lead_to("2026/*/x.gz", "2025")
        (True, False)
    """
    for part, wildcard in zip(folder.split("/"), glob.split("/"), strict=False):
        if wildcard == "**":
            return True
        if not fnmatchcase(part, wildcard):
            return False
    return True


@lru_cache(maxsize=64)
def _compiled(glob: str) -> re.Pattern[str]:
    glob = f"{glob}/*" if glob.rsplit("/", maxsplit=1)[-1] == "**" else glob
    whole = "".join(
        "(?:[^/]+/)*" if part == "**" else f"{_name(part)}/" for part in glob.split("/")
    )
    return re.compile(f"(?s:{whole.removesuffix('/')}(?:/.*)?)")


def _name(wildcard: str) -> str:
    """One name's wildcards as a regular expression; none of them crosses a slash."""
    tokens = re.findall(r"\[!?\]?[^\]]*\]|.", wildcard, re.DOTALL)
    simple = {"*": "[^/]*", "?": "[^/]"}
    return "".join(
        simple.get(token) or (_any_of(token) if len(token) > 1 else re.escape(token))
        for token in tokens
    )


def _any_of(token: str) -> str:
    """`[abc]` or `[!abc]` as a regular expression."""
    inner = token[1:-1].replace("\\", r"\\").replace("[", r"\[")
    return f"[^/{inner[1:]}]" if inner.startswith("!") else f"[{inner.replace('^', chr(92) + '^')}]"
