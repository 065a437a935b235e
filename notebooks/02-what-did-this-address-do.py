# %% [markdown]
# # What did this address do?
#
# A block list, a colleague or a lead names an address. This notebook tells **who used it, with
# which credentials and programs, what it got, what it changed, and where the same people came from
# besides.**
#
# Without an `address` it takes the one behind triage's first alert. As delivered it reads the
# sample organization `acme`. Point `source` at your own logs and run all cells again.

# %% tags=["parameters"]
source = "../data-samples/acme"
since = None  # "2026-11-03", or "2026-11-03T02:00Z"; times are UTC
until = None
address = None  # "203.0.113.7", or a network "203.0.113.0/24"; None: triage's first suspect
out = None  # a folder: the report goes there

# %%
import warnings

import polars as pl

import trailnb as tn

_ = pl.Config(fmt_str_lengths=300, tbl_rows=16, tbl_hide_column_data_types=True)
_ = pl.Config(tbl_width_chars=160)
trail = tn.open(source, since=since, until=until)
warnings.simplefilter("ignore", tn.errors.ProblemWarning)  # triage lists what is damaged
leads = tn.triage(trail).collect()
print(trail)

# %% [markdown]
# ## The address
#
# Nothing stands out? Then the notebook shows the busiest public address, so that you see how one
# looks that does its work.

# %%
suspects = leads.filter(pl.col("level") != "note")["origin"].drop_nulls().to_list()
every = tn.origins(trail).collect()
public = every.filter(kind="public").sort("events", "origin", descending=[True, False])
fallback = [*public["origin"], *every.sort("events", descending=True)["origin"].drop_nulls()]
address = next(iter([address] if address else suspects or fallback), "0.0.0.0/0")
here = tn.timeline(trail, origin=address, collapse=False).collect()
origins = here["origin"].unique().to_list()
print(f"{address}: {here.height:,} of {every['events'].sum():,} events.")

# %% [markdown]
# What is known of it. Marks say what is odd, and why says with which credential. No mark means that
# nothing here gives it away; an address that is used once looks like any other.

# %%
card = every.filter(pl.col("origin").is_in(origins))
card.select("origin", "first_seen", "last_seen", "events", "denied", "marks", "why")

# %% [markdown]
# ## Who was there
#
# `is_exclusive` is seen from this address and from nowhere else. A user who is otherwise at home in
# an office and comes from here once deserves a call; an exclusive user agent is worth a search of
# its own.

# %%
beside = tn.pivot(trail, origin=address).collect()
shown = ["kind", "value", "events", "denied", "first_seen", "is_exclusive"]
who = beside.filter(pl.col("kind").is_in(["actor", "agent", "account"]))
who.with_columns(pl.col("value").str.head(70)).select(shown)

# %% [markdown]
# Names of credentials are not yet people. Behind each session stands somebody; this is who that is:

# %%
behind = (
    tn.attribute(trail)
    .filter(pl.col("source_ip_address").is_in(origins))
    .group_by("root_actor", "chain_text")
    .agg(events=pl.len(), first=pl.col("event_time").min(), last=pl.col("event_time").max())
    .sort("first", "chain_text")
    .collect()
)
behind

# %% [markdown]
# ## What it did

# %%
tn.charts.timeline(here, title=f"What came from {address}")

# %% [markdown]
# With repeats folded into one row. In an attack, what changed something and worked is the list of
# what to undo:

# %%
story = tn.timeline(trail, origin=address).collect()
changing = pl.col("access").is_in(["write", "permission", "tagging"])
worked = story.filter(changing, pl.col("outcome") == "success")
worked.select("time", "count", "actor", "action", "target", "account")

# %% [markdown]
# What was refused shows what was wanted:

# %%
refused = story.filter(pl.col("outcome") == "denied")
refused.select("time", "count", "actor", "action", "target")

# %% [markdown]
# What was read, as far as data events are logged. `bytes_out` left your account.

# %%
from_here = trail.events.filter(pl.col("source_ip_address").is_in(origins))
read = tn.data_access(from_here, depth=0).collect()
read.select("actor", "resource", "reads", "bytes_out", "first_seen", "last_seen")

# %% [markdown]
# ## Where else they came from
#
# Blocking one address moves an attacker to the next. Here are the other addresses of everybody seen
# at this one, and of whoever stands behind them. An address from before the first alert is probably
# where they are rightly at home.

# %%
family = sorted({*behind["root_actor"], *here["actor"]})
about = pl.col("origin").is_in(origins) | pl.col("root_actor").is_in(family)
ours = leads.filter(about, pl.col("level") != "note").sort("first")
turn = ours["first"].min()
theirs = tn.attribute(trail).filter(pl.any_horizontal(pl.col("actor", "root_actor").is_in(family)))
by = theirs.group_by(origin="source_ip_address").agg(by=pl.col("actor").unique().sort()).collect()
others = every.join(by, on="origin").filter(~pl.col("origin").is_in(origins))
is_old = pl.col("first_seen") < pl.lit(turn, every.schema["first_seen"])
arrived = pl.when(is_old).then(pl.lit("before")).when(~is_old).then(pl.lit("after"))
others = others.with_columns(first_alert=arrived).sort("first_seen", "origin")
others.select("origin", "first_alert", "by", "first_seen", "last_seen", "events", "denied")

# %% [markdown]
# All of them together, since the first alert:

# %%
together = tn.timeline(trail, actor=family).collect()
together = together if turn is None else together.filter(pl.col("time") >= turn)
tn.charts.timeline(together, title=f"Everybody seen at {address}, wherever they were")

# %% [markdown]
# ## Findings
#
# What triage has to say about this address or the people behind it, in order of time:

# %%
for lead in ours.iter_rows(named=True):
    print(f"{lead['first']:%m-%d %H:%M}  {lead['why']}")
if ours.is_empty():
    print(f"Nothing here: no lead is about {address} or who used it.")
    print("That is no proof of innocence: look at what the logs cannot tell, below.")

# %% [markdown]
# ## What the logs cannot tell
#
# These belong into every report that rests on this page. From here, `01-compromised-credential`
# follows a key, and `tn.pivot(trail, actor="…")` any other value of the tables above.

# %%
gaps = leads.filter(pl.col("event_ids").list.len() == 0)
gaps.select("what", "why")

# %% [markdown]
# ## The report
#
# With a folder in `out`, everything above that matters goes into one page, with the file, position
# and hash of each event cited.

# %%
case = tn.Case(trail, title="What did this address do?", about=str(address))
case.lead(ours)
case.answer("Everybody seen there", together, chart=tn.charts.timeline(together))
case.answer("Where else they came from", others)
case.answer("What was read", read)
written = tn.report(case, f"{out}/report.html") if out else None
case
