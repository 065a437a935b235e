# %% [markdown]
# # Root and break-glass use
#
# The root user, and the roles kept for emergencies, should be used hardly ever, announced, and with
# MFA. **Was root used, from where, for what? Is there a root key? Who used the break-glass role?**
#
# As delivered it reads the sample organization `acme`. Point `source` at your own logs and run all
# cells again.

# %% tags=["parameters"]
source = "../data-samples/acme"
since = None  # "2026-11-03", or "2026-11-03T02:00Z"; times are UTC
until = None
break_glass = ["*break-glass*", "*breakglass*", "*emergency*", "OrganizationAccountAccessRole"]
out = None  # a folder: the report goes there

# %%
import warnings

import polars as pl

import trailnb as tn

_ = pl.Config(fmt_str_lengths=300, tbl_rows=20, tbl_hide_column_data_types=True)
warnings.simplefilter("ignore", tn.errors.ProblemWarning)  # the report lists what is damaged
warnings.simplefilter("ignore", tn.errors.NothingFoundWarning)  # nothing is a good answer here
trail = tn.open(source, since=since, until=until)
case = tn.Case(trail, title="Root and break-glass use", about="Who used what nobody should use?")
print(trail)

# %% [markdown]
# ## Root
#
# Failed sign-ins are here too, and `sts:AssumeRoot`, with which a management account becomes root
# of a member.

# %%
root = case.answer("Every use of root", tn.root_use(trail))
by = root.group_by("account", "origin").agg(
    events=pl.len(), changes=pl.col("access").is_in(["write", "permission", "tagging"]).sum(),
    without_mfa=(pl.col("is_mfa") == False).sum(),  # noqa: E712 - null is not told
    first=pl.col("time").min(), last=pl.col("time").max(),
)  # fmt: skip
by.sort("first")

# %%
root.select("time", "account", "action", "outcome", "target", "origin", "is_mfa", "is_assumed")

# %% [markdown]
# A root **access key** should not exist. One that signs requests is a finding, whatever it does.

# %%
keyed = root.filter(pl.col("key").str.starts_with("AKIA"))
keyed.group_by("account", "key").agg(pl.len().alias("events"), pl.col("origin").unique())

# %% [markdown]
# ## Break-glass roles
#
# Name yours in `break_glass`; patterns compare with the name of the role. Who took it, and what was
# done with it?

# %%
spelt = "|".join(name.replace("*", "[^/]*") for name in break_glass)
is_taken = pl.col("action").is_in(["sts:AssumeRole", "signin:SwitchRole"])
named = pl.col("target").str.contains(rf"(?i):role/(?:.*/)?(?:{spelt})$")
taken = tn.timeline(trail, collapse=False).filter(is_taken & named).collect()
taken.select("time", "actor", "target", "outcome", "origin", "account")

# %%
used = pl.col("actor").str.contains(rf"(?i)^role/(?:{spelt})(?:/|$)")
glass = tn.timeline(trail).filter(used).collect()
glass = case.answer("Done with break-glass roles", glass)
glass.select("time", "count", "summary")

# %% [markdown]
# ## Together
#
# When was either used? A planned use has a ticket; note its number with `case.note("…")`.

# %%
rare = tn.timeline(trail).filter(used | pl.col("actor").str.starts_with("root/")).collect()
tn.charts.timeline(rare, title="Root and break-glass roles")

# %% [markdown]
# ## Findings

# %%
changing = pl.col("access").is_in(["write", "permission", "tagging"])
done = root.filter(changing, pl.col("outcome") == "success")
done = done.group_by("account").agg("event_id", pl.col("action").unique())
for row in done.iter_rows(named=True):
    title = f"Root of {row['account']} changed something"
    case.finding(title, events=row["event_id"], why=", ".join(sorted(row["action"])))
for row in keyed.group_by("account").agg("event_id").iter_rows(named=True):
    case.finding(f"Root of {row['account']} has a key", events=row["event_id"])
signed = root.filter(pl.col("action") == "signin:ConsoleLogin", ~pl.col("is_mfa"))
for row in signed.iter_rows(named=True):
    title = f"Root of {row['account']} without MFA from {row['origin']}: {row['outcome']}"
    case.finding(title, events=row["event_id"])

# %%
is_told = pl.col("event_id").is_in(case.event_ids).fill_null(value=False)
rest = root.filter(~is_told)
for row in rest.group_by("account").agg("event_id").iter_rows(named=True):
    case.finding(f"Root of {row['account']} was used", events=row["event_id"], level="warning")
for row in glass.group_by("actor").agg(pl.col("event_ids").explode()).iter_rows(named=True):
    case.finding(f"{row['actor']} was used", events=row["event_ids"], level="warning")
if not case.findings:
    print("Nothing here: neither root nor a break-glass role was used.")
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
