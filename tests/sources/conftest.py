"""A real S3 endpoint over HTTP, and one small tree of logs for every source."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto.server import ThreadedMotoServer

from trailnb.sources import layout

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def small_tree() -> dict[str, bytes]:
    """Two accounts, two regions, four days, one organization, and what else lies about."""
    tree = {
        layout.compose(
            account=account,
            region=region,
            delivered=datetime(2026, 11, 1, 0, 5, tzinfo=UTC) + timedelta(days=day),
            organization="o-exampleorg",
            prefix="trails",
            folder=folder,
        ): f"{account} {region} {day} {folder}".encode()
        for account in ("111122223333", "444455556666")
        for region in ("eu-west-1", "us-east-1")
        for day in range(4)
        for folder in ("CloudTrail", "CloudTrail-Digest")
    }
    flat = "111122223333_CloudTrail_us-east-1_{}T0005Z_AbCdEfGhIjKlMnOp.json.gz"
    return tree | {
        "LICENSE": b"Apache",
        "flat/" + flat.format("20261101"): b"flat, early",
        "flat/" + flat.format("20261102"): b"flat, in the window",
        "trails/AWSLogs/o-exampleorg/111122223333/CloudTrail/us_east_1/odd name.json": b"odd",
        "trails/AWSLogs/o-exampleorg/111122223333/CloudTrail/us-east-1/stray.json": b"stray",
        "other/year=2026/event é.json": b"other layout",
        ".DS_Store": b"litter",
    }


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The address of a moto server on loopback."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_client(s3_endpoint: str) -> Iterator[object]:
    """A boto3 client of that server, with nothing left from other tests."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )
    yield client
    for bucket in client.list_buckets()["Buckets"]:
        for found in client.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            client.delete_object(Bucket=bucket["Name"], Key=found["Key"])
        client.delete_bucket(Bucket=bucket["Name"])
    client.close()


@pytest.fixture
def s3_options(s3_endpoint: str) -> dict[str, object]:
    """What a person passes to reach that server."""
    return {"key": KEY, "secret": SECRET, "endpoint_url": s3_endpoint}
