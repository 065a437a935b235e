"""Run a plan: look first, refuse what differs, call what is missing, say what ran."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._plain import plain
from trailnb.configuration.asking import caller_of
from trailnb.configuration.calls import KEY_ARN
from trailnb.configuration.existing import Existing, Found
from trailnb.errors import RequestError, SourceError
from trailnb.sources.aws import Caller, is_transient, refused
from trailnb.sources.s3_refusals import Refusal

if TYPE_CHECKING:
    from trailnb.configuration.calls import Call
    from trailnb.configuration.plan import Plan
    from trailnb.configuration.wishes import Wishes

STATUSES = ("would run", "ran", "is there", "differs")
SCHEMA = pl.Schema(
    {
        "step": pl.UInt32(),
        "call": pl.String(),
        "status": pl.Enum(STATUSES),
        "why": pl.String(),
        "says": pl.String(),
    }
)
#: CloudTrail User Guide, "Quotas in AWS CloudTrail"; it cannot be raised.
_MOST_TRAILS = 5
#: A new role, key or policy is not seen everywhere at once: IAM User Guide, eventual consistency.
_NOT_SEEN_YET = frozenset(
    {"InvalidCloudWatchLogsRoleArnException", "InvalidCloudWatchLogsLogGroupArnException"}
    | {"InsufficientS3BucketPolicyException", "InsufficientEncryptionPolicyException"}
    | {"InsufficientSnsTopicPolicyException", "KmsKeyNotFoundException"}
    | {"CloudWatchLogsDeliveryUnavailableException", "S3BucketDoesNotExistException"}
)
#: What was refused so was not done; any other failure on the way may have come after the deed.
_THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException"}
    | {"RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown"}
)
_TRIES, _WAIT_SECONDS = 7, 5.0


def apply(
    plan: Plan, options: Mapping[str, Any] | None, *, dry_run: bool, caller: Caller | None = None
) -> pl.DataFrame:
    """What is there of the plan, what is missing; and unless it is a dry run, make what is missing.

    Raises:
        RequestError: something is there and differs, or a quota is full; nothing was called.
        SourceError: AWS refused a call; the message says which ran before it.
    """
    caller = caller or caller_of(options, "plan.apply()")
    _right_account(caller, plan.wishes)
    existing = Existing(caller, plan.wishes)
    found = [(call, existing.look(call)) for call in plan.calls()]
    quota = _quota(caller, plan, found)
    if dry_run:
        return _told(found, quota)
    wrong = [one.says for _, one in found if one.status == "differs"] + quota
    if wrong:
        raise RequestError(
            f"nothing was called. {plain('. '.join(one.rstrip('.') for one in wrong))}. "
            "Nothing that is there is overwritten: change the plan, or what is there by hand."
        )
    return _told(found, [], ran=_run(caller, found, existing.key_arn))


def _right_account(caller: Caller, wishes: Wishes) -> None:
    try:
        answer = caller.ask("sts", wishes.region, "get_caller_identity")
    except Refusal as refusal:
        raise refused(refusal, "AWS", "sts:GetCallerIdentity") from None
    if answer["Account"] != wishes.account:
        raise RequestError(
            f"the plan is for account {wishes.account}, and the credentials are those of "
            f"{answer['Account']}: pass the profile of a role in the plan's account."
        )


def _quota(caller: Caller, plan: Plan, found: list[tuple[Call, Found]]) -> list[str]:
    """Is there room for another trail? A trail of all regions counts in each of them."""
    is_new = any(
        str(call) == "cloudtrail.create_trail" and one.status == "would run" for call, one in found
    )
    if not is_new:
        return []
    region = plan.wishes.region
    try:
        answer = caller.ask("cloudtrail", region, "describe_trails", includeShadowTrails=True)
    except Refusal as refusal:
        raise refused(refusal, f"trails of {region}", "cloudtrail:DescribeTrails") from None
    names = sorted(str(one.get("Name")) for one in answer["trailList"])
    if len(names) < _MOST_TRAILS:
        return []
    said = f"{region} has {len(names)} trails, and AWS allows {_MOST_TRAILS} in a region"
    return [f"{said}: take one of {', '.join(names)} away first"]


def _run(caller: Caller, found: list[tuple[Call, Found]], key_arn: str | None) -> set[int]:
    """Call what is missing, in order; returns the steps that ran."""
    ran: dict[int, Call] = {}
    for step, (call, one) in enumerate(found, 1):
        if one.status != "would run":
            continue
        arguments = _filled(call.arguments, key_arn)
        try:
            answer = _called(caller, call, arguments, is_first=not ran)
        except Refusal as refusal:
            raise _broken_off(call, refusal, ran, found, key_arn) from None
        ran[step] = call
        if str(call) == "kms.create_key":
            key_arn = str(answer["KeyMetadata"]["Arn"])
    return set(ran)


def _called(
    caller: Caller, call: Call, arguments: Mapping[str, Any], *, is_first: bool
) -> Mapping[str, Any]:
    """Call once, and again while what was just made is not seen yet."""
    for tries_left in reversed(range(_TRIES)):
        try:
            answer: Mapping[str, Any] = caller.act(
                call.service, call.region, call.operation, **arguments
            )
        except Refusal as refusal:
            is_early = refusal.code in _NOT_SEEN_YET and not is_first
            if not tries_left or not (is_early or refusal.code in _THROTTLED):
                raise
            caller.sleep(_WAIT_SECONDS)
        else:
            return answer
    raise AssertionError  # pragma: no cover - the last try raises or returns


def _broken_off(
    call: Call,
    refusal: Refusal,
    ran: Mapping[int, Call],
    found: list[tuple[Call, Found]],
    key_arn: str | None,
) -> SourceError:
    """Say what ran, so that nobody has to guess what is there now."""
    missing = sum(one.status == "would run" for _, one in found) - len(ran)
    done = ", ".join(map(str, ran.values())) or "nothing"
    key = f" The key is {key_arn}." if key_arn else ""
    if str(call) == "kms.create_alias":  # without its alias, nobody finds the key again
        key += f" Plan with kms={key_arn!r}, or another key is made."
    if is_transient(refusal) and refusal.code not in _THROTTLED:
        key += f" {call} may have run all the same: look before it is run again."
    said = plain(refusal.message or refusal.code)
    return SourceError(
        f"AWS refused {call} ({refusal.code}: {said}). Ran before it: {done}.{key} {missing} "
        "calls did not run; nothing was taken back. Mend that and apply the plan again: it goes on "
        "with what is missing."
    )


def _filled(value: Any, key_arn: str | None) -> Any:  # noqa: ANN401 # arguments of any shape
    """Put the new key's ARN where it belongs."""
    if isinstance(value, Mapping):
        return {name: _filled(one, key_arn) for name, one in value.items()}
    return key_arn if value == KEY_ARN else value


def _told(
    found: list[tuple[Call, Found]], quota: list[str], ran: set[int] | None = None
) -> pl.DataFrame:
    return pl.DataFrame(list(_rows(found, quota, ran or set())), schema=SCHEMA, orient="row")


def _rows(
    found: list[tuple[Call, Found]], quota: list[str], ran: set[int]
) -> Iterator[tuple[int, str, str, str, str | None]]:
    for step, (call, one) in enumerate(found, 1):
        status, says = ("ran" if step in ran else one.status), one.says
        if quota and str(call) == "cloudtrail.create_trail":
            status, says = "differs", quota[0]
        yield step, str(call), status, call.why, plain(says) or None
