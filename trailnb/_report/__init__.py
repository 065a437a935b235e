"""A case on paper: one page that needs no network, and files that other tools read."""

from __future__ import annotations

from trailnb._report.writing import report

__all__ = ["report"]
