"""What a planned trail shall be, checked against AWS's own rules before anybody is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from trailnb.errors import RequestError
from trailnb.sources.regions import is_region, partition_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Management: TypeAlias = Literal["all", "reads", "writes", "none"]
#: What the values of `new` become.
NEW = "new"
_RECORDS = ("all", "reads", "writes", "none")
_EXCLUDABLE = ("kms.amazonaws.com", "rdsdata.amazonaws.com")
_INSIGHTS = ("ApiCallRateInsight", "ApiErrorRateInsight")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_TRAIL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|[._-](?![._-]))*[A-Za-z0-9]")
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.))*[a-z0-9]")
_TAKEN = re.compile(
    r"(?:xn--|sthree-|amzn-s3-demo-).*|.*(?:-s3alias|--ols-s3|\.mrap|--x-s3|--table-s3)"
)
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:key/[A-Za-z0-9-]+")
_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}")
#: CloudWatch Logs API reference, PutRetentionPolicy.
_LOG_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922}
    | {3288, 3653}
)
_LONGEST_PREFIX, _MOST_LOCK_DAYS = 200, 36_500


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked of `tn.plan_trail`, its rules kept."""

    name: str
    bucket: str
    account: str
    region: str
    prefix: str = ""
    organization: str | None = None
    multi_region: bool = True
    validation: bool = True
    kms: str | None = NEW
    management_events: Management = "all"
    exclude: tuple[str, ...] = ()
    insights: tuple[str, ...] = ()
    retention_days: int | None = None
    lock_days: int | None = None
    access_logs: str | None = NEW
    sns: str | None = None
    cloudwatch: str | None = None
    cloudwatch_days: int = 365
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def partition(self) -> str:
        """Which of AWS's clouds it is in."""
        return partition_of(self.region)

    @property
    def trail_arn(self) -> str:
        """What the trail will be called everywhere."""
        return self.arn("cloudtrail", f"trail/{self.name}")

    @property
    def access_bucket(self) -> str | None:
        """Where it is logged who reads the logs."""
        return f"{self.bucket}-access" if self.access_logs == NEW else self.access_logs

    @property
    def topic_arn(self) -> str | None:
        """Where deliveries are announced."""
        if self.sns != NEW:
            return self.sns
        return self.arn("sns", f"{self.name.replace('.', '-')}-deliveries")

    @property
    def log_group(self) -> str | None:
        """Where alarms can watch."""
        return f"/aws/cloudtrail/{self.name}" if self.cloudwatch == NEW else self.cloudwatch

    @property
    def role(self) -> str:
        """By which CloudTrail writes to the log group; IAM takes 64 characters."""
        return f"CloudTrail-{self.region}-{self.name}"[:64]

    @property
    def alias(self) -> str:
        """How the new key is found again."""
        return f"alias/cloudtrail-{self.name.replace('.', '-')}"

    def arn(self, service: str, resource: str) -> str:
        """Name something of this account and region.

        Example:
            >>> Wishes("audit", "acme-trails", "111122223333", "eu-west-1").trail_arn
            'arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit'
        """
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def bucket_arn(self, bucket: str) -> str:
        """Name a bucket."""
        return f"arn:{self.partition}:s3:::{bucket}"


def checked(wishes: Wishes) -> Wishes:
    """Does AWS allow that?

    Raises:
        RequestError: it does not; the message has AWS's rule.

    Example:
        >>> checked(Wishes("audit", "acme-trails", "1111-2222-3333", "eu-west-1"))
        Traceback (most recent call last):
        ...
        trailnb.errors.RequestError: account='1111-2222-3333' is no account: twelve digits, as text.
    """
    _names(wishes)
    _recording(wishes)
    _keeping(wishes)
    _telling(wishes)
    return wishes


