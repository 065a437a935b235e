# %% [markdown]
# # S3 data access and exfiltration
#
# **Who read and wrote which objects, how many bytes left, and does that look like other days?**
# CloudTrail counts bytes only where data events are logged; where they are not, this notebook says
# so first.
#
# As delivered it reads the sample organization `acme`. Point `source` at your own logs and run all
# cells again.

# %% tags=["parameters"]
source = "../data-samples/acme"
since = None  # "2026-11-03", or "2026-11-03T02:00Z"; times are UTC
until = None
many_bytes = 100_000_000  # so many bytes out of one bucket on one day deserve a look
times_usual = 5  # and so many times as many as on the usual day of that bucket
out = None  # a folder: the report goes there

# %%
import warnings

import polars as pl

import trailnb as tn

_ = pl.Config(fmt_str_lengths=300, tbl_rows=20, tbl_hide_column_data_types=True)
warnings.simplefilter("ignore", tn.errors.ProblemWarning)  # the report lists what is damaged
trail = tn.open(source, since=since, until=until)
case = tn.Case(trail, title="S3 data access", about="Who took which data out, and how much?")
print(trail)

# %% [markdown]
# ## Are data events logged at all?
#
# Without them, who read which object leaves no trace, and silence below means nothing.

# %%
categories = trail.events.group_by("event_category").len("events").collect()
has_data = categories.filter(pl.col("event_category") == "Data").height > 0
print("Data events are logged." if has_data else "No data events are logged: nobody can tell.")
categories.sort("events", descending=True)

# %% [markdown]
# ## Who reads what
#
# One row per actor and bucket, most bytes out first.

# %%
access = case.answer("Data access", tn.data_access(trail, depth=0))
sums = ("events", "reads", "writes", "denied", "objects", "bytes_in", "bytes_out")
access.sort("bytes_out", "actor", descending=[True, False], nulls_last=True).select(
    "actor", "resource", *sums, "first_seen", "last_seen"
)

# %%
tn.charts.data_access(access)

# %% [markdown]
# ## Day by day
#
# A backup job reads much, every day. A thief reads much, once. So each day of an actor and bucket
# is set beside the usual (median) day of all other actors and days of that bucket.

# %%
sent = pl.col("additional_event_data").str.json_path_match("$.bytesTransferredOut")
data = trail.events.filter(pl.col("action").str.starts_with("s3:")).with_columns(
    day=pl.col("event_time").dt.date(),
    bucket=pl.col("target").str.extract(r"^arn:[^:]*:s3:::([^/]+)"),
    sent=sent.cast(pl.Float64, strict=False),
)
days = data.group_by("day", "actor", "bucket").agg(
    reads=(pl.col("access") == "read").sum(), bytes_out=pl.col("sent").sum(),
    origins=pl.col("source_ip_address").unique().sort(), event_ids=pl.col("event_id"),
).collect()  # fmt: skip

# %%
other = days.select("bucket", "actor", "day", "bytes_out").filter(pl.col("bytes_out") > 0)
pairs = days.join(other, on="bucket", suffix="_other").filter(
    (pl.col("actor") != pl.col("actor_other")) | (pl.col("day") != pl.col("day_other"))
)
usual = pairs.group_by("day", "actor", "bucket").agg(usual=pl.col("bytes_out_other").median())
compared = days.join(usual, on=["day", "actor", "bucket"], how="left")
more = pl.col("bytes_out") >= times_usual * pl.col("usual").fill_null(0)
loud = compared.filter(pl.col("bytes_out") >= many_bytes, more).sort("bytes_out", descending=True)
loud.select("day", "actor", "bucket", "reads", "bytes_out", "usual", "origins")

# %% [markdown]
# ## Who is behind it
#
# The names above are credentials. Lineage leads back to the person or workload that began them.

# %%
names = loud["actor"].unique().to_list()
sessions = tn.lineage(trail).filter(pl.col("actor").is_in(names)).collect()
sessions.select("actor", "root_actor", "chain_text", "how", "first_use", "last_use", "origins")

# %% [markdown]
# ## What was opened for it
#
# Public buckets, changed policies, replication and shared snapshots move data without a single read
# in these logs.

# %%
kinds = ["public principal", "cross-account trust"]
opened = tn.iam_changes(trail).filter(
    pl.col("entity_kind").is_in(["bucket", "snapshot", "image", "db snapshot"]),
    pl.col("marks").list.set_intersection(kinds).list.len() > 0,
).collect()  # fmt: skip
opened.select("time", "actor", "action", "entity_name", "aspect", pl.col("reasons").list.join("; "))

# %% [markdown]
# And what was tried without success:

# %%
refused = access.filter(pl.col("denied") > 0)
refused.select("actor", "resource", "denied", "reads", "origins")

# %% [markdown]
# ## Findings

# %%
roots = dict(sessions.select("actor", "root_actor").iter_rows())
for row in loud.iter_rows(named=True):
    size = f"{row['bytes_out'] / 1e6:,.1f} MB"
    why = f"{row['reads']} reads from {', '.join(row['origins'])}; behind it: "
    why += f"{roots.get(row['actor'], row['actor'])}. Usual day of this bucket: "
    why += f"{(row['usual'] or 0) / 1e6:,.1f} MB."
    title = f"{row['actor']} took {size} out of {row['bucket']} on {row['day']}"
    case.finding(title, events=row["event_ids"], why=why)
for row in opened.iter_rows(named=True):
    case.finding(f"{row['entity_name']} was opened", events=row["event_id"], why=row["reasons"][0])

# %%
if not has_data:
    case.note("No data events are logged: who read which object leaves no trace.")
if not case.findings:
    print("Nothing here: no day of an actor and bucket stands out.")
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
