"""Who did what, from where, with whose credentials, in AWS CloudTrail logs: and what is unknown.

Example:
    >>> import trailnb as tn
    >>> trail = tn.open("data-samples/acme")
    >>> trail
    Trail data-samples/acme: 409 log files, 0.9 MB, whole history, 4 accounts, 3 regions
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trailnb import charts, engines, errors, rules
    from trailnb._lineage.attribute import attribute
    from trailnb._lineage.sessions import lineage
    from trailnb._report.writing import report
    from trailnb.case.case import Case
    from trailnb.configuration.plan import plan_trail
    from trailnb.configuration.trails import trails
    from trailnb.engines.sql import sql
    from trailnb.engines.table_ddl import table_ddl
    from trailnb.engines.to_sql import to_sql
    from trailnb.enrich.networks import aws_ranges, networks
    from trailnb.iam.blast_radius import blast_radius
    from trailnb.iam.changes import iam_changes
    from trailnb.iam.diff import iam_diff
    from trailnb.iam.seed import Seed
    from trailnb.iam.snapshot import iam_state
    from trailnb.iam.view import iam_view, policy_diff
    from trailnb.integrity.verify import verify
    from trailnb.questions.activity import activity
    from trailnb.questions.actors import actors
    from trailnb.questions.compare import compare
    from trailnb.questions.compare_insights import compare_insights
    from trailnb.questions.data_access import data_access
    from trailnb.questions.denied import denied, denied_bursts
    from trailnb.questions.evasion import evasion
    from trailnb.questions.failures import failures
    from trailnb.questions.first_seen import first_seen
    from trailnb.questions.history import history
    from trailnb.questions.insights import insights
    from trailnb.questions.origins import origins
    from trailnb.questions.pivot import pivot
    from trailnb.questions.recorded_insights import recorded_insights
    from trailnb.questions.resource import resource
    from trailnb.questions.root_use import root_use
    from trailnb.questions.sign_ins import sign_ins
    from trailnb.questions.timeline import timeline
    from trailnb.questions.triage import triage
    from trailnb.questions.working_hours import working_hours
    from trailnb.rules.alarms import alarms
    from trailnb.rules.matches import matches
    from trailnb.rules.respond import respond
    from trailnb.trail.opening import open, scan  # noqa: A004 - tn.open is the verb
    from trailnb.widgets.iam_changes import explore_iam_changes
    from trailnb.widgets.lineage import explore_lineage
    from trailnb.widgets.pivot import explore_pivot
    from trailnb.widgets.timeline import explore

__all__ = [
    "Case",
    "Seed",
    "activity",
    "actors",
    "alarms",
    "attribute",
    "aws_ranges",
    "blast_radius",
    "charts",
    "compare",
    "compare_insights",
    "data_access",
    "denied",
    "denied_bursts",
    "engines",
    "errors",
    "evasion",
    "explore",
    "explore_iam_changes",
    "explore_lineage",
    "explore_pivot",
    "failures",
    "first_seen",
    "history",
    "iam_changes",
    "iam_diff",
    "iam_state",
    "iam_view",
    "insights",
    "lineage",
    "matches",
    "networks",
    "open",
    "origins",
    "pivot",
    "plan_trail",
    "policy_diff",
    "recorded_insights",
    "report",
    "resource",
    "respond",
    "root_use",
    "rules",
    "scan",
    "sign_ins",
    "sql",
    "table_ddl",
    "timeline",
    "to_sql",
    "trails",
    "triage",
    "verify",
    "working_hours",
]
__version__ = "0.1.0"

#: Where each public name lives; a module is loaded when its name is first used. A question lives in
#: the module of its own name unless it stands here.
_HOMES = {
    "alarms": "trailnb.rules.alarms",
    "Case": "trailnb.case.case",
    "Seed": "trailnb.iam.seed",
    "attribute": "trailnb._lineage.attribute",
    "aws_ranges": "trailnb.enrich.networks",
    "blast_radius": "trailnb.iam.blast_radius",
    "denied_bursts": "trailnb.questions.denied",
    "explore": "trailnb.widgets.timeline",
    "explore_iam_changes": "trailnb.widgets.iam_changes",
    "explore_lineage": "trailnb.widgets.lineage",
    "explore_pivot": "trailnb.widgets.pivot",
    "iam_changes": "trailnb.iam.changes",
    "iam_diff": "trailnb.iam.diff",
    "iam_state": "trailnb.iam.snapshot",
    "iam_view": "trailnb.iam.view",
    "lineage": "trailnb._lineage.sessions",
    "matches": "trailnb.rules.matches",
    "respond": "trailnb.rules.respond",
    "networks": "trailnb.enrich.networks",
    "open": "trailnb.trail.opening",
    "plan_trail": "trailnb.configuration.plan",
    "policy_diff": "trailnb.iam.view",
    "report": "trailnb._report.writing",
    "scan": "trailnb.trail.opening",
    "trails": "trailnb.configuration.trails",
    "sql": "trailnb.engines.sql",
    "table_ddl": "trailnb.engines.table_ddl",
    "to_sql": "trailnb.engines.to_sql",
    "verify": "trailnb.integrity.verify",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use, so that importing trailnb costs next to nothing."""
    if name in {"charts", "engines", "errors", "rules"}:
        return import_module(f"trailnb.{name}")
    if name not in __all__:
        raise AttributeError(f"trailnb has no name {name!r}. It has {', '.join(__all__)}.")
    home = _HOMES.get(name, f"trailnb.questions.{name}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, for completion."""
    return sorted([*__all__, "__version__"])
