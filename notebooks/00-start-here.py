# %% [markdown]
# # Start here: who did what?
#
# You have a folder of CloudTrail logs and a question. This notebook opens the folder, says what
# the logs can and cannot tell, and answers the first question of every investigation: **who did
# what, to what, from where, and how did it end?**
#
# It needs no network and no AWS account. As delivered it reads the sample organization `acme`,
# in which something happened in the night of 3 November 2026. Point `source` at your own logs
# (a folder, an archive, an `s3://` prefix), and run all cells again.

# %% tags=["parameters"]
source = "../data-samples/acme"
since = None  # "2026-11-03", or "2026-11-03T02:00Z"; times are UTC
until = None
actor = None  # whom to look at closely; None: whoever was refused most often
origin = None  # which address to look at closely; None: the one that actor was refused from
out = None  # a folder: the report goes there

# %%
import warnings

import polars as pl

import trailnb as tn

shown = {"fmt_str_lengths": 70, "tbl_rows": 12, "tbl_hide_dataframe_shape": True}
_ = pl.Config(**shown)

# %% [markdown]
# ## What is there
#
# Opening only lists files: it costs no reading, however many years lie in the bucket.

# %%
trail = tn.open(source, since=since, until=until)
print(trail.explain())

# %% [markdown]
# Reading comes next, and with it what could not be read. A damaged file never stops an
# investigation and never vanishes from it: everything around the damage is kept, and the damage
# is listed. (Every later reading would warn of it again; having seen the list, we silence that.)

# %%
problems = trail.problems()
warnings.simplefilter("ignore", tn.errors.ProblemWarning)
problems.select("severity", "reason", pl.col("log_file").str.extract(r"([^/]+)$").alias("log_file"))

# %% [markdown]
# ## What the logs can tell
#
# An hour without events can be a quiet hour or an unlogged one. Coverage counts the hours of each
# account, region and category by what is known about them. "None seen" cannot be told apart from
# "not logged"; "logging stopped" can, because an event says so.

# %%
coverage = trail.coverage()
coverage.group_by("status").agg(
    hours=pl.len(),
    accounts=pl.col("account").unique().sort().str.join(", "),
    first=pl.col("hour").min(),
    last=pl.col("hour").max(),
).sort("hours", descending=True)

# %% [markdown]
# ## Who did what
#
# One row per event, in order of time. The names are what a person would call the actors: an IAM
# user by name, an Identity Center user by e-mail, a role's session as `role/NAME/SESSION`, an AWS
# service as `service:NAME`.

# %%
story = tn.timeline(trail, collapse=False).collect()
print(f"{story.height:,} events by {story['actor'].n_unique():,} actors")
story.select("time", "actor", "action", "target", "outcome", "origin")

# %% [markdown]
# The same rows as a picture. Each lane is an actor, and unusual bursts come first: much at once,
# by someone who does little else. Orange crosses were refused. In JupyterLab, rest the pointer on
# a mark to see what it holds.

# %%
tn.charts.timeline(story)

# %% [markdown]
# ## One actor
#
# A stolen credential tries doors, and most of them are closed: whoever was refused most often is
# a good first suspect. (Not a verdict. A broken deployment is refused often, too.)
# Repeats share a row of its timeline, and `count` says how many events that is.

# %%
refused = story.filter(pl.col("outcome") == "denied")
suspects = refused.group_by("actor", "origin").len("refused").sort("refused", descending=True)
first = suspects.row(0, named=True) if len(suspects) else {"actor": "*", "origin": "*"}
actor, origin = actor or first["actor"], origin or first["origin"]
suspects.head(5)

# %%
one_actor = tn.timeline(trail, actor=actor).collect()
one_actor.select("time", "count", "action", "target", "outcome", "origin", "account")

# %%
tn.charts.timeline(one_actor, title=f"What {actor} did")

# %% [markdown]
# ## One address
#
# An address often ties together what names keep apart: another user, a role, another account.
# Here is everything that came from the address this actor was refused from.

# %%
one_origin = tn.timeline(trail, origin=origin, collapse=False).collect()
one_origin.group_by("actor", "account").agg(
    events=pl.len(),
    refused=(pl.col("outcome") == "denied").sum(),
    first=pl.col("time").min(),
    last=pl.col("time").max(),
).sort("first", "actor")

# %%
tn.charts.timeline(one_origin, title=f"What came from {origin}")

# %% [markdown]
# Changes are what must be undone. These succeeded, from this address:

# %%
from trailnb.facts.actions import reads_only

changes = one_origin.filter(~reads_only(pl.col("action")), pl.col("outcome") == "success")
changes.select("time", "actor", "action", "target", "account")

# %% [markdown]
# ## What came of it
#
# Who was created or changed may have gone on to act, from other addresses. So we follow the names
# among the targets:

# %%
names = changes["target"].str.extract(r"([^/:]+)$").drop_nulls().unique().to_list()
followed = tn.timeline(trail, actor=names).filter(pl.col("actor") != actor).collect()
followed.select("time", "actor", "action", "target", "outcome", "origin")

# %%
tn.charts.timeline(followed, title=f"What those did whom {actor} created or changed")

# %% [markdown]
# ## What to look at first, and a report
#
# `tn.triage` answers with leads, the gravest first; a `Case` gathers them, and with a folder in
# `out` they go into one page, with the file, position and hash of each event cited.

# %%
case = tn.Case(trail, title="Start here", about="Who did what?")
case.lead(tn.triage(trail))
written = tn.report(case, f"{out}/report.html") if out else None
case

# %% [markdown]
# ## Where to go from here
#
# - The roles assumed along the way lead to other accounts: ask for `actor="role/NAME/*"`.
# - Filters take patterns, lists and networks (`origin="203.0.113.0/24"`); questions take any frame,
#   so `trail.events` filtered by you works as well.
# - `trail.events` is a Polars LazyFrame of every documented CloudTrail field; `record` is the whole
#   record as it was delivered. Nothing is read before you collect.
# - What a conclusion rests on belongs beside it: `trail.files()`, `trail.coverage()`,
#   `trail.problems()` and `trail.duplicates()` are tables, too.
