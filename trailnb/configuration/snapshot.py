"""What AWS said of an account's trails, as plain frozen data that checks can be tested on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Unknown:
    """What AWS did not tell: why, and which permission was needed.

    Example:
        >>> str(Unknown("s3:GetBucketPolicy"))
        'unknown: needs s3:GetBucketPolicy (access denied)'
    """

    needs: str
    why: str = "access denied"

    def __str__(self) -> str:
        """Say it in a few words."""
        return f"unknown: needs {self.needs} ({self.why})"


#: AWS's own answer, empty where nothing is set; or that it may not be asked.
Answer: TypeAlias = Mapping[str, Any] | Unknown


def told(answer: Answer) -> Mapping[str, Any]:
    """What did AWS tell: nothing, where it may not be asked?

    Example:
        >>> dict(told(Unknown("s3:GetBucketPolicy")))
        {}
    """
    return {} if isinstance(answer, Unknown) else answer


@dataclass(frozen=True, slots=True)
class BucketState:
    """A bucket that a trail delivers to. `is_missing`: there is no bucket of this name."""

    name: str
    policy: Answer = field(default_factory=dict)
    policy_status: Answer = field(default_factory=dict)
    public_access_block: Answer = field(default_factory=dict)
    acl: Answer = field(default_factory=dict)
    ownership: Answer = field(default_factory=dict)
    encryption: Answer = field(default_factory=dict)
    versioning: Answer = field(default_factory=dict)
    object_lock: Answer = field(default_factory=dict)
    lifecycle: Answer = field(default_factory=dict)
    logging: Answer = field(default_factory=dict)
    location: Answer = field(default_factory=dict)
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class KeyState:
    """A KMS key: DescribeKey's metadata, its rotation, its policy."""

    described: Answer = field(default_factory=dict)
    rotation: Answer = field(default_factory=dict)
    policy: Answer = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrailState:
    """One trail: what DescribeTrails says, and what else was asked about it.

    `key`, `topic` and `log_group` are None where the trail has none.
    """

    described: Mapping[str, Any]
    status: Answer = field(default_factory=dict)
    selectors: Answer = field(default_factory=dict)
    insights: Answer = field(default_factory=dict)
    bucket: BucketState = field(default=BucketState(""))
    key: KeyState | None = None
    topic: Answer | None = None
    log_group: Answer | None = None

    @property
    def name(self) -> str:
        """The trail's name, as somebody chose it."""
        return str(self.described.get("Name") or "")

    @property
    def arn(self) -> str:
        """What tells it from every other trail."""
        return str(self.described.get("TrailARN") or "")

    @property
    def home(self) -> str:
        """The region it was made in."""
        return str(self.described.get("HomeRegion") or "")

    @property
    def account(self) -> str:
        """Whose trail it is: of an organization's, the management account's."""
        return self.arn.split(":")[4] if self.arn.count(":") >= 5 else ""  # noqa: PLR2004

    @property
    def uri(self) -> str:
        """Where it delivers.

        Example:
            >>> TrailState({"S3BucketName": "acme-trails", "S3KeyPrefix": "audit"}).uri
            's3://acme-trails/audit/'
        """
        prefix = str(self.described.get("S3KeyPrefix") or "").strip("/")
        bucket = str(self.described.get("S3BucketName") or "")
        return f"s3://{bucket}/{prefix}/" if prefix else f"s3://{bucket}/"

    def has(self, setting: str) -> bool:
        """Whether a setting of DescribeTrails is on."""
        return self.described.get(setting) is True


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One account's trails at one moment.

    `regions` are those that were asked; `unasked` pairs regions that refused with the reason.
    `organization` is empty where the account is in none. `knows_all_regions` is false where only
    some regions were asked.
    """

    account: str
    asked_at: datetime
    regions: tuple[str, ...]
    trails: tuple[TrailState, ...] = ()
    organization: Answer = field(default_factory=dict)
    unasked: tuple[tuple[str, Unknown], ...] = ()
    knows_all_regions: bool | Unknown = True
