"""Answers drawn: an answer in, an Altair chart out, never displayed by itself."""

from __future__ import annotations

from trailnb.charts.activity import activity
from trailnb.charts.alarms import alarms
from trailnb.charts.coverage import coverage
from trailnb.charts.data_access import data_access
from trailnb.charts.denied import denied
from trailnb.charts.failures import failures
from trailnb.charts.first_seen import first_seen
from trailnb.charts.iam_changes import iam_changes
from trailnb.charts.insights import insights
from trailnb.charts.lineage import lineage
from trailnb.charts.origins import origins
from trailnb.charts.pivot import pivot
from trailnb.charts.sign_ins import sign_ins
from trailnb.charts.timeline import timeline
from trailnb.charts.working_hours import working_hours

__all__ = [
    "activity",
    "alarms",
    "coverage",
    "data_access",
    "denied",
    "failures",
    "first_seen",
    "iam_changes",
    "insights",
    "lineage",
    "origins",
    "pivot",
    "sign_ins",
    "timeline",
    "working_hours",
]
