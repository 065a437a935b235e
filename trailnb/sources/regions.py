"""Regions and their partitions, told from the region's name alone.

Patterns and global-service regions: partitions.json of botocore 1.43. Never assume `aws`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAIL = r"(?:central|(?:north|south)(?:east|west)?|east|west)-[0-9]{1,2}"

#: A region as AWS spells it, of any partition.
REGION = re.compile(
    rf"(?:(?:us|eu|ap|sa|ca|me|af|il|mx|cn)|us-gov|us-iso[bf]?|eu-isoe|eusc-de)-{_TAIL}"
)


@dataclass(frozen=True, slots=True)
class Partition:
    """One of AWS's separate clouds: its name, its regions, where its global services log."""

    name: str
    regions: re.Pattern[str]
    global_regions: tuple[str, ...]


_PARTITIONS = (
    # Narrow patterns first: `us-gov-west-1` must not be read as plain `us-…`.
    Partition("aws-us-gov", re.compile(r"us-gov-"), ("us-gov-west-1",)),
    Partition("aws-iso", re.compile(r"us-iso-"), ("us-iso-east-1",)),
    Partition("aws-iso-b", re.compile(r"us-isob-"), ("us-isob-east-1",)),
    Partition("aws-iso-e", re.compile(r"eu-isoe-"), ("eu-isoe-west-1",)),
    Partition("aws-iso-f", re.compile(r"us-isof-"), ("us-isof-south-1",)),
    Partition("aws-eusc", re.compile(r"eusc-"), ("eusc-de-east-1",)),
    # botocore names cn-northwest-1, yet IAM's events are reported from cn-north-1: keep both.
    Partition("aws-cn", re.compile(r"cn-"), ("cn-northwest-1", "cn-north-1")),
    Partition("aws", re.compile(r""), ("us-east-1",)),
)


def is_region(text: str) -> bool:
    """Whether the text is spelt as AWS spells regions.

    Example:
        >>> is_region("eu-isoe-west-1"), is_region("us_east_1")
        (True, False)
    """
    return REGION.fullmatch(text) is not None


def partition_of(region: str) -> str:
    """Which partition the region belongs to; unknown spellings count as `aws`.

    Example:
        >>> partition_of("us-gov-east-1"), partition_of("cn-north-1"), partition_of("eu-west-1")
        ('aws-us-gov', 'aws-cn', 'aws')
    """
    return _partition(region).name


def global_region(region: str) -> str:
    """Where IAM and other global services of this region's partition log.

    Example:
        >>> global_region("eu-west-1"), global_region("us-gov-east-1")
        ('us-east-1', 'us-gov-west-1')
    """
    return _partition(region).global_regions[0]


def global_regions(region: str) -> frozenset[str]:
    """Which regions may hold the partition's global-service events, uncertain ones included.

    A region filter keeps all of these, so that no IAM event is lost to a doubt about where it lies.

    Example:
        >>> sorted(global_regions("cn-northwest-1"))
        ['cn-north-1', 'cn-northwest-1']
    """
    return frozenset(_partition(region).global_regions)


def _partition(region: str) -> Partition:
    return next(known for known in _PARTITIONS if known.regions.match(region))
