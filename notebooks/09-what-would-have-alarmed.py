# %% [markdown]
# # What would have alarmed
#
# An alarm watches forward: it tells nothing about the weeks before somebody switched it on, nor
# about a copy of the logs on a responder's disk. This notebook runs the alarms over history: the
# filters of the CIS AWS Foundations Benchmark, word by word, and a second set that closes the holes
# they leave. **What would have fired, when, how often, because of whom, and what would nobody have
# been told?**
#
# As delivered it reads the sample organization `acme`. Point `source` at your own logs, `own_rules`
# at a folder of your rules, and run all cells again.

# %% tags=["parameters"]
source = "../data-samples/acme"
since = None  # "2026-11-03", or "2026-11-03T02:00Z"; times are UTC
until = None
own_rules = None  # a folder of event patterns and filters, as JSON or YAML
period = "5m"  # how long an alarm counts
threshold = 1  # how many matches fire it; CIS asks for one
look_at = None  # a rule to look at in full, "cis-4.5"; None: the gravest that fired
out = None  # a folder: the report goes there

# %%
import warnings

import polars as pl

import trailnb as tn

_ = pl.Config(fmt_str_lengths=300, tbl_rows=40, tbl_cols=12, tbl_hide_column_data_types=True)
trail = tn.open(source, since=since, until=until)
warnings.simplefilter("ignore", tn.errors.ProblemWarning)  # told at the end
rules = [*tn.rules.cis(), *tn.rules.wider(), *(tn.rules.load(own_rules) if own_rules else ())]
fired = tn.alarms(trail, rules=rules, period=period, threshold=threshold).collect()
print(trail, f"{fired['rule'].n_unique()} of {len(rules)} rules would have fired.", sep="\n")

# %% [markdown]
# ## What would have fired
#
# One row per rule. An alarm that stays on is told once, so `told` counts the messages somebody
# would have had, and `periods` how long it was on. Most rules count attempts as well: `worked` is
# how many of the `events` were no refusal or error. A rule that is told every hour is one that
# nobody reads.

# %%
hits = tn.rules.hits(trail, rules=rules).collect()
worked = (pl.col("outcome") == "success").sum().alias("worked")
by_rule = fired.group_by("severity", "rule", "title").agg(
    told=pl.col("is_notified").sum(), periods=pl.len(), events=pl.col("events").sum(),
    first=pl.col("first_seen").min(), last=pl.col("last_seen").max(),
)  # fmt: skip
by_rule = by_rule.join(hits.group_by("rule").agg(worked), on="rule")
order = ["severity", "rule", "title", "told", "periods", "events", "worked", "first", "last"]
ranks = {"critical": 0, "high": 1, "medium": 2, "low": 3}
grave = pl.col("severity").replace_strict(ranks)
by_rule.select(order).sort(grave, "first")

# %% [markdown]
# ## What stayed silent
#
# A rule that never matched says that what it looks for was not *logged*. Whether it did not happen
# is for the last section to say.

# %%
told = set(fired["rule"])
silent = [rule for rule in rules if rule.name not in told]
pl.DataFrame({"rule": [rule.name for rule in silent], "title": [rule.title for rule in silent]})

# %% [markdown]
# ## The first messages
#
# In order of time, the gravest rules only: this is what the night would have looked like to the
# person on duty.

# %%
serious = fired.filter("is_notified", pl.col("severity").is_in(["critical", "high"]))
who = pl.col("actors").list.join(", ").alias("who")
serious.select("start", "severity", "title", "events", who, "rule").head(25)

# %% [markdown]
# ## Because of whom
#
# One busy workload can drown an alarm. What is left when its owner has said "that is us"?

