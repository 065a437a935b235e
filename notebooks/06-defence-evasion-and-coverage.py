# %% [markdown]
# # Defence evasion and coverage
#
# Everything else in these notebooks rests on the logs. **What was done against them: logging
# stopped, selectors narrowed, files removed, regions gone quiet? Are they whole and untouched? And
# which hours can nobody speak about?**
#
# As delivered it reads the sample organization `acme` with its keys. Point `source` at your own
# logs and `keys` at what `aws cloudtrail list-public-keys` printed, and run all cells again.

# %% tags=["parameters"]
source = "../data-samples/acme"
since = None  # "2026-11-03", or "2026-11-03T02:00Z"; times are UTC
until = None
keys = "../data-samples/keys"  # CloudTrail's public keys; None: nothing is proven
quiet = "24h"  # a region with events that is silent for so long has gone quiet
out = None  # a folder: the report goes there

# %%
import re
import warnings

import polars as pl

import trailnb as tn

_ = pl.Config(fmt_str_lengths=300, tbl_rows=20, tbl_hide_column_data_types=True)
warnings.simplefilter("ignore", tn.errors.ProblemWarning)  # the report lists what is damaged
trail = tn.open(source, since=since, until=until)
case = tn.Case(trail, title="Defence evasion and coverage", about="Can these logs be trusted?")
print(trail)

# %% [markdown]
# ## Done against the evidence
#
# Calls that stop, narrow, remove or hide, also without success: an attempt tells the intent.

# %%
found = case.answer("Against the evidence", tn.evasion(trail, quiet=quiet))
calls = found.drop_nulls("event_id")
calls.select("time", "kind", "actor", "action", "target", "outcome", "origin")

# %% [markdown]
# Who stands behind it?

# %%
names = calls["actor"].drop_nulls().unique().to_list()
behind = tn.lineage(trail).filter(pl.col("actor").is_in(names)).collect()
behind.select("actor", "root_actor", "chain_text", "origins", "first_use", "last_use").unique()

# %% [markdown]
# ## Gone quiet
#
# Hours without digests, and regions that had events before and then none. Nobody said why.

# %%
silent = found.filter(pl.col("event_id").is_null())
silent.select("time", "until", "kind", "account", "region")

# %% [markdown]
# ## Are the logs whole and untouched?
#
# CloudTrail signs a digest of every hour. What a digest lists and is not here was removed; what is
# here in another form was changed; what no digest lists is **not covered**: neither good nor bad.

# %%
proof = tn.verify(trail, keys=keys)
print(proof.summary())

# %%
broken = proof.results.filter(~pl.col("status").is_in(["valid", "not covered", "not logged"]))
broken.select("kind", "status", "account", "region", "hour", "object", "reason")

# %% [markdown]
# How many events lie in files that are proven?

# %%
proven = proof.annotate(trail.events).group_by("integrity").len("events").collect()
proven.sort("events", descending=True)

# %% [markdown]
# ## What the logs speak about
#
# Every account and region, day by day. A quiet hour and an unlogged one look alike; only an empty
# digest proves that nothing was delivered.

# %%
hours = case.coverage
tn.charts.coverage(hours)

# %%
dark = hours.filter(~pl.col("status").is_in(["seen", "none seen", "outside the request"]))
dark.group_by("account", "region", "status", "because").agg(
    hours=pl.col("hour").n_unique(), first=pl.col("hour").min(), last=pl.col("hour").max()
).sort("first", "account", "region")

# %% [markdown]
# ## What happened just before, and in the dark
#
# Logging is stopped for a reason. The hour before, and whatever other regions and accounts still
# saw afterwards, by the same people.

# %%
turn = calls.filter(pl.col("outcome") == "success")["time"].min()
family = sorted({*names, *behind["root_actor"]}) or ["nobody"]
warnings.simplefilter("ignore", tn.errors.NothingFoundWarning)
story = tn.timeline(trail, actor=family).collect()
near = story.filter(pl.col("time") >= pl.lit(turn).dt.offset_by("-1h")) if turn else story.clear()
near.select("time", "count", "summary")

# %% [markdown]
# ## Findings

# %%
stopping = "stopped|deleted|narrowed|digests off|files removed|detection off|organization left"
for row in calls.sort("time").iter_rows(named=True):
    done = row["outcome"] == "success"
    level = "alert" if done and re.search(stopping, row["kind"]) else "warning"
    why = f"{row['actor']} called {row['action']} on {row['target']}: {row['outcome']}."
    case.finding(row["kind"].capitalize(), events=row["event_id"], why=why, level=level)

# %%
torn = broken.filter(pl.col("status").is_in(["modified", "missing", "replayed"]))
for row in (
    torn.group_by("kind", "status").agg(pl.len(), pl.col("object").first()).iter_rows(named=True)
):
    what = "hours without a digest" if row["kind"] == "hour" else f"{row['kind']}s {row['status']}"
    why = f"The first: {row['object']}." if row["object"] else "See the verification's summary."
    case.finding(f"{row['len']} {what}", why=why, level="warning")
case.verified(proof)
if not case.findings:
    print("Nothing here: nobody touched the logging, and nothing contradicts its proof.")
    print("That is no proof of innocence: look at what the logs cannot tell, below.")
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
