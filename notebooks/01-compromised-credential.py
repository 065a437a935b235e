# %% [markdown]
# # A credential is compromised
#
# Somebody reports a leaked key, or a lead at three in the morning points at one. This notebook
# follows it: **whose is it, since when is it not in good hands, what was tried, what worked, what
# came of it, and what must be revoked?**
#
# Without a `key` it takes triage's first suspect: a long-term key that no other credential made.
# As delivered it reads the sample organization `acme`. Point `source` at your own logs and run all
# cells again.

# %% tags=["parameters"]
source = "../data-samples/acme"
since = None  # "2026-11-03", or "2026-11-03T02:00Z"; times are UTC
until = None
key = None  # an access key id, "AKIA…"; None: triage's first suspect
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
# ## Where to look first
#
# Every lead is something to look at, in this order. It is no verdict: a note may be the whole
# story, and an alert a colleague's long night.

# %%
serious = leads.filter(pl.col("level") != "note")
serious.select(pl.format("{}: {}", "level", "what").alias("lead"), "why")

# %% [markdown]
# ## The key, and whose it is
#
# Nothing stands out? Then the notebook shows the busiest key, so that you see how a key looks that
# is in good hands.

# %%
is_first = pl.col("key").str.starts_with("AKIA") & (pl.col("actor") == pl.col("root_actor"))
suspects = serious.filter(is_first)["key"].to_list()
used = trail.events.filter(pl.col("access_key_id").str.starts_with("AKIA"))
busiest = used.group_by(key="access_key_id").len("events").sort("events", "key").collect()
key = key or next(iter([*suspects, *busiest["key"].reverse()]), "none")
beside = tn.pivot(trail, key=key).collect()
owner = next(iter(beside.filter(kind="actor")["value"]), "nobody")
issued = tn.lineage(trail).filter(pl.col("session_id") == key).collect()
root = next(iter(issued["root_actor"]), owner)
print(f"{key} belongs to {owner}" + (f"; it came from {root}." if root != owner else "."))

# %% [markdown]
# A key is at home somewhere. A second network, a program nobody here uses, a region without any of
# our work: each is a hint, and together they say since when.

# %%
places = beside.filter(pl.col("kind").is_in(["origin", "agent", "region"]))
same = pl.col("value").str.strip_prefix("[").str.head(60)  # a program's name, without its command
span = [pl.col("first_seen").min(), pl.col("last_seen").max()]
places = places.group_by("kind", same).agg(pl.col("events", "denied").sum(), *span)
places.sort("kind", "first_seen")

# %% [markdown]
# ## Since when
#
# The turning point is the first moment of the first alert about this key or its owner. What lies
# before is how the key is normally used. Correct it by hand if you know better: set `turn`.

# %%
about = (pl.col("key") == key) | (pl.col("root_actor") == root)
turn = serious.filter(about, pl.col("level") == "alert")["first"].min()
story = tn.timeline(trail, key=key).collect()
print(f"In other hands since {turn:%Y-%m-%d %H:%M:%S} UTC." if turn else "Nothing says so.")
tn.charts.timeline(story, title=f"What {key} was used for")

# %% [markdown]
# ## What was tried
#
# Refusals show intent. Many different ones in a few minutes are somebody exploring; the same one
# again and again is a broken job.

# %%
after = story if turn is None else story.filter(pl.col("time") >= turn)
refused = after.filter(pl.col("outcome") == "denied")
refused.select("time", "until", "count", "action", "target", "origin")

# %% [markdown]
# ## What worked
#
# These calls changed something: in an attack, the list of what to undo. (Reads that worked may have
# told secrets; they follow further down.)

# %%
changing = pl.col("access").is_in(["write", "permission", "tagging"])
worked = after.filter(changing, pl.col("outcome") == "success")
worked.select("time", "action", "target", "origin", "account")

# %% [markdown]
# ## What it gave away
#
# A thief who can make credentials stops using the stolen one. So we follow what was issued: new
# users, new keys, roles, and roles of roles.

# %%
users = worked["target"].str.extract(r":user/(?:.*/)?([^/]+)$").drop_nulls().unique().to_list()
family = sorted({root, owner, *users})
sessions = tn.lineage(trail).filter(pl.col("root_actor").is_in(family)).collect()
if turn is not None:
    sessions = sessions.filter(pl.col("last_use") >= turn)
sessions.select("chain_text", "how", "first_use", "last_use", "events", "denied", "accounts")

# %% [markdown]
# Everything done by all of them since the turning point: the owner, the users it made, and every
# session behind which they stand.

# %%
together = tn.timeline(trail, actor=family).collect()
together = together if turn is None else together.filter(pl.col("time") >= turn)
tn.charts.timeline(together, title=f"{root}, and whoever got access from it")

# %% [markdown]
# Did somebody sign in to the console with it? A console session leaves other traces than a key.

# %%
signed = tn.sign_ins(trail).filter(pl.col("actor").is_in(family)).collect()
signed.select("time", "actor", "outcome", "is_mfa", "failures_before", "origin")

# %% [markdown]
# ## What they hid, and what they took
#
# Calls against the evidence decide how far the rest of this page can be trusted. After logging was
# stopped, no event means nothing.

# %%
names = together["actor"].unique().to_list()
hidden = tn.evasion(trail).filter(pl.col("actor").is_in(names)).collect()
hidden.select("time", "kind", "actor", "target", "outcome")

# %%
taken = tn.data_access(trail, depth=0).filter(pl.col("actor").is_in(names)).collect()
taken.select("actor", "resource", "reads", "bytes_out", "first_seen", "last_seen")

# %% [markdown]
# ## Findings
#
# What triage says about them, in order of time; `event_ids` of each lead names the events.

# %%
ours = serious.filter(pl.col("root_actor").is_in(family) | (pl.col("key") == key))
for lead in ours.sort("first").iter_rows(named=True):
    print(f"{lead['first']:%m-%d %H:%M}  {lead['why']}")
if ours.is_empty():
    print(f"Nothing here: no lead is about {key} or {owner}.")
    print("That is no proof of innocence: look at what the logs cannot tell, below.")

# %% [markdown]
# Revoke in this order: first what makes credentials, then what was made. Deactivate keys, do not
# delete them yet: their ids are evidence. Sessions live on after their key is gone; revoke them at
# the role.

# %%
revoke = sessions.group_by("actor").agg(
    made_by=pl.col("how").fill_null("not in these logs").unique().sort().str.join(", "),
    credentials=pl.col("session_id").unique().sort().str.join(", "),
    accounts=pl.col("accounts").explode().unique().sort().str.join(", "),
    last_use=pl.col("last_use").max(),
)
revoke.sort("last_use", "actor")

# %% [markdown]
# ## What the logs cannot tell
#
# These belong into every report that rests on this page.

# %%
gaps = leads.filter(pl.col("event_ids").list.len() == 0)
gaps.select("what", "why")

# %% [markdown]
# ## The report
#
# With a folder in `out`, everything above that matters goes into one page, with the file, position
# and hash of each event cited.

# %%
case = tn.Case(trail, title="A compromised credential", about=f"{key} of {owner}")
case.lead(ours)
case.answer("What was done with it", together, chart=tn.charts.timeline(together))
case.answer("What to revoke", revoke.sort("last_use", "actor"))
case.answer("What was read", taken)
written = tn.report(case, f"{out}/report.html") if out else None
case
