"""The target of an event: the resource acted on, its ARN where it can be known.

`tables/targets.csv` says where each action names its resource. What the table does not know is
looked for, in this order: a parameter named after the action's noun (DeleteVpc: vpcId), the
record's `resources`, the usual parameter names, and the ARN in the text of a refusal.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from trailnb.facts._text import partition, present
from trailnb.facts.actions import action, event_service
from trailnb.facts.tables import rows

_SLOTS = 3
_FIELDS = {
    "request": "request_parameters",
    "response": "response_elements",
    "extra": "additional_event_data",
    "service": "service_event_details",
    "resources": "resources",
}
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
# Stands between an ARN's start and the name for a moment; no name can hold it.
_JOIN = "\x1f"


def target() -> pl.Expr:
    """What was acted on: an ARN where it can be known, else its name or id; null when unnamed?

    Example:
        >>> from trailnb.facts.columns import base_schema
        >>> empty = pl.DataFrame(schema=base_schema()).clear(1)
        >>> empty.with_columns(
        ...     event_source=pl.lit("iam.amazonaws.com"),
        ...     event_name=pl.lit("CreateUser"),
        ...     recipient_account_id=pl.lit("111122223333"),
        ...     request_parameters=pl.lit('{"userName": "backup"}'),
        ... ).select(target()).item()
        'arn:aws:iam::111122223333:user/backup'
    """
    known: pl.Expr = pl.struct(
        action().alias("action"),
        event_service().alias("service"),
        _noun().alias("noun"),
        pl.coalesce(present("recipient_account_id"), present("user_account_id")).alias("account"),
        present("aws_region").fill_null("").alias("region"),
        partition().alias("partition"),
        _caller().alias("caller"),
        present("error_message").alias("refusal"),
        pl.lit(None, dtype=pl.String).alias("found"),
        *_FIELDS.values(),
    )
    # Each `with_fields` binds a value once: the same thing as one nested expression would
    # evaluate every JSON path again wherever its value is used (100,000 events: 27 s, not 0.5 s).
    for slot in range(_SLOTS):
        known = _find(known.struct.with_fields(*_places(slot)), _from_table())
    for place in (_by_noun(), _from_resources(), _usual(), *_refused()):
        known = _find(known, place)
    return known.struct.with_fields(_with_ec2_type().alias("target")).struct.field("target")


def _find(known: pl.Expr, place: pl.Expr) -> pl.Expr:
    """Look in one more place, for what is not found yet."""
    return known.struct.with_fields(pl.coalesce(pl.field("found"), place).alias("found"))


def _open(text: str) -> pl.Expr:
    """Give a text where the target is still to be found: JSON is not parsed in vain."""
    return pl.when(pl.field("found").is_null()).then(pl.field(text))


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


@cache
def _table() -> tuple[tuple[dict[str, str], dict[str, str], dict[str, str]], ...]:
    """Turn the table into lookups, one triple (field, path, ARN shape) per slot of an action."""
    slots: tuple[tuple[dict[str, str], dict[str, str], dict[str, str]], ...] = tuple(
        ({}, {}, {}) for _ in range(_SLOTS)
    )
    for row in rows("targets.csv"):
        for name in row["action"].split():
            fields, paths, shapes = next(slot for slot in slots if name not in slot[0])
            fields[name], shapes[name] = row["field"], row["arn"]
            # Polars compiles a path even where there is no text to match: it must be one.
            paths[name] = row["path"] or "$"
    return slots


def _places(slot: int) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Look up where this action names its target, and the ARN's shape."""
    fields, paths, shapes = _table()[slot]
    return (
        _lookup(fields).alias("field"),
        _lookup(paths).alias("path"),
        _lookup(shapes).alias("shape"),
    )


def _lookup(table: dict[str, str]) -> pl.Expr:
    """Look an action up, by its full name first and then by its service (`kms:*`)."""
    by_service = {name[:-2]: value for name, value in table.items() if name.endswith(":*")}
    exact = pl.field("action").replace_strict(table, default=None, return_dtype=pl.String)
    known = pl.field("action").is_in(list(_table()[0][0]))
    service = pl.field("service").replace_strict(by_service, default=None, return_dtype=pl.String)
    return pl.when(known).then(exact).otherwise(service)