# %%
share = hits.group_by("actor").agg(
    gravest=pl.col("severity").sort_by(grave).first(),
    rules=pl.col("rule").unique().sort().str.join(", "),
    events=pl.col("event_id").n_unique(),
    worked=pl.col("event_id").filter(outcome="success").n_unique(),
    origins=pl.col("origin").unique().sort().head(4).str.join(", "),
    first=pl.col("time").min(),
)
share.sort(pl.col("gravest").replace_strict(ranks), "events", "actor").head(20)

# %% [markdown]
# ## How loud, at which threshold
#
# Messages by threshold, for the same period. Raise it for a rule that is loud and grave only in
# numbers, such as refusals; leave it at one where a single event is too many.

# %%
steps = {f"from {least}": least for least in (1, 3, 5, 10)}
loud = fired.group_by("rule").agg(
    *((pl.col("events") >= least).sum().alias(name) for name, least in steps.items()),
    most=pl.col("events").max(),
)
loud.sort("from 1", "rule", descending=[True, False])

# %% [markdown]
# ## What CIS alone would have missed
#
# Events that a rule of the wider set matched, and no filter of CIS.

# %%
by_cis = pl.col("rule").str.starts_with("cis-")
missed = hits.filter(~by_cis).join(hits.filter(by_cis), on="event_id", how="anti", nulls_equal=True)
missed.group_by("severity", "rule").agg(
    events=pl.len(),
    actions=pl.col("action").unique().sort().head(6).str.join(", "),
    actors=pl.col("actor").unique().sort().head(4).str.join(", "),
    first=pl.col("time").min(),
).sort(grave, "first")

# %% [markdown]
# ## One rule in full
#
# The events behind an alarm. The rule decides on the record itself; everything else is a column as
# ever, so filter and group on.

# %%
ranked = by_rule.sort(grave, pl.col("worked") == 0, "events", "rule")["rule"].to_list()
look_at = look_at or next(iter(ranked), rules[0].name)
rule = next(one for one in rules if one.name == look_at)
print(f"{rule.name}: {rule.title}. {rule.why}")
seen = tn.matches(trail, rule.pattern).sort("event_time", "event_id")
shown = ("event_time", "actor", "action", "target", "outcome", "source_ip_address", "event_id")
seen.select(shown).head(25).collect()

# %% [markdown]
# ## Switch it on
#
# The same rule for the days to come, as text to be read first: here as an event pattern. Its
# filter, its query for Athena and a template with alarm and topic are `rule.to_metric_filter()`,
# `rule.to_athena()` and `rule.to_cloudformation()`; what a language cannot say, it says.

# %%
try:
    print(rule.to_eventbridge())
except tn.errors.RequestError as said:
    print(said)

# %% [markdown]
# ## What the alarms cannot tell
#
# These belong into every report that rests on this page.

# %%
messages = fired["is_notified"].sum()
hours = trail.coverage().group_by("status").agg(hours=pl.len(), events=pl.col("events").sum())
problems = trail.problems().filter(severity="error")
print(f"{messages} messages, {len(silent)} rules silent, {problems.height} unreadable places.")
print("CloudWatch counts by the time of delivery, minutes later than the event: counts at the edge")
print("of a period may differ. Records of more than 256 KB never reach it; here they count.")
hours.sort("status")

# %% [markdown]
# ## The report
#
# With a folder in `out`, everything above that matters goes into one page, with the file, position
# and hash of each event cited.

# %%
case = tn.Case(
    trail, title="What would have alarmed?", about="The CIS alarms and wider rules, over history"
)
is_told = by_rule.filter(pl.col("worked") > 0).sort(grave, "first")
named = dict(hits.group_by("rule").agg("event_id").iter_rows())
for row in is_told.iter_rows(named=True):
    level = "warning" if row["severity"] == "critical" else "note"
    why = f"{row['told']} messages, {row['events']} events, {row['worked']} of them no refusal."
    case.finding(row["title"], events=named[row["rule"]], why=why, level=level)
case.answer("What would have fired", by_rule.select(order).sort(grave, "first"))
written = tn.report(case, f"{out}/report.html") if out else None
case
