"""What wildcards match, and which pattern covers which, without listing what they stand for.

`*` stands for any text, `?` for one character (IAM User Guide, "Resource": wildcards); of two ARNs
each of the six parts is compared by itself (there, "ARN condition operators"). A policy
variable, `${aws:username}`, stands for a text that is not known here; `${*}`, `${?}` and `${$}`
are the characters themselves.
"""

from __future__ import annotations

import re
from functools import lru_cache

_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_ITSELF = {"${*}": "*", "${?}": "?", "${$}": "$"}
_RUN = re.compile(r"[*?]{2,}")
# Stand for `*`, `?` and the ends of a variable inside a covered pattern: no log text's character,
# since control characters are not allowed in policies.
_STAR, _MARK, _BEGIN, _END = "\0", "\1", "\2", "\3"
_LONGEST_PRODUCT = 40_000
_ARN_PARTS = 6


def has_wildcard(pattern: str) -> bool:
    """Does the pattern stand for more than one text?

    Example:
        >>> has_wildcard("s3:Get*"), has_wildcard("user/${aws:username}"), has_wildcard("s3:Put")
        (True, True, False)
    """
    return "*" in pattern or "?" in pattern or "${" in pattern


def matches(pattern: str, text: str) -> bool:
    """Does the pattern stand for the text, which is taken as it is?

    Example:
        >>> matches("s3:Get*", "s3:GetObject"), matches("s3:Get?", "s3:GetObject")
        (True, False)
    """
    if pattern == text or not has_wildcard(pattern):
        return pattern == text
    if (start := _only_start(pattern)) is not None:
        return text.startswith(start)
    return _expression(pattern).fullmatch(text) is not None


@lru_cache(maxsize=65_536)
def covers(wide: str, narrow: str) -> bool:
    """Does the first pattern match whatever the second does?

    True is certain. False may be said of rare pairs such as `?*` and `*a`.

    Example:
        >>> covers("s3:*", "s3:Get*"), covers("s3:Get*", "s3:*"), covers("?*", "*?")
        (True, False, True)
    """
    if wide in {"*", narrow}:
        return True
    if "$" not in wide:
        if (start := _only_start(wide)) is not None:
            return narrow.startswith(start)
        if not has_wildcard(wide):
            return False
    if (parts := _parts(wide, narrow)) is not None:
        return all(covers(*pair) for pair in parts)
    return _expression(wide).fullmatch(_encoded(narrow)) is not None


@lru_cache(maxsize=65_536)
def overlap(one: str, other: str) -> bool:
    """Is there a text that both patterns match? A variable may be anything.

    Example:
        >>> overlap("s3:Get*", "s3:*Acl"), overlap("s3:Get*", "s3:Put*")
        (True, False)
    """
    if one in {"*", other} or other == "*":
        return True
    if (parts := _parts(one, other)) is not None:
        return all(overlap(*pair) for pair in parts)
    if not has_wildcard(one) or not has_wildcard(other):
        pattern, text = (one, other) if has_wildcard(one) else (other, one)
        return matches(_VARIABLE.sub(_anything, pattern), text)
    return _wild_overlap(one, other)


def _wild_overlap(one: str, other: str) -> bool:
    one, other = _opened(one), _opened(other)
    if not _agree(_head(one), _head(other)) or not _agree(_tail(one), _tail(other)):
        return False
    if len(one) * len(other) > _LONGEST_PRODUCT:
        return True
    return _meet(one, other)


def _only_start(pattern: str) -> str | None:
    """Give the text that a pattern begins with, if nothing but a `*` follows."""
    start = pattern[:-1]
    is_plain = pattern.endswith("*") and not ("*" in start or "?" in start or "$" in start)
    return start if is_plain else None


def _parts(one: str, other: str) -> list[tuple[str, str]] | None:
    """Pair the six parts of two ARNs; None when one is none."""
    if not (one.startswith("arn:") and other.startswith("arn:")):
        return None
    mine, others = one.split(":", 5), other.split(":", 5)
    if len(mine) != _ARN_PARTS or len(others) != _ARN_PARTS:
        return None
    return list(zip(mine, others, strict=True))


def _anything(variable: re.Match[str]) -> str:
    return variable[0] if variable[0] in _ITSELF else "*"


def _opened(pattern: str) -> str:
    """Let variables be anything; characters that stand for themselves lose their braces."""
    opened = _VARIABLE.sub(lambda found: _ITSELF.get(found[0], "*"), pattern)
    return _RUN.sub(_ordered, opened)


def _ordered(run: re.Match[str]) -> str:
    """Spell a run of wildcards one way: `*?*` is `?*`."""
    return "?" * run[0].count("?") + ("*" if "*" in run[0] else "")


def _head(pattern: str) -> str:
    return re.split(r"[*?]", pattern, maxsplit=1)[0]


def _tail(pattern: str) -> str:
    return re.split(r"[*?]", pattern)[-1][::-1]


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _meet(one: str, other: str) -> bool:
    """Walk both patterns at once: which places of the other can each place of the one reach?"""
    reached = _past_stars({0}, other)
    for char in one:
        if char == "*":
            reached = set(range(min(reached), len(other) + 1))
            continue
        step = set()
        for place in reached:
            if place == len(other):
                continue
            if other[place] == "*":
                step.add(place)
            elif other[place] in {char, "?"} or char == "?":
                step.add(place + 1)
        reached = _past_stars(step, other)
        if not reached:
            return False
    return len(other) in reached


def _past_stars(places: set[int], pattern: str) -> set[int]:
    for place in sorted(places):
        at = place
        while at < len(pattern) and pattern[at] == "*":
            at += 1
            places.add(at)
    return places


@lru_cache(maxsize=65_536)
def _encoded(pattern: str) -> str:
    """Spell a pattern so that another's expression can be held against it."""
    parts = []
    at = 0
    for found in _VARIABLE.finditer(pattern):
        parts.append(_marked(pattern[at : found.start()]))
        parts.append(_ITSELF.get(found[0], f"{_BEGIN}{found[0]}{_END}"))
        at = found.end()
    parts.append(_marked(pattern[at:]))
    return "".join(parts)


def _marked(text: str) -> str:
    return _RUN.sub(_ordered, text).replace("*", _STAR).replace("?", _MARK)


@lru_cache(maxsize=65_536)
def _expression(pattern: str) -> re.Pattern[str]:
    """Compile a pattern so that no text makes it slow: each piece is looked for once."""
    encoded = _encoded(pattern)
    pieces = [_piece(piece) for piece in encoded.split(_STAR)]
    if len(pieces) == 1:
        return re.compile(pieces[0], re.DOTALL)
    middle = "".join(f"(?>.*?{piece})" for piece in pieces[1:-1] if piece)
    return re.compile(f"{pieces[0]}{middle}.*{pieces[-1]}", re.DOTALL)


def _piece(text: str) -> str:
    # A single character is never a whole run, nor a part of a variable's name.
    return re.escape(text).replace(re.escape(_MARK), f"[^{_STAR}{_BEGIN}{_END}]")
