# %% [markdown]
# # Console sign-ins and MFA
#
# Passwords leak more often than keys. **Who signed in, how, from where, with a second factor or
# without; who was guessed at; and what did the doubtful sessions do?**
#
# As delivered it reads the sample organization `acme`. Point `source` at your own logs and run all
# cells again.

# %% tags=["parameters"]
source = "../data-samples/acme"
since = None  # "2026-11-03", or "2026-11-03T02:00Z"; times are UTC
until = None
guesses = 5  # so many failures before a success are somebody guessing
out = None  # a folder: the report goes there

# %%
import warnings

import polars as pl

import trailnb as tn

_ = pl.Config(fmt_str_lengths=300, tbl_rows=20, tbl_hide_column_data_types=True)
warnings.simplefilter("ignore", tn.errors.ProblemWarning)  # the report lists what is damaged
trail = tn.open(source, since=since, until=until)
case = tn.Case(trail, title="Console sign-ins and MFA", about="Who signed in, and how?")
print(trail)

# %% [markdown]
# ## Every sign-in
#
# People and pipelines sign in in many ways: a password, an identity provider, a switch of roles.
# The console's password is the one that can be guessed.

# %%
signed = case.answer("Sign-ins", tn.sign_ins(trail))
by = signed.group_by("kind", "outcome").agg(
    sign_ins=pl.len(), actors=pl.col("actor").n_unique(), origins=pl.col("origin").n_unique(),
    without_mfa=(pl.col("is_mfa") == False).sum(),  # noqa: E712 - null is not told
)  # fmt: skip
by.sort("kind", "outcome")

# %%
tn.charts.sign_ins(signed)

# %% [markdown]
# ## Without a second factor
#
# Only sign-ins with a password tell whether MFA was used; behind an identity provider its own log
# does. Null means: not told.

# %%
console = signed.filter(pl.col("kind") == "console")
plain = console.filter(pl.col("outcome") == "success", ~pl.col("is_mfa"))
plain.select("time", "actor", "user_type", "origin", "failures_before", "account")

# %% [markdown]
# ## Guessed at
#
# Failures of one name from many addresses, or of many names from one address. A few failures before
# a success are a person; many are a machine.

# %%
failed = console.filter(pl.col("outcome") != "success")
at = failed.group_by("actor", "origin").agg(
    failures=pl.len(), first=pl.col("time").min(), last=pl.col("time").max(),
    reasons=pl.col("reason").drop_nulls().unique().sort().str.join(", "),
)  # fmt: skip
at.sort("failures", "actor", descending=[True, False])

# %%
guessed = console.filter(pl.col("outcome") == "success", pl.col("failures_before") >= guesses)
guessed.select("time", "actor", "failures_before", "is_mfa", "origin")

# %% [markdown]
# ## From where
#
# An address that no earlier sign-in came from is no proof of anything, and the first thing to ask
# its owner about.

# %%
good = console.filter(pl.col("outcome") == "success").sort("time")
places = good.group_by("actor", "origin", maintain_order=True).agg(
    first=pl.col("time").min(), sign_ins=pl.len(), mfa=pl.col("is_mfa").min()
)
places.with_columns(is_first_place=pl.col("first") == pl.col("first").min().over("actor"))

# %% [markdown]
# ## What the doubtful ones did
#
# Everything of whoever signed in without MFA or after guesses, from that moment on, also as another
# role.

# %%
doubtful = pl.concat([plain, guessed]).unique("event_id")
first = doubtful.group_by("actor").agg(began=pl.col("time").min())
warnings.simplefilter("ignore", tn.errors.NothingFoundWarning)
names = first["actor"].to_list() or ["nobody"]
story = tn.timeline(trail, actor=names).collect().join(first, on="actor", how="left")
since_then = pl.col("began").fill_null(pl.lit(first["began"].min(), first.schema["began"]))
after = story.filter(pl.col("time") >= since_then).drop("began")
chart = tn.charts.timeline(after, title="After the doubtful sign-ins")
after = case.answer("After the doubtful sign-ins", after, chart=chart)
chart

# %% [markdown]
# Did somebody put a second factor out of order, or make a password for another?

# %%
touched = [
    "iam:*MFADevice",
    "iam:*LoginProfile",
    "iam:ChangePassword",
    "iam:*AccountPasswordPolicy",
]
factors = tn.timeline(trail, action=touched).collect()
factors.select("time", "summary")

# %% [markdown]
# ## Findings

# %%
for row in plain.filter(pl.col("failures_before") > 0).iter_rows(named=True):
    title = f"{row['actor']} signed in without MFA after {row['failures_before']} failures"
    case.finding(title, events=row["event_id"], why=f"From {row['origin']}.", level="alert")
calm = plain.filter(pl.col("failures_before") == 0)
for row in calm.group_by("actor").agg("event_id", pl.col("origin").unique()).iter_rows(named=True):
    title = f"{row['actor']} signs in without MFA"
    case.finding(title, events=row["event_id"], why=f"From {row['origin']}.", level="warning")
for row in guessed.iter_rows(named=True):
    title = f"{row['actor']} signed in after {row['failures_before']} failures"
    case.finding(title, events=row["event_id"], why="A password may have been guessed.")

# %%
if not case.findings:
    print("Nothing here: every password sign-in that worked had a second factor.")
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
