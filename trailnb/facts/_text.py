"""Small words the derived columns are spelled with: present text, services, partitions."""

from __future__ import annotations

import polars as pl


def present(column: str) -> pl.Expr:
    """Which text does the column hold, an empty one counting as absent?

    Example:
        >>> pl.DataFrame({"user_name": ["alice", "", None]}).select(
        ...     present("user_name")
        ... ).to_series().to_list()
        ['alice', None, None]
    """
    return pl.when(pl.col(column) != "").then(pl.col(column))


def service(column: str) -> pl.Expr:
    """Which service is it, without the DNS suffix: `delivery.logs` of delivery.logs.amazonaws.com?

    Example:
        >>> pl.DataFrame({"invoked_by": ["delivery.logs.amazonaws.com", "AWS Internal"]}).select(
        ...     service("invoked_by")
        ... ).to_series().to_list()
        ['delivery.logs', 'AWS Internal']
    """
    return present(column).str.replace(
        r"\.(amazonaws\.com(\.cn)?|amazonaws\.eu|aws\.internal)$", ""
    )


def partition() -> pl.Expr:
    """Which partition does the event belong to: aws, aws-cn, aws-us-gov …?

    The caller's ARN says it; without one the region does (CloudTrail keeps regions and ARNs of
    one partition together).

    Example:
        >>> pl.DataFrame({"user_arn": [None], "aws_region": ["cn-north-1"]}).select(
        ...     partition()
        ... ).item()
        'aws-cn'
    """
    region = pl.col("aws_region")
    return pl.coalesce(
        pl.col("user_arn").cast(pl.String).str.extract(r"^arn:(aws[a-z-]*):"),
        pl.when(region.str.starts_with("cn-"))
        .then(pl.lit("aws-cn"))
        .when(region.str.starts_with("us-gov-"))
        .then(pl.lit("aws-us-gov"))
        .when(region.str.starts_with("eusc-"))
        .then(pl.lit("aws-eusc"))
        .otherwise(pl.lit("aws")),
    )
