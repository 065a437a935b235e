"""Answers drawn: an answer in, an Altair chart out, never displayed by itself."""

from __future__ import annotations

from trailnb.charts.timeline import timeline

__all__ = ["timeline"]
