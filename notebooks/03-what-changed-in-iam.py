# %% [markdown]
# # What changed in IAM?
#
# A log lists `PutRolePolicy`; you want to know what the role could do before, what it can do now,
# and who else got something from it. This notebook replays every call that touches permissions and
# tells **what they were, what they became, what that allows, what is still in place, and how far
# the one who did it came.**
#
# As delivered it reads the sample organization `acme`. Point `source` at your own logs and run all
# cells again.

# %% tags=["parameters"]
source = "../data-samples/acme"
since = None  # "2026-11-03", or "2026-11-03T02:00Z"; times are UTC
until = None
principal = None  # "alice", an ARN, "app-*": only changes to these; None: all
details = None  # a file of `aws iam get-account-authorization-details`, and
details_at = None  # when it was taken: it tells what was there before the first event
turn = None  # since when it went wrong; None: the first change that should not be
start = None  # whose work to follow: a key, ARN, address; None: who made that change
out = None  # a folder: the report goes there

# %%
import warnings
from datetime import UTC, datetime, timedelta

import polars as pl

import trailnb as tn

_ = pl.Config(fmt_str_lengths=300, tbl_rows=20, tbl_hide_column_data_types=True)
warnings.simplefilter("ignore", tn.errors.ProblemWarning)  # triage, below, lists what is damaged
trail = tn.open(source, since=since, until=until)
print(trail)

# %%
seed = tn.Seed.read(details, at=details_at) if details else None
changes = tn.iam_changes(trail, principal=principal, seed=seed).collect()
real = changes.filter(pl.col("change").is_in(["made", "changed", "removed"]))
print(f"{real.height} changes by {real['actor'].n_unique()} actors.")

# %% [markdown]
# ## Who changes permissions here
#
# A few people and pipelines do; they are the background. Look for a name that is not one of them.

# %%
by = real.group_by(actor=pl.col("root_actor").fill_null(pl.col("actor")))
people = by.agg(
    changes=pl.len(),
    marked=(pl.col("marks").list.len() > 0).sum(),
    actions=pl.col("action").unique().sort().str.join(", "),
    first=pl.col("time").min(),
    last=pl.col("time").max(),
)
people.sort("marked", "changes", "actor", descending=[True, True, False])

# %%
tn.charts.iam_changes(changes, title="Who gained, who lost, and what was refused")

# %% [markdown]
# ## What one should look at
#
# Marks are decided from the documents, never from an event's name. Nothing here is a verdict: an
# administrator's new colleague looks like an attacker's new user.

# %%
kinds = ["admin-equivalent", "public principal", "cross-account trust", "persistence"]
kinds += ["self-granted", "Deny removed", "condition dropped", "condition widened"]
marked = real.filter(pl.col("marks").list.set_intersection(kinds).list.len() > 0)
turn = datetime.fromisoformat(turn).replace(tzinfo=UTC) if turn else marked["time"].min()
grave = marked.filter(pl.col("time") >= turn) if turn else marked
print(f"{marked.height} changes stand out." if marked.height else "Nothing stands out here.")
marked.select("time", "actor", "action", "entity_name", "aspect", pl.col("marks").list.join(", "))

# %% [markdown]
# ## Before and after
#
# Statement by statement: minus is gone, plus is new, ? may have been there all along, since no
# event tells what was. `print(tn.iam_view(row))` gives the same as text, for a ticket.
#
# Nothing stands out? Then the notebook goes on with the ordinary changes, so that you see how they
# look.

# %%
grave = grave if grave.height else real
tn.iam_view(grave.head(20))

# %% [markdown]
# ## What cannot be read
#
# CloudTrail leaves out documents above 100 KB, and whitespace is enough to get there. Such a change
# is **unknown**, never "no change": fetch the policy from the account.

# %%
hidden = real.filter(pl.col("after").str.contains("^(omitted|unknown)"))
hidden.select("time", "actor", "action", "entity_name", "aspect", "after")

# %% [markdown]
# ## What was tried
#
# A denied attempt changed nothing and shows what was wanted.

# %%
tried = changes.filter(pl.col("change") == "attempted")
tried.select("time", "actor", "action", "entity_name", "aspect", "outcome", "origin")

# %% [markdown]
# ## What is still in place
#
# The net difference from the turning point to the end of these logs: what was changed and changed
# back is not in it. In an attack, this is the list of what to undo.

# %%
turn = turn or real["time"].min() or datetime(1970, 1, 1, tzinfo=UTC)
net = tn.iam_diff(trail, since=turn, seed=seed).collect()
left = net.filter(pl.col("after").is_not_null())
shown = pl.col("gained", "marks").list.join("; ")
left.select("account", "entity_kind", "entity_name", "aspect", shown)

