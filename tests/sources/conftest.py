"""A real S3 endpoint over HTTP, one that refuses on request, and a tree of logs for all sources."""

import http.client
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import boto3
import pytest
from moto.server import ThreadedMotoServer

from trailnb.sources import layout
from trailnb.sources.s3 import S3Source

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


@dataclass
class Faults:
    """An endpoint that passes on to another, except for what it was told to refuse."""

    behind: str
    url: str = ""
    rules: list[list[Any]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def refuse(
        self, part: str, code: str, *, status: int = 403, message: str = "", times: int = 1000
    ) -> None:
        """Refuse requests whose path holds `part`, so many times."""
        body = (
            f"<Error><Code>{code}</Code><Message>{message}</Message><Token>{SECRET}</Token></Error>"
        )
        self.rules.append([part, status, body.encode(), times])

    def answer(self, path: str) -> tuple[int, bytes] | None:
        """What was told for this path."""
        for rule in self.rules:
            if rule[0] in path and rule[3] > 0:
                rule[3] -= 1
                return rule[1], rule[2]
        return None


@pytest.fixture
def faults(s3_endpoint: str) -> Iterator[Faults]:
    """A refusing endpoint before the real one."""
    state = Faults(s3_endpoint.removeprefix("http://"))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            state.seen.append(unquote(self.path))
            state.headers.append({name.lower(): value for name, value in self.headers.items()})
            refused = state.answer(unquote(self.path))
            if refused:
                status, body, headers = *refused, [("Content-Type", "application/xml")]
            else:
                passed_on = http.client.HTTPConnection(state.behind)
                passed_on.request(self.command, self.path, headers=dict(self.headers))
                found = passed_on.getresponse()
                status, body, headers = found.status, found.read(), found.getheaders()
                passed_on.close()
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 # the standard library's spelling

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def acme(s3_client: Any, faults: Faults) -> Callable[..., S3Source]:  # noqa: ANN401 # boto3 client
    """A bucket with three logs, and a way to open it through the refusing endpoint."""
    s3_client.create_bucket(Bucket="acme")
    for name in ("a", "b", "c"):
        s3_client.put_object(Bucket="acme", Key=f"logs/{name}.json", Body=name.encode())

    def open_it(url: str = "s3://acme/logs", **options: object) -> S3Source:
        given = {"key": KEY, "secret": SECRET, "endpoint_url": faults.url} | options
        return S3Source(url, given, retries=3)

    return open_it
