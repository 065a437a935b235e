"""The target of an event: the resource acted on, its ARN where it can be known.

`tables/targets.csv` says where each action names its resource. What the table does not know is
looked for, in this order: a parameter named after the action's noun (DeleteVpc: vpcId), the
record's `resources`, the usual parameter names, and the ARN in the text of a refusal. A failed call
that names nothing, where the table still knows of which kind it was, is aimed at
`…:parameter/*`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts._text import partition, present
from trailnb.facts.actions import action, event_service
from trailnb.facts.tables import rows
from trailnb.facts.target_places import SLOTS, arn_start, place, plan

if TYPE_CHECKING:
    from trailnb.facts.steps import Steps

_FIELDS = {
    "request": "request_parameters",
    "response": "response_elements",
    "extra": "additional_event_data",
    "service": "service_event_details",
    "resources": "resources",
}
# fs-0123456789abcdef0, vpc-endpoint ids and the like: no EC2 id is longer.
_LONGEST_EC2_ID = 48
_VERB = (
    r"^(?:Accept|Activate|Add|Allocate|Apply|Associate|Attach|Authorize|Batch|Cancel|Change|Create|"
    r"Deactivate|Delete|Deregister|Detach|Disable|Disassociate|Enable|Execute|Get|Import|Invoke|"
    r"Modify|Publish|Put|Reboot|Register|Reject|Release|Remove|Replace|Reset|Restore|Resume|Revoke|"
    r"Rotate|Schedule|Send|Set|Start|Stop|Tag|Terminate|Untag|Update|Upload|Describe)"
)
# Tried in this order, by one pass over the JSON text.
_USUAL = (
    "resourceArn", "resourceARN", "arn", "functionName", "bucketName", "secretId", "keyId",
    "topicArn", "queueUrl", "queueName", "tableName", "streamName", "clusterName", "cluster",
    "userName", "roleName", "groupName", "policyArn", "instanceId", "volumeId", "snapshotId",
    "imageId", "groupId", "vpcId", "subnetId", "networkInterfaceId", "dBInstanceIdentifier",
    "dBClusterIdentifier", "logGroupName", "stackName", "loadBalancerArn", "loadBalancerName",
    "autoScalingGroupName", "domainName", "repositoryName", "projectName", "jobName", "identityId",
    "detectorId", "hostedZoneId", "restApiId", "apiId", "fileSystemId", "identityStoreId",
    "instanceArn", "documentName", "resourceId", "resource", "accountId", "targetId", "modelId",
    "namespace", "name", "id",
)  # fmt: skip
# The text of a refusal names what was refused: "… on resource: arn:aws:iam::…:user/alice with …".
_REFUSED_ON = r"on resource: (arn:[^\s,\"]+)"
_REFUSED_IN_IAM = r"on resource: (user|role|group|policy|instance profile) ([\w+=,.@-]+)"


def acted_on() -> Steps:
    """What was acted on, and how many: the steps to `target` and `target_count`?

    The target is an ARN where it can be known, else a name or an id; null when the record names
    nothing. It is the first of the resources that the call named, and the count tells how many
    those were: 0 when none.

    Example:
        >>> from trailnb.facts.steps import taken
        >>> from trailnb.facts.columns import base_schema
        >>> called = (
        ...     pl.DataFrame(schema=base_schema())
        ...     .clear(1)
        ...     .with_columns(
        ...         event_source=pl.lit("iam.amazonaws.com"),
        ...         event_name=pl.lit("CreateUser"),
        ...         recipient_account_id=pl.lit("111122223333"),
        ...         request_parameters=pl.lit('{"userName": "backup"}'),
        ...     )
        ... )
        >>> taken(called, acted_on()).select("target", "target_count").row(0)
        ('arn:aws:iam::111122223333:user/backup', 1)
    """
    known = (
        plan(action(), event_service()).alias("__plan"),
        _noun().alias("__noun"),
        pl.coalesce(present("recipient_account_id"), present("user_account_id")).alias("__account"),
        present("aws_region").fill_null("").alias("__region"),
        partition().alias("__partition"),
        _caller().alias("__caller"),
        present("error_code").is_not_null().alias("__is_refused"),
        present("error_message").alias("__refusal"),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("__found", "__list")),
        pl.lit(None, dtype=pl.UInt32).alias("__shape"),
    )
    elsewhere = (_from_resources(), _usual(), *_refused())
    return (
        known,
        *(step for slot in range(SLOTS) for step in _from_table(slot)),
        *_by_noun(),
        *((pl.coalesce(pl.col("__found"), spot).alias("__found"),) for spot in elsewhere),
        (arn_start(_shape()).alias("__start"),),
        (_spelt().alias("__spelt"),),
        (_with_ec2_type().alias("target"), _count().alias("target_count")),
    )


def _open(text: str) -> pl.Expr:
    """Give a text where the target is still to be found: JSON is not parsed in vain."""
    return pl.when(pl.col("__found").is_null()).then(pl.col(text))


def _caller() -> pl.Expr:
    """Spell the caller's ARN; a failed sign-in carries only the user's name."""
    named = pl.when(present("user_name") != "HIDDEN_DUE_TO_SECURITY_REASONS").then("user_name")
    user = pl.when(pl.col("user_type") == "IAMUser").then(named)
    owner = pl.coalesce(present("user_account_id"), present("recipient_account_id"))
    return pl.coalesce(
        present("user_arn"), pl.format("arn:{}:iam::{}:user/{}", partition(), owner, user)
    )


def _noun() -> pl.Expr:
    """Drop the verb of the event's name: Vpc of DeleteVpc."""
    # The name comes from the log: only letters and digits may enter a JSON path.
    return present("event_name").str.replace(_VERB, "").str.extract(r"^([A-Z][A-Za-z]{1,60})")


