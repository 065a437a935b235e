"""`tn.plan_trail(…)`: a new trail with all that it needs, to be reviewed, then applied or not."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trailnb._plain import plain
from trailnb.configuration import applying, policy_texts, reviewing
from trailnb.configuration.calls import Call, calls_of
from trailnb.configuration.selecting import selectors_of
from trailnb.configuration.template import template_of
from trailnb.configuration.wishes import NEW, Management, Wishes, checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import polars as pl

    from trailnb.configuration.selecting import DataEvents, NetworkEvents
    from trailnb.configuration.selectors import Selector


def plan_trail(
    name: str,
    *,
    bucket: str,
    account: str,
    region: str = "us-east-1",
    prefix: str = "",
    organization: str | None = None,
    multi_region: bool = True,
    validation: bool = True,
    kms: str | None = NEW,
    management_events: Management = "all",
    exclude: str | Iterable[str] = (),
    data_events: DataEvents = (),
    network_events: NetworkEvents = (),
    insights: str | Iterable[str] = (),
    retention_days: int | None = None,
    lock_days: int | None = 90,
    access_logs: str | None = NEW,
    sns: str | None = None,
    cloudwatch: str | None = None,
    cloudwatch_days: int = 365,
    tags: Mapping[str, str] | None = None,
) -> Plan:
    """What does a well-kept trail need: bucket, policies, key, selectors, and in which order?

    Asks nobody and changes nothing: read the plan, then `plan.apply(dry_run=False)`, or hand on
    `plan.to_cloudformation()`.

    Args:
        name: the trail's name.
        bucket: where log files go. It is made if there is none.
        account: whose trail it is, twelve digits as text; the management account's for an
            organization.
        region: the trail's home, and that of bucket, key, topic and log group.
        prefix: what keys in the bucket begin with.
        organization: the organization's id, `o-…`: record all its accounts. None records one.
        multi_region: record every region, new ones as they come.
        validation: let CloudTrail sign digests, for `tn.verify`.
        kms: "new" makes a key, an ARN names one whose policy lets CloudTrail in already, None
            leaves the encryption to S3.
        management_events: which of them: all, reads, writes, none.
        exclude: whose management events are left out: kms.amazonaws.com, rdsdata.amazonaws.com.
        data_events: resource types, such as AWS::S3::Object; or a mapping of these to the
            beginnings of ARNs; or advanced event selectors as AWS has them. They are charged.
        network_events: event sources, such as kms.amazonaws.com; or selectors. They are charged.
        insights: ApiCallRateInsight, ApiErrorRateInsight. They are charged.
        retention_days: delete log files after so many days; None keeps them.
        lock_days: hold each log file by Object Lock (governance) for so long; None does not.
        access_logs: where it is logged who reads the logs: "new" makes the bucket NAME-access, a
            name is a bucket that is ready for it, None logs nothing.
        sns: "new" makes a topic that announces deliveries, an ARN names one that is ready, None
            announces nothing.
        cloudwatch: "new" makes a log group /aws/cloudtrail/NAME for alarms, a name makes another,
            None sends nothing there.
        cloudwatch_days: how long the log group keeps events.
        tags: of the trail and its key.

    Returns:
        A `Plan`, frozen: print it, ask its `calls()`, its `findings()`, its template.

    Raises:
        RequestError: AWS does not allow that; the message has its rule.

    Example:
        >>> import trailnb as tn
        >>> plan = tn.plan_trail("audit", bucket="acme-trails", account="111122223333")
        >>> plan
        Plan of the trail audit in 111122223333, us-east-1: 17 calls, nothing is called yet
        >>> print(plan.calls()[-1].operation)
        start_logging
    """
    wishes = checked(
        Wishes(
            name=name,
            bucket=bucket,
            account=account,
            region=region,
            prefix=prefix,
            organization=organization,
            multi_region=multi_region,
            validation=validation,
            kms=kms,
            management_events=management_events,
            exclude=_named(exclude),
            insights=_named(insights),
            retention_days=retention_days,
            lock_days=lock_days,
            access_logs=access_logs,
            sns=sns,
            cloudwatch=cloudwatch,
            cloudwatch_days=cloudwatch_days,
            tags=dict(tags or {}),
        )
    )
    return Plan(wishes, selectors_of(wishes, data_events, network_events))


def _named(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


@dataclass(frozen=True)
class Plan:
    """A trail that is not there yet, and all that it needs.

    `wishes` are what was asked for; `selectors` the advanced event selectors.
    """

    wishes: Wishes = field(repr=False)
    selectors: tuple[Selector, ...] = field(repr=False)

    def calls(self) -> tuple[Call, ...]:
        """Which calls of boto3 make it, in order? Each has service, operation, arguments, why.

        Example:
            >>> import trailnb as tn
            >>> plan = tn.plan_trail(
            ...     "audit", bucket="acme-trails", account="111122223333", kms=None
            ... )
            >>> str(plan.calls()[0])
            's3.create_bucket'
        """
        return calls_of(self.wishes, self.selectors)

    def policies(self) -> dict[str, dict[str, Any]]:
        """Which policies does it give, by what they are of?

        Example:
            >>> import trailnb as tn
            >>> plan = tn.plan_trail("audit", bucket="acme-trails", account="111122223333")
            >>> list(plan.policies())
            ['bucket', 'access bucket', 'key']
        """
        wishes = self.wishes
        told = {"bucket": policy_texts.bucket_policy(wishes)}
        if wishes.access_logs == NEW and wishes.access_bucket:
            access = policy_texts.access_bucket_policy(wishes, wishes.access_bucket)
            told["access bucket"] = access
        if wishes.kms == NEW:
            told["key"] = policy_texts.key_policy(wishes)
        if wishes.sns == NEW:
            told["topic"] = policy_texts.topic_policy(wishes)
        if wishes.log_group:
            told["role"] = policy_texts.role_policy(wishes)
            told["role's trust"] = policy_texts.role_trust()
        return told

    def findings(self) -> pl.DataFrame:
        """What would `tn.trails().findings()` say of this trail, once it records and delivers?

        Returns:
            Its rows about the trail, in the same columns.

        Example:
            >>> import trailnb as tn
            >>> plan = tn.plan_trail("audit", bucket="acme-trails", account="111122223333")
            >>> plan.findings().filter(status="not good")["says"].to_list()
            ['the trail is not sent to CloudWatch Logs: no alarm can watch it']
        """
        return reviewing.foreseen(self)

    def to_cloudformation(self) -> str:
        """How does CloudFormation make it: a template as JSON, for the plan's account and region?

        Buckets, key and log group stay when the stack goes. For an organization, give CloudTrail
        trusted access first: CloudFormation cannot.

        Example:
            >>> import json
            >>> import trailnb as tn
            >>> plan = tn.plan_trail("audit", bucket="acme-trails", account="111122223333")
            >>> list(json.loads(plan.to_cloudformation())["Resources"])[-1]
            'Trail'
        """
        return template_of(self.wishes, self.selectors)

    def apply(
        self, *, storage_options: Mapping[str, Any] | None = None, dry_run: bool = True
    ) -> pl.DataFrame:
        """What of it is there, and what would be called? Calls it only with `dry_run=False`.

        What is there and agrees is left. What is there and differs is refused before anything is
        called, never overwritten. After a failure midway, apply again: it goes on with what is
        missing.

        Args:
            storage_options: credentials of the plan's account, as for `tn.trails`.
            dry_run: only look.

        Returns:
            One row per call: step, call, status (would run; ran; is there; differs), why, says
            (what differs, else null).

        Raises:
            RequestError: the credentials are of another account; or, unless it is a dry run,
                something is there and differs or a quota is full.
            SourceError: AWS refused a call; the message says what ran before it.
        """
        return applying.apply(self, storage_options, dry_run=dry_run)

    def __str__(self) -> str:
        """Write the whole plan for review."""
        return reviewing.written(self)

    def __repr__(self) -> str:
        """Say in one line what it is."""
        wishes, count = self.wishes, len(self.calls())
        return (
            f"Plan of the trail {wishes.name} in {wishes.account}, {wishes.region}: {count} calls, "
            "nothing is called yet"
        )

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(plain_lines(str(self)))}</pre>"


def plain_lines(text: str) -> str:
    r"""Show the text line by line, with nothing in it that steers.

    Example:
        >>> plain_lines("one\ntwo")
        'one\ntwo'
    """
    return "\n".join(map(plain, text.split("\n")))
