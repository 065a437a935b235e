"""Rules in AWS's own languages, run over history instead of waiting for what comes."""

from __future__ import annotations

from trailnb.rules.corners import Corners

__all__ = ["Corners"]
