"""`tn.trails()`: every trail of an account, what is good about each and what is not."""

from __future__ import annotations

import difflib
import html
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from trailnb._plain import plain
from trailnb.configuration import checks, limits
from trailnb.configuration.asking import Asking, caller_of
from trailnb.configuration.table import table_of
from trailnb.errors import RequestError
from trailnb.sources.regions import is_region
from trailnb.trail.opening import open as open_trail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import timedelta

    import polars as pl

    from trailnb._typing import Moment
    from trailnb.configuration.snapshot import Snapshot, TrailState
    from trailnb.trail.progress import ProgressCallback
    from trailnb.trail.trail import Trail

_ARN = "arn:"
#: What a table in the notebook shows of each finding.
_SHOWN = ("status", "severity", "trail", "check", "says", "because", "fix")
#: Notebooks set cells to the right otherwise, as befits numbers.
_LEFT = 'style="text-align: left; vertical-align: top"'


def trails(
    *,
    storage_options: Mapping[str, Any] | None = None,
    regions: str | Iterable[str] | None = None,
    bucket: str | None = None,
) -> Trails:
    """Which trails does this account have, and are they kept as AWS advises?

    Asks, and changes nothing: trails of every enabled region, organization trails that record the
    account included, each with its status, selectors, Insights, bucket, key, topic and log group.
    What the credentials may not ask is unknown, and says which permission was needed. Extra: `aws`.

    Args:
        storage_options: `profile`, `key`, `secret`, `token`, `region_name`, `endpoint_url`, or a
            boto3 `session`; as for `tn.open("cloudtrail://")`.
        regions: ask only these; None or "all" asks every region that is enabled.
        bucket: only trails that deliver into this bucket. What is said of the account as a whole
            rests on these alone, then.

    Raises:
        MissingExtraError: boto3 is not installed.
        SourceError: there are no credentials, or AWS does not accept them.
        RequestError: a region is not spelt like one.

    Example:
        >>> import trailnb as tn
        >>> tn.trails(regions="Ireland")
        Traceback (most recent call last):
        ...
        trailnb.errors.RequestError: 'Ireland' is no region. Write it as AWS does: eu-west-1.
    """
    names = {regions} if isinstance(regions, str) else set(regions or ())
    for name in sorted(names - {"all"}):
        if not is_region(name):
            raise RequestError(f"{name!r} is no region. Write it as AWS does: eu-west-1.")
    wanted = None if not names or "all" in names else names
    asking = Asking(caller_of(storage_options, "tn.trails()"))
    return Trails(asking.snapshot(wanted, bucket), dict(storage_options or {}))


