"""One question to AWS: its answer, that nothing is set, or that it may not be asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trailnb.configuration.snapshot import Answer, Unknown
from trailnb.sources.aws import refused
from trailnb.sources.s3_refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from trailnb.sources.aws import Caller


def asked(
    caller: Caller,
    service: str,
    region: str,
    operation: str,
    *,
    needs: str,
    absent: Collection[str] = (),
    **arguments: Any,
) -> Answer:
    """What does AWS answer: empty for the codes that say nothing is set, unknown if it refuses?"""
    try:
        answer: Mapping[str, Any] = caller.ask(service, region, operation, **arguments)
    except Refusal as refusal:
        if refusal.code in absent:
            return {}
        return Unknown(needs, _why(refusal))
    return {
        # AWS's library gives some moments in this machine's own zone.
        name: value.astimezone(UTC) if isinstance(value, datetime) else value
        for name, value in answer.items()
        if name != "ResponseMetadata"
    }


def _why(refusal: Refusal) -> str:
    said = str(refused(refusal, "", ""))
    return said.partition(":")[0]
