"""Frame in, frame out: one question per file, none knows another."""

from __future__ import annotations

from trailnb.questions.timeline import timeline

__all__ = ["timeline"]