@dataclass(frozen=True)
class Trails:
    """The trails of one account, as AWS told them at one moment.

    `snapshot` holds AWS's own answers; `table` and `findings` are made of it and ask nothing more.
    """

    snapshot: Snapshot = field(repr=False)
    storage_options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def table(self) -> pl.DataFrame:
        """Which trails are there, one row each?

        Returns:
            One row per trail, by ARN: trail, trail_arn, account (whose trail it is), home_region,
            is_multi_region, is_organization, is_logging, latest_delivery (UTC), bucket,
            bucket_region, uri (what `open` opens), management (all, reads, writes, none),
            excluded_services, data_events, network_events, insights, is_validated, kms_key,
            log_group, log_group_days (null: without end), topic, and how many checks are good,
            not_good, optional, unknown. Null where AWS did not tell.
        """
        return table_of(self.snapshot, self._findings)

    def findings(self) -> pl.DataFrame:
        """What is good, not good, optional or unknown about them?

        Returns:
            One row per check: trail and trail_arn (null: about the account as a whole), check,
            status, severity (alert, warning, note: how grave it is where it is not good), says,
            because, fix (null where nothing is to mend), source (AWS's page). Status is good; not
            good; optional (off, which AWS leaves to you); unknown (says names the permission that
            was needed, or why nobody can tell). The account first, then by trail, in the order of
            the checks.
        """
        return self._findings

    @cached_property
    def _findings(self) -> pl.DataFrame:
        return checks.findings(self.snapshot)

    def open(
        self,
        name: str,
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        accounts: str | Iterable[str] | None = None,
        regions: str | Iterable[str] | None = None,
        categories: str | Iterable[str] | None = None,
        late: str | timedelta | None = "1d",
        lookback: str | timedelta = "36h",
        dedupe: bool = True,
        progress: ProgressCallback | None = None,
        workers: int | None = None,
    ) -> Trail:
        """Which logs did this trail deliver? Lists them with the same credentials, as `tn.open`.

        What the trail does not record, as it is configured now, is told by `coverage()`.

        Args:
            name: the trail's name, or its ARN where several share the name.
            since: start of the window of event times, inclusive (UTC).
            until: end of the window, exclusive (UTC).
            accounts: only these accounts; None is the trail's own, all for an organization trail.
            regions: only these regions, as in `tn.open`.
            categories: only these, as in `tn.open`.
            late: how long after an event its delivery may come, as in `tn.open`.
            lookback: how far before `since` files are kept at hand, as in `tn.open`.
            dedupe: drop events that were delivered before.
            progress: called with a `Progress`.
            workers: the most processes to read with.

        Raises:
            RequestError: there is no such trail, or several of that name.
            SourceError: the bucket is missing or refused.
        """
        state = self._named(name)
        own = None if state.has("IsOrganizationTrail") else state.account or None
        opened = open_trail(
            state.uri,
            since=since,
            until=until,
            accounts=own if accounts is None else accounts,
            regions=regions,
            categories=categories,
            late=late,
            lookback=lookback,
            dedupe=dedupe,
            storage_options=_for_s3(self.storage_options),
            progress=progress,
            workers=workers,
        )
        return replace(opened, limits=(*opened.limits, *limits.limits_of(state)))

    def _named(self, name: str) -> TrailState:
        by_arn = name.startswith(_ARN)
        found = [one for one in self.snapshot.trails if name == (one.arn if by_arn else one.name)]
        if len(found) == 1:
            return found[0]
        if found:
            arns = ", ".join(plain(one.arn) for one in found)
            raise RequestError(
                f"{len(found)} trails are called {plain(name)!r}. Say which: {arns}."
            )
        known = [one.arn if by_arn else one.name for one in self.snapshot.trails]
        like = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or sorted(set(known))
        hint = f"There is {', '.join(map(plain, like))}." if like else "There is none at all."
        raise RequestError(f"no trail is called {plain(name)!r}. {hint}")

    def __repr__(self) -> str:
        """Say in one line what was found."""
        count = len(self.snapshot.trails)
        places = len(self.snapshot.regions)
        by_status = dict(self._findings.group_by("status").len().iter_rows())
        alerts = self._findings.filter(status="not good", severity="alert").height
        said = f"{by_status.get('not good', 0)} not good" + (f" ({alerts} alert)" if alerts else "")
        return (
            f"Trails of account {plain(self.snapshot.account)}: {count} trail{'s' * (count != 1)}, "
            f"{places} region{'s' * (places != 1)} asked; {said}, "
            f"{by_status.get('unknown', 0)} unknown, {by_status.get('optional', 0)} optional, "
            f"{by_status.get('good', 0)} good"
        )

    def _repr_html_(self) -> str:
        head = "".join(f"<th {_LEFT}>{name}</th>" for name in _SHOWN)
        body = "".join(
            f"<tr>{''.join(f'<td {_LEFT}>{_cell(value)}</td>' for value in row)}</tr>"
            for row in checks.to_mend(self._findings).select(_SHOWN).iter_rows()
        )
        table = (
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else ""
        )
        return f"<p>{html.escape(repr(self))}</p>{table}"


def _for_s3(options: Mapping[str, Any]) -> dict[str, Any] | None:
    """Say the same credentials in the way of the S3 filesystem."""
    given = dict(options)
    if session := given.pop("session", None):
        credentials = session.get_credentials()
        if credentials is not None:
            frozen = credentials.get_frozen_credentials()
            given |= {"key": frozen.access_key, "secret": frozen.secret_key}
            given |= {"token": frozen.token} if frozen.token else {}
    if region := given.pop("region_name", None):
        given["client_kwargs"] = {"region_name": region}
    return given or None


def _cell(value: object) -> str:
    return html.escape(plain("" if value is None else str(value)))
