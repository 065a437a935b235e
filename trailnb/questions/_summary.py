"""One plain sentence per row of a timeline: who did what to what, from where, how it ended."""

from __future__ import annotations

import re

import polars as pl

#: Verbs that API names begin with. Any other name is quoted as it is: "called x:Name".
_VERBS = frozenset(
    re.findall(
        r"\w+",
        """
Accept Activate Add Allocate Apply Archive Assign Associate Assume Attach Authorize Cancel Change
Check Clear Clone Close Complete Confirm Connect Copy Create Deactivate Decode Decrypt Delete
Deregister Describe Detach Detect Disable Disassociate Disconnect Discover Download Enable Encrypt
Estimate Evaluate Execute Export Extend Filter Generate Grant Import Increase Initiate Install
Invoke Issue Launch Link List Lock Merge Modify Monitor Move Notify Open Pause Poll Post Preview
Promote Provision Publish Purchase Purge Push Query Reboot Receive Record Refresh Register Reject
Release Remove Rename Renew Replace Request Resize Resolve Restore Resume Resync Retire Retrieve
Revoke Rotate Schedule Search Select Share Sign Simulate Start Subscribe Suspend Switch Terminate
Test Unassign Unlink Unlock Unsubscribe Update Upgrade Upload Validate Verify View
""",
    )
)
_IRREGULAR = {
    "Begin": "began", "Get": "read", "Head": "checked", "Lookup": "looked up", "Put": "put",
    "Read": "read", "Reset": "reset", "Run": "ran", "Scan": "scanned", "Send": "sent",
    "Set": "set", "Stop": "stopped", "Submit": "submitted", "Tag": "tagged",
    "Transfer": "transferred", "Untag": "untagged", "Write": "wrote",
}  # fmt: skip
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_ENDINGS = {"success": "allowed", "not_found": "not found", "dry_run": "dry run"}
_MINUTES_FROM_SECONDS = 120
_UNDONE = "detached|deleted|removed|disassociated"


def summary() -> pl.Expr:
    """What happened, in one sentence?

    Takes the columns of `_collapse.collapsed`.

    Example:
        >>> from datetime import UTC, datetime
        >>> row = {"root_actor": "alice", "actor": "role/admin/a", "as_role": "admin", "count": 1}
        >>> row |= {"origin": "203.0.113.7", "action": "iam:AttachUserPolicy", "target_count": 1}
        >>> row |= {"target": "arn:aws:iam::111122223333:user/bob", "outcome": "success"}
        >>> row |= {"detail": "AdministratorAccess", "access": "permission"}
        >>> row |= dict.fromkeys(("time", "until"), datetime(2026, 11, 2, tzinfo=UTC))
        >>> pl.DataFrame([row]).select(summary()).item()
        'alice, as role/admin from 203.0.113.7, attached AdministratorAccess to user/bob: allowed'
    """
    ending = pl.col("outcome").replace(_ENDINGS)
    told = pl.concat_str(_who(), _did(), _times(), separator=" ", ignore_nulls=True)
    return pl.concat_str(told, pl.lit(": "), ending)


def _who() -> pl.Expr:
    """Name who began it, the role where there is one, and the origin."""
    acted = pl.col("actor").str.replace("^(role/[^/]+)/.*$", "${1}")
    # Identity Center names a role after the permission set and sixteen digits of its own.
    permission_set = pl.col("as_role").str.extract("^AWSReservedSSO_(.+)_[0-9a-f]{16}$")
    role = pl.coalesce(permission_set, pl.lit("role/") + pl.col("as_role"))
    is_role = pl.col("actor").str.starts_with("role/")
    mask = (
        pl.when(pl.col("root_actor") != pl.col("actor")).then(acted).when(is_role.not_()).then(role)
    )
    root, origin = pl.col("root_actor"), pl.lit("from ") + pl.col("origin")
    as_who = pl.concat_str(pl.lit("as ") + mask, origin, separator=" ", ignore_nulls=True)
    plainly = pl.concat_str(root, origin, separator=" ", ignore_nulls=True)
    masked = pl.concat_str(root, pl.lit(", "), as_who, pl.lit(","))
    return pl.when(mask.is_null()).then(plainly).otherwise(masked)


