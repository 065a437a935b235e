"""Millions of small values without a cycle among them: look for cycles less often."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Looking for cycles took a third of a replay of 100,000 calls, and a fifth of a verification of
# 100,000 files, at Python's own thresholds.
_SELDOM = (100_000, 50, 100)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Inside, is the garbage collector of cycles asked a hundred times less often?

    Example:
        >>> with seldom_collected():
        ...     gc.get_threshold()
        (100000, 50, 100)
    """
    before = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