def _from_table() -> pl.Expr:
    """Read the place that the table names for this action, and spell it as an ARN."""
    field = pl.field("field")
    text = pl.coalesce(
        *(pl.when(field == name).then(_open(column)) for name, column in _FIELDS.items())
    )
    account = pl.lit("account/") + pl.field("account")
    return pl.coalesce(
        pl.when(field == "caller").then(pl.coalesce(pl.field("caller"), account)),
        pl.when(field == "account").then(account),
        _as_arn(_plain(text.str.json_path_match(pl.field("path")))),
    )


def _as_arn(value: pl.Expr) -> pl.Expr:
    """Complete a name by its ARN shape, `iam::ACCOUNT:user/`; ARNs and URLs stay as they are."""
    place = (
        pl.field("shape")
        .str.replace("ACCOUNT", pl.field("account").fill_null(""), literal=True)
        .str.replace("REGION", pl.field("region"), literal=True)
    )
    start = (
        pl.when(pl.field("shape") != "")
        .then(pl.lit("arn:") + pl.field("partition") + pl.lit(":") + place)
        .otherwise(pl.lit(""))
    )
    both = start + pl.lit(_JOIN) + value
    return both.str.replace(rf"(?s)^.*{_JOIN}(arn:.*|https?://.*|\*)$", "${1}").str.replace(
        _JOIN, "", literal=True
    )


def _by_noun() -> pl.Expr:
    """Read the parameter named after the action's noun: vpcId of DeleteVpc."""
    noun = pl.field("noun")
    key = noun.str.slice(0, 1).str.to_lowercase() + noun.str.slice(1)
    path = pl.format("$['{}Arn','{}ARN','{}Id','{}Identifier','{}Name']", key, key, key, key, key)
    return _plain(_open("request_parameters").str.json_path_match(path))


def _from_resources() -> pl.Expr:
    """Read the first resource CloudTrail lists; its key is ARN, in some copies arn."""
    return _plain(_open("resources").str.json_path_match("$[0]['ARN','arn','ARNPrefix']"))


def _usual() -> pl.Expr:
    """Read the first of the usual parameter names."""
    return _plain(_open("request_parameters").str.json_path_match(_either(_USUAL)))


def _refused() -> tuple[pl.Expr, pl.Expr]:
    """Read the resource in the text of a refusal: an ARN, or IAM's "user alice"."""
    kind = _open("refusal").str.extract(_REFUSED_IN_IAM, 1).str.replace(" ", "-", literal=True)
    name = _open("refusal").str.extract(_REFUSED_IN_IAM, 2)
    in_iam = pl.format(
        "arn:{}:iam::{}:{}/{}", pl.field("partition"), pl.field("account"), kind, name
    )
    return _open("refusal").str.extract(_REFUSED_ON), in_iam


def _plain(value: pl.Expr) -> pl.Expr:
    """Keep a value that is one text; an object, a list, an empty or a hidden one names nothing."""
    text = value.str.extract(r"(?s)^([^\[{].*)$")
    return text.replace(["HIDDEN_DUE_TO_SECURITY_REASONS", "true", "false"], None)


def _either(names: tuple[str, ...]) -> str:
    return "$[" + ",".join(f"'{name}'" for name in names) + "]"


def _with_ec2_type() -> pl.Expr:
    """Spell a bare EC2 id as an ARN: its prefix tells the type."""
    value = pl.field("found")
    types = {row["prefix"]: row["type"] for row in rows("ec2_ids.csv")}
    prefix = value.str.extract(r"^([a-z]+(?:-[a-z]+)*)-(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{17})$")
    kind = prefix.replace_strict(types, default=None, return_dtype=pl.String)
    # Snapshots and images carry no account in their ARN.
    owner = (
        pl.when(kind.is_in(["snapshot", "image"])).then(pl.lit("")).otherwise(pl.field("account"))
    )
    arn = pl.format(
        "arn:{}:ec2:{}:{}:{}/{}", pl.field("partition"), pl.field("region"), owner, kind, value
    )
    return pl.coalesce(arn, value)