def _did() -> pl.Expr:
    """Tell the action as a verb, and what it was done to."""
    said = pl.col("action").map_batches(_phrases, return_dtype=_PHRASE, is_elementwise=True)
    verb, noun, rest, kind, link = (said.struct.field(field) for field in _FIELDS)
    more = pl.lit(" and ") + (pl.col("target_count") - 1).cast(pl.String) + pl.lit(" more")
    resource = pl.col("target").str.replace(r"^arn:[^:]*:[^:]*:[^:]*:[^:]*:", "")
    target = pl.concat_str(
        resource,
        pl.when(pl.col("target_count") > 1, pl.col("count") == 1).then(more),
        ignore_nulls=True,
    )
    # A refusal may name "*": that says nothing.
    target = pl.when(resource != "*").then(target)
    has_detail = pl.col("detail").is_not_null()
    says_kind = target.str.starts_with(kind + "/") | target.str.starts_with(kind + ":")
    whole = noun.str.replace_all(" ", "-", literal=True)
    says_it_all = target.str.starts_with(whole + "/") | target.str.starts_with(whole + ":")
    joint = pl.when(verb.str.contains(_UNDONE)).then(pl.lit("from")).otherwise(pl.lit("to"))

    def phrase(*words: pl.Expr) -> pl.Expr:
        return pl.concat_str(verb, *words, separator=" ", ignore_nulls=True)

    return (
        pl.when(pl.col("access") == "permission", kind == "policy", says_kind.not_(), has_detail)
        .then(phrase(pl.col("detail"), joint, target))
        .when(target.is_null())
        .then(phrase(noun))
        .when(says_it_all)
        .then(phrase(target))
        .when(says_kind)
        .then(phrase(rest, target))
        .otherwise(phrase(noun, link, target))
    )


def _times() -> pl.Expr:
    """Say how often, and over how long, when it was more than once."""
    seconds = (pl.col("until") - pl.col("time")).dt.total_seconds()
    minutes = (seconds / 60).round().cast(pl.Int64)
    length = (
        pl.when(seconds < _MINUTES_FROM_SECONDS)
        .then(  # two minutes read better as minutes
            pl.format("{} s", seconds)
        )
        .otherwise(pl.format("{} min", minutes))
    )
    often = pl.format("{} times", "count")
    return (
        pl.when((pl.col("count") > 1) & (seconds > 0))
        .then(pl.concat_str(often, pl.lit(" within "), length))
        .when(pl.col("count") > 1)
        .then(often)
    )


_FIELDS = ("verb", "noun", "rest", "kind", "link")
_PHRASE = pl.Struct(dict.fromkeys(_FIELDS, pl.String()))


def _phrases(actions: pl.Series) -> pl.Series:
    """Read each distinct action once."""
    distinct = actions.unique().drop_nulls()
    phrases = pl.Series([phrase(action) for action in distinct], dtype=_PHRASE)
    places = pl.DataFrame({"action": distinct, "phrase": phrases})
    found = (
        actions.alias("action")
        .to_frame()
        .join(places, on="action", how="left", maintain_order="left")
    )
    return found["phrase"]


def phrase(action: str) -> dict[str, str | None]:
    """How does the action read: verb, noun, the noun without its last word, and the link after it?

    Example:
        >>> phrase("iam:CreateAccessKey")
        {'verb': 'created', 'noun': 'access key', 'rest': 'access', 'kind': 'key', 'link': 'on'}
        >>> phrase("cloudtrail:ApiCallRateInsight")["verb"]
        'called cloudtrail:ApiCallRateInsight'
    """
    words: list[str] = _WORDS.findall(action.rpartition(":")[2])
    words = words[1:] if words[:1] == ["Batch"] else words
    if words[-1:] == ["Login"]:
        return _phrase("signed in", [], "as")
    verb = _past(words[0]) if words and "*" not in action else None
    if verb is None:
        return _phrase(f"called {action}", [], "on")
    nouns = [word if word.isupper() else word.lower() for word in words[1:]]
    return _phrase(verb, nouns, "on" if nouns else None)


def _phrase(verb: str, nouns: list[str], link: str | None) -> dict[str, str | None]:
    noun, rest = " ".join(nouns) or None, " ".join(nouns[:-1]) or None
    return {
        "verb": verb,
        "noun": noun,
        "rest": rest,
        "kind": nouns[-1] if nouns else None,
        "link": link,
    }


def _past(verb: str) -> str | None:
    if verb not in _VERBS:
        return _IRREGULAR.get(verb)
    said = verb.lower()
    if said.endswith("e"):
        return said + "d"
    return said[:-1] + "ied" if re.search("[^aeiou]y$", said) else said + "ed"