def _from_table(slot: int) -> Steps:
    """Read the place that the table names for this action in this slot."""
    field, value, array = pl.col("__field"), pl.col("__value"), pl.col("__array")
    text = pl.coalesce(*(pl.when(field == name).then(_open(col)) for name, col in _FIELDS.items()))
    found = _plain(pl.col("__text").str.json_path_match(place(slot, "path")))
    is_new = value.is_not_null()
    items = pl.when(is_new & array.is_not_null()).then(pl.col("__text"))
    shape = pl.when(is_new).then(place(slot, "shape")).otherwise(pl.col("__shape"))
    account = pl.lit("account/") + pl.col("__account")
    named = pl.coalesce(
        pl.col("__found"),
        pl.when(field == "caller").then(pl.coalesce(pl.col("__caller"), account)),
        pl.when(field == "account").then(account),
        value,
    )
    listed = pl.coalesce(pl.col("__list"), items.str.json_path_match(array.fill_null("$")))
    return (
        (place(slot, "field").alias("__field"),),
        (text.alias("__text"), place(slot, "array").alias("__array")),
        (found.alias("__value"),),
        (named.alias("__found"), shape.alias("__shape"), listed.alias("__list")),
    )


def _by_noun() -> Steps:
    """Read the parameter named after the action's noun: vpcId of DeleteVpc."""
    noun, key, request = pl.col("__noun"), pl.col("__key"), _open("request_parameters")
    spelt = noun.str.slice(0, 1).str.to_lowercase() + noun.str.slice(1)
    path = pl.format("$['{}Arn','{}ARN','{}Id','{}Identifier','{}Name']", key, key, key, key, key)
    # A path of its own for each row is dear: only where the text has a key that begins like it.
    is_there = request.str.contains(pl.lit('"') + key, literal=True)
    found = _plain(pl.when(key.is_not_null()).then(request).str.json_path_match(path))
    return (
        (pl.when(request.str.len_bytes() > len("null")).then(spelt).alias("__key"),),
        (pl.when(is_there).then(key).alias("__key"),),
        (pl.coalesce(pl.col("__found"), found).alias("__found"),),
    )


def _from_resources() -> pl.Expr:
    """Read the first resource CloudTrail lists; its key is ARN, in some copies arn."""
    return _plain(_open("resources").str.json_path_match("$[0]['ARN','arn','ARNPrefix']"))


