"""`python -m trailnb trails`: what is to mend, on stdout, and a status for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import trailnb as tn
from tests.configuration.conftest import ACCOUNT
from trailnb.__main__ import main

if TYPE_CHECKING:
    import pytest

    from tests.configuration.conftest import Aws


def said(aws: Aws, *more: str) -> int:
    """Ask as a script does."""
    given = {"key": "AKIAIOSFODNN7EXAMPLE", "secret": "secret", "endpoint_url": aws.endpoint}
    options = [f"--storage-option={name}={value}" for name, value in given.items()]
    return main(["trails", "--regions", "us-east-1", *options, *more])


def test_an_account_without_a_trail_has_something_to_mend(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    """The status says so, the table says what."""
    assert said(aws) == 3
    shown = capsys.readouterr().out
    assert f"Trails of account {ACCOUNT}: 0 trails" in shown
    assert "no trail records management events" in shown


def test_a_trail_that_is_kept_well_ends_with_zero(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    """A note is no reason to wake anybody; JSON has what is good as well."""
    plan = tn.plan_trail("audit", bucket="acme-trails", account=ACCOUNT)
    plan.apply(storage_options=aws.options, dry_run=False)
    assert said(aws, "--format", "json") == 0
    rows = json.loads(capsys.readouterr().out)
    statuses = {row["check"]: row["status"] for row in rows}
    assert statuses["encryption"] == "good"
    assert statuses["cloudwatch logs"] == "not good"