# %% [markdown]
# What everyone may do now that they could not, all their policies and groups taken together:

# %%
tn.iam_view(left.filter(pl.col("aspect") == "permissions"))

# %% [markdown]
# ## What it allows
#
# Right after the first change that gave a user or role something: may it make users? By which
# statements, and what would one have to know to be sure?

# %%
is_holder = pl.col("entity_kind").is_in(["user", "role"]) & pl.col("entity_arn").is_not_null()
given = grave.filter(is_holder, pl.col("gained").list.len() > 0)
for row in given.head(1).iter_rows(named=True):
    state = tn.iam_state(trail, at=row["time"] + timedelta(seconds=1), seed=seed)
    name = row["entity_name"]
    print(f"May {name if name.isprintable() else ascii(name)} call iam:CreateUser?")
    print(state.explain(row["entity_arn"], "iam:CreateUser"))

# %% [markdown]
# ## How far it reached
#
# From the credential that made the first of these changes, hop by hop: what it issued, what it made
# that can act, and what these did, in every account. It may have been in the same hands before the
# turning point; set `turn` to look further back.

# %%
first = trail.events.filter(pl.col("event_id").is_in(grave["event_id"].head(1).implode()))
makers = first.select(pl.coalesce("access_key_id", "user_arn")).collect().to_series().drop_nulls()
start = start or next(iter(makers), "nobody")
radius = tn.blast_radius(trail, start=start, since=turn, seed=seed).collect()
acts = ["origin", "credential", "user", "password", "role", "trust"]
acts += ["provider", "workload", "opening"]
print(f"From {start}: {radius.filter(pl.col('kind').is_in(acts)).height} things that can act.")
acting = radius.filter(pl.col("kind").is_in(acts))
acting.select("hop", "kind", "value", "actor", "how", "reached_by", "first", "events", "origins")

# %% [markdown]
# What these changed, shared, hid and wrote:

# %%
done = radius.filter(pl.col("kind").is_in(["permission", "share", "evidence", "write"]))
done.select("first", "kind", "value", "how", "actor", pl.col("marks").list.join(", "))

# %% [markdown]
# What they read of data, and how many bytes left. Without data events nobody can tell.

# %%
read = radius.filter(pl.col("kind") == "data")
read.select("actor", "value", "how", "events", "bytes_out", "first", "last")

# %% [markdown]
# ## Findings
#
# In order of time; `event_ids` of each row names the events.

# %%
for row in grave.filter(pl.col("marks").list.len() > 0).iter_rows(named=True):
    line = f"{row['time']:%m-%d %H:%M}  {row['actor']}: {'; '.join(row['reasons'])}"
    print(line if line.isprintable() else ascii(line))  # names come from the log
if marked.is_empty():
    print("Nothing here: no change of permissions stands out.")
    print("That is no proof of innocence: look at what the logs cannot tell, below.")

# %% [markdown]
# Undo in this order: deactivate keys and passwords first, then take back what was granted, and last
# remove what was made; its ids are evidence.

# %%
is_key = pl.col("kind").is_in(["credential", "password"]) & pl.col("reached_by").is_not_null()
undo = acting.filter(is_key | pl.col("kind").is_in(acts[2:]))
undo.select("kind", "value", "account", "how", "last").sort("kind", "value")

# %% [markdown]
# ## What the logs cannot tell
#
# These belong into every report that rests on this page. From here, `01-compromised-credential`
# follows a key, and `02-what-did-this-address-do` an address.

# %%
open_ends = radius.drop_nulls("unknown").select("kind", "value", "unknown")
open_ends.unique(maintain_order=True)

# %%
gaps = tn.triage(trail).filter(pl.col("event_ids").list.len() == 0).collect()
gaps.select("what", "why")

# %% [markdown]
# ## The report
#
# With a folder in `out`, everything above that matters goes into one page, with the file, position
# and hash of each event cited.

# %%
case = tn.Case(
    trail, title="What changed in IAM?", about="What were permissions, and what did they become?"
)
for row in grave.filter(pl.col("marks").list.len() > 0).iter_rows(named=True):
    title = f"{row['actor']}: {row['action']} on {row['entity_name']}"
    level = "alert" if set(kinds) & set(row["marks"]) else "warning"
    case.finding(title, events=row["event_id"], why="; ".join(row["reasons"]), level=level)
case.answer("Before and after", grave.head(50), chart=tn.charts.iam_changes(changes))
case.answer("Still in place", left)
case.answer("How far it reached", acting)
written = tn.report(case, f"{out}/report.html") if out else None
case