def _usual() -> pl.Expr:
    """Read the first of the usual parameter names."""
    request = _open("request_parameters")
    named = pl.when(request.str.contains(f'"(?:{"|".join(_USUAL)})"')).then(request)
    return _plain(named.str.json_path_match(_either(_USUAL)))


def _refused() -> tuple[pl.Expr, pl.Expr]:
    """Read the resource in the text of a refusal: an ARN, or IAM's "user alice"."""
    kind = _open("__refusal").str.extract(_REFUSED_IN_IAM, 1).str.replace(" ", "-", literal=True)
    name = _open("__refusal").str.extract(_REFUSED_IN_IAM, 2)
    in_iam = pl.format(
        "arn:{}:iam::{}:{}/{}", pl.col("__partition"), pl.col("__account"), kind, name
    )
    return _open("__refusal").str.extract(_REFUSED_ON), in_iam


def _plain(value: pl.Expr) -> pl.Expr:
    """Keep a value that is one text; an object, a list, an empty or a hidden one names nothing."""
    # One chain: a value used twice would be read from its JSON twice.
    text = value.str.extract(r"(?s)^([^\[{].*)$")
    return text.replace(["HIDDEN_DUE_TO_SECURITY_REASONS", "true", "false"], None)


def _either(names: tuple[str, ...]) -> str:
    return "$[" + ",".join(f"'{name}'" for name in names) + "]"


def _shape() -> pl.Expr:
    """Which ARN shape: the one of the place that named it, or what a failed call was aimed at."""
    request = pl.col("request_parameters")
    is_silent = request.is_null() | request.is_in(["null", "{}", '""'])
    aimed_at = pl.when(pl.col("__found").is_null() & pl.col("__is_refused") & is_silent)
    return pl.coalesce(pl.col("__shape"), aimed_at.then(place(None, "shape")))


def _spelt() -> pl.Expr:
    """Complete a name by its ARN shape; ARNs and URLs stay as they are."""
    found, start = pl.col("__found"), pl.col("__start")
    is_whole = found.str.contains(r"^(?:arn:|https?://|\*$)")
    # Parameter /db/password has the ARN …:parameter/db/password.
    is_path = start.str.ends_with("/") & found.str.starts_with("/")
    return (
        pl.when(found.is_null())
        .then(start + pl.lit("*"))
        .when(start.is_null() | is_whole)
        .then(found)
        .when(is_path)
        .then(start + found.str.slice(1))
        .otherwise(start + found)
    )


def _with_ec2_type() -> pl.Expr:
    """Spell a bare EC2 id as an ARN: its prefix tells the type."""
    spelt = pl.col("__spelt")
    value = pl.when(spelt.str.len_bytes() <= _LONGEST_EC2_ID).then(spelt)
    types = {row["prefix"]: row["type"] for row in rows("ec2_ids.csv")}
    prefix = value.str.extract(r"^([a-z]+(?:-[a-z]+)*)-(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{17})$")
    kind = prefix.replace_strict(types, default=None, return_dtype=pl.String)
    # Snapshots and images carry no account in their ARN.
    owner = (
        pl.when(kind.is_in(["snapshot", "image"])).then(pl.lit("")).otherwise(pl.col("__account"))
    )
    arn = pl.format(
        "arn:{}:ec2:{}:{}:{}/{}", pl.col("__partition"), pl.col("__region"), owner, kind, value
    )
    return pl.coalesce(arn, spelt)


def _count() -> pl.Expr:
    """Count the list the target was the first of; one target is one, a mere kind is none."""
    many = pl.col("__list").map_batches(_lengths, return_dtype=pl.UInt32(), is_elementwise=True)
    one = pl.col("__found").is_not_null().cast(pl.UInt32)
    return pl.max_horizontal(many, one)


def _lengths(lists: pl.Series) -> pl.Series:
    """Count the elements of JSON lists, each distinct text once; anything else counts as null."""
    distinct = lists.drop_nulls().unique()
    lengths = pl.Series([_length(text) for text in distinct], dtype=pl.UInt32)
    return lists.replace_strict(distinct, lengths, default=None, return_dtype=pl.UInt32())


def _length(text: str) -> int | None:
    elements = json.loads(text) if text.startswith("[") else None
    return len(elements) if isinstance(elements, list) else None
