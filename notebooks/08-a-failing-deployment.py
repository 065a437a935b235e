# %% [markdown]
# # A failing deployment
#
# No attack, only a pipeline that is red. **Which calls fail, for whom, since when, with which code:
# a missing permission, a limit, a thing that is not there, or throttling? And what changed just
# before?**
#
# As delivered it reads the quiet sample organization. Point `source` at your own logs and run all
# cells again.

# %% tags=["parameters"]
source = "../data-samples/quiet"
since = None  # "2026-11-03", or "2026-11-03T02:00Z"; times are UTC
until = None
actor = None  # "ci-deploy", "role/ci-*": only this pipeline; None: everyone
service = None  # "ec2"; None: all
share = 0.2  # so many of an actor's calls to a service failing is broken, not unlucky
out = None  # a folder: the report goes there

# %%
import warnings

import polars as pl

import trailnb as tn

_ = pl.Config(fmt_str_lengths=300, tbl_rows=20, tbl_hide_column_data_types=True)
warnings.simplefilter("ignore", tn.errors.ProblemWarning)  # the report lists what is damaged
warnings.simplefilter("ignore", tn.errors.NothingFoundWarning)  # nothing is a good answer here
trail = tn.open(source, since=since, until=until)
case = tn.Case(trail, title="A failing deployment", about="Which calls fail, and since when?")
print(trail)

# %% [markdown]
# ## What fails
#
# `share` is how many of the actor's calls to the service ended so. A high share is broken; a low
# one with many events may be a loop that retries.

# %%
failing = case.answer("Failing calls", tn.failures(trail, actor=actor, service=service))
failing.select("actor", "service", "outcome", "error", "events", "calls", "share", "first_seen")

# %%
tn.charts.failures(failing)

# %% [markdown]
# ## By kind of failure
#
# They want different people: **denied** the owner of the policy, **throttled** a longer pause,
# **not found** and **invalid** whoever wrote the template.

# %%
kinds = failing.group_by("outcome").agg(
    pl.col("events").sum(), pl.col("actor", "error").drop_nulls().unique().sort(),
    pl.col("first_seen").min(), pl.col("last_seen").max(),
)  # fmt: skip
kinds.sort("events", descending=True)

# %% [markdown]
# ## Throttling
#
# Which minute asked for too much, and who else asked in that minute? Limits are per account and
# region: the victim is often not the cause.

# %%
minute = pl.col("event_time").dt.truncate("1m").alias("minute")
place = ["minute", "event_source", "aws_region", "recipient_account_id"]
calls = trail.events.with_columns(minute, is_hit=pl.col("outcome") == "throttled")
calls = calls.group_by(*place, "actor").agg(calls=pl.len(), throttled=pl.col("is_hit").sum())
by_calls = pl.col("actor").sort_by("calls", descending=True)
peaks = calls.group_by(place).agg(
    pl.col("throttled").sum(), pl.col("calls").max(), loudest=by_calls.first(),
    victims=pl.col("actor").filter(pl.col("throttled") > 0).sort(),
)  # fmt: skip
peaks = peaks.filter(pl.col("throttled") > 0).sort("throttled", "minute", descending=[True, False])
peaks.collect().head(20)

# %% [markdown]
# ## Denied
#
# By which kind of policy? "Identity policy" is the pipeline's own; a service control policy is
# somebody else's decision.

# %%
denied = tn.denied(trail).collect()
if actor:
    denied = denied.filter(pl.col("actor").is_in(failing["actor"].unique().implode()))
denied.select("actor", "action", "denied_by", "events", "targets", "first_seen", "last_seen")

# %% [markdown]
# ## When it began
#
# A failure that is not there from the start has a first moment. What changed in the hour before it
# is where to look.

# %%
start = trail.events.select(pl.col("event_time").min()).collect().item()
fresh = failing.filter(pl.col("first_seen") > pl.lit(start).dt.offset_by("12h")).sort("first_seen")
began = next(iter(fresh["first_seen"]), None)
changes = tn.timeline(trail, access=["permission", "write"], outcome="success").collect()
window = (
    pl.col("time").is_between(pl.lit(began).dt.offset_by("-1h"), pl.lit(began)) if began else False
)
before = changes.filter(window)
print(f"The first new failure: {began:%Y-%m-%d %H:%M:%S} UTC." if began else "No new failures.")
before.select("time", "summary").tail(20)

# %% [markdown]
# ## Findings

# %%
broken = failing.filter((pl.col("share") >= share) & (pl.col("calls") >= 3))
events = trail.events.select("event_id", "actor", "outcome", "error_code", "event_source")
events = events.filter(pl.col("outcome") != "success").collect()
for row in broken.iter_rows(named=True):
    same = (pl.col("actor") == row["actor"]) & (pl.col("outcome") == row["outcome"])
    same &= pl.col("error_code").eq_missing(row["error"])
    why = f"{row['events']} of {row['calls']} calls to {row['service']}, since "
    why += f"{row['first_seen']:%Y-%m-%d %H:%M} UTC."
    title = f"{row['actor']}: {row['outcome']} at {row['service']} ({row['error'] or 'no code'})"
    case.finding(title, events=events.filter(same)["event_id"], why=why, level="note")

# %%
if not case.findings:
    print("Nothing here: no actor's calls to a service fail more often than now and then.")
case

# %% [markdown]
# ## What the logs cannot tell
#
# These belong into every report that rests on this page; the one written here has them.

# %%
for sentence in case.limits():
    print(f"- {sentence}")
written = tn.report(case, f"{out}/report.html") if out else None
written