def _names(wishes: Wishes) -> None:
    name = wishes.name
    if not 3 <= len(name) <= 128 or not _TRAIL.fullmatch(name) or _ADDRESS.fullmatch(name):  # noqa: PLR2004
        raise RequestError(
            f"{name!r} is no name for a trail: 3 to 128 letters, digits, '.', '_' and '-', of "
            "which no two stand together, a letter or digit at both ends, and no address."
        )
    for bucket in filter(None, (wishes.bucket, wishes.access_bucket)):
        _bucket(bucket)
    if wishes.access_bucket == wishes.bucket:
        raise RequestError("a bucket that logs access to itself never ends: name another one.")
    if len(wishes.prefix) > _LONGEST_PREFIX or wishes.prefix.strip("/") != wishes.prefix:
        raise RequestError("prefix= has at most 200 characters, and no '/' at its ends.")
    if not re.fullmatch(r"\d{12}", wishes.account):
        raise RequestError(f"account={wishes.account!r} is no account: twelve digits, as text.")
    if not is_region(wishes.region):
        raise RequestError(f"{wishes.region!r} is no region. Write it as AWS does: eu-west-1.")
    if wishes.organization and not re.fullmatch(r"o-[a-z0-9]{10,32}", wishes.organization):
        raise RequestError(
            f"organization={wishes.organization!r} is none: o- and 10 to 32 small letters and "
            "digits. `aws organizations describe-organization` tells it."
        )


def _bucket(name: str) -> None:
    is_name = 3 <= len(name) <= 63 and _BUCKET.fullmatch(name)  # noqa: PLR2004
    if not is_name or _ADDRESS.fullmatch(name) or _TAKEN.fullmatch(name):
        raise RequestError(
            f"{name!r} is no name for a bucket: 3 to 63 small letters, digits, '.' and '-', a "
            "letter or digit at both ends, no '..', no address, no ending or beginning S3 keeps."
        )


def _recording(wishes: Wishes) -> None:
    if wishes.management_events not in _RECORDS:
        raise RequestError(f"management_events= is one of {', '.join(_RECORDS)}.")
    _among("exclude", wishes.exclude, _EXCLUDABLE)
    _among("insights", wishes.insights, _INSIGHTS)
    if wishes.exclude and wishes.management_events == "none":
        raise RequestError("exclude= leaves out management events, and none are recorded.")
    if "ApiCallRateInsight" in wishes.insights and wishes.management_events not in {
        "all",
        "writes",
    }:
        raise RequestError("ApiCallRateInsight counts writes: record all management events.")
    if wishes.insights and wishes.management_events == "none":
        raise RequestError("Insights count management events: record them, too.")


def _keeping(wishes: Wishes) -> None:
    if wishes.kms not in {None, NEW}:
        found = _KEY_ARN.fullmatch(str(wishes.kms))
        if not found:
            raise RequestError("kms= is 'new', None, or a key's ARN: arn:aws:kms:…:key/….")
        if found[1] != wishes.region:
            raise RequestError(
                f"the key is of {found[1]}; CloudTrail needs one of the bucket's region, "
                f"{wishes.region}."
            )
    for what, days in (("retention_days", wishes.retention_days), ("lock_days", wishes.lock_days)):
        if days is not None and not 1 <= days <= _MOST_LOCK_DAYS:
            raise RequestError(f"{what}={days} is none: from 1 to {_MOST_LOCK_DAYS:,}.")
    if wishes.retention_days and wishes.lock_days and wishes.retention_days < wishes.lock_days:
        raise RequestError("retention_days= is shorter than lock_days=: nothing locked is deleted.")


def _telling(wishes: Wishes) -> None:
    if wishes.sns not in {None, NEW} and not _TOPIC_ARN.fullmatch(str(wishes.sns)):
        raise RequestError(
            "sns= is 'new', None, or a topic's ARN: arn:aws:sns:…. FIFO ones do not do."
        )
    group = wishes.log_group
    if group is not None and not re.fullmatch(r"[A-Za-z0-9_/.#-]{1,512}", group):
        raise RequestError(f"cloudwatch={group!r} is no log group: letters, digits and _ / . # -.")
    if wishes.cloudwatch_days not in _LOG_DAYS:
        raise RequestError(
            f"cloudwatch_days={wishes.cloudwatch_days} is none that CloudWatch Logs has: "
            f"{', '.join(map(str, sorted(_LOG_DAYS)))}."
        )


def _among(what: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
    strange = [one for one in given if one not in known]
    if strange:
        raise RequestError(f"{what}={strange[0]!r} is none that AWS has: {', '.join(known)}.")
