"""Rules in AWS's own languages, run over history instead of waiting for what comes."""

from __future__ import annotations

from trailnb.rules.corners import Corners
from trailnb.rules.hits import hits
from trailnb.rules.loading import cis, load, wider
from trailnb.rules.rule import Rule

__all__ = ["Corners", "Rule", "cis", "hits", "load", "wider"]
