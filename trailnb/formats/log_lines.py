"""Log events exported from CloudWatch Logs to S3: a time, a space, the message, line by line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z "
_FIRST = re.compile(r"\ufeff?[\r\n]*" + _STAMP)
_LINE_START = re.compile(r"(?:\A\ufeff?|(?<=[\r\n]))" + _STAMP)
#: What an export task writes to `aws-logs-write-test` to see whether it may write.
_WRITE_TEST = re.compile(r"\s*Permission Check Successful\s*", re.IGNORECASE)


def is_export(text: str) -> bool:
    """Are these lines of a CloudWatch Logs export?

    Example:
        >>> is_export("2026-11-02T09:00:00.123Z {}"), is_export("2026-11-02 backup done")
        (True, False)
    """
    return _FIRST.match(text) is not None


def is_write_test(text: str) -> bool:
    """Is this the file by which an export task tests that it may write?

    Example:
        >>> is_write_test("Permission Check Successful")
        True
    """
    return _WRITE_TEST.fullmatch(text) is not None


def messages(text: str) -> Iterator[tuple[int, str]]:
    r"""Which messages were exported, and where does each begin? Other text is one message.

    A line without a time goes on with the message before it.

    Example:
        >>> list(messages('2026-11-02T09:00:00.123Z {"a":\n1}\n2026-11-02T08:00:00.000Z {}\n'))
        [(25, '{"a":\n1}\n'), (59, '{}\n')]
    """
    if not is_export(text):
        yield 0, text
        return
    ends = [match.span() for match in _LINE_START.finditer(text)]
    for (_, start), (end, _) in zip(ends, [*ends[1:], (len(text), 0)], strict=True):
        yield start, text[start:end]
