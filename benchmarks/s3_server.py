"""Just enough S3 to list and read, as fast as one Python process can: a peer to measure clients.

Usage: `python -m benchmarks.s3_server FOLDER` prints the port on 127.0.0.1 and serves one bucket,
whatever its name. Signatures are not checked. `ListObjectsV2` knows prefix, delimiter and pages.
"""

from __future__ import annotations

import asyncio
import sys
from bisect import bisect_left
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_PAGE = 1000
_STAMP = "Mon, 02 Nov 2026 00:00:00 GMT"


class Bucket:
    """Every object in memory, with its answer already written."""

    def __init__(self, folder: Path) -> None:
        """Read all log files below the folder; their relative paths are the keys."""
        paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.json.gz")}
        self.keys = sorted(paths)
        self.sizes = {key: path.stat().st_size for key, path in paths.items()}
        self.answers = {key: _object(path.read_bytes()) for key, path in paths.items()}

    def answer(self, method: str, target: str) -> bytes:
        """What is the whole HTTP answer to this request line?"""
        _, _, key = target[1:].partition("?")[0].partition("/")
        found = self.answers.get(key) or self.answers.get(unquote(key))
        if found is not None:
            return found if method == "GET" else found[: found.index(b"\r\n\r\n") + 4]
        if key:
            return _response("404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>")
        if method == "HEAD":
            return _response("200 OK", b"")
        return _response("200 OK", self._listing(urlsplit(target).query).encode())

    def _listing(self, query: str) -> str:
        """One page of ListObjectsV2; the token is the last key or prefix of the page before."""
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter", "")
        after = asked.get("continuation-token", "")
        at = bisect_left(self.keys, max(prefix, after))
        entries: list[str] = []
        last = ""
        while at < len(self.keys) and self.keys[at].startswith(prefix) and len(entries) < _PAGE:
            key = self.keys[at]
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            last = key[: cut + 1] if cut >= 0 else key
            if cut >= 0:
                common = f"<CommonPrefixes><Prefix>{escape(last)}</Prefix></CommonPrefixes>"
                entries.append(common)
                at = bisect_left(self.keys, f"{last}\U0010ffff")
            else:
                entries.append(self._entry(key))
                at += 1
            last = f"{last}\U0010ffff" if cut >= 0 else f"{last}\x01"
        has_more = at < len(self.keys) and self.keys[at].startswith(prefix)
        token = f"<NextContinuationToken>{escape(_sent(last))}</NextContinuationToken>"
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>bucket</Name><Prefix>{escape(prefix)}</Prefix><MaxKeys>{_PAGE}</MaxKeys>"
            f"<KeyCount>{len(entries)}</KeyCount><IsTruncated>{str(has_more).lower()}</IsTruncated>"
            f"{token if has_more else ''}{''.join(entries)}</ListBucketResult>"
        )

    def _entry(self, key: str) -> str:
        return (
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-11-02T00:00:00.000Z"
            f'</LastModified><ETag>"{len(key):x}"</ETag><Size>{self.sizes[key]}</Size>'
            "<StorageClass>STANDARD</StorageClass></Contents>"
        )


class Connection(asyncio.Protocol):
    """Answers request after request of one kept-alive connection; no request has a body."""

    def __init__(self, bucket: Bucket) -> None:
        """Serve this bucket."""
        self._bucket = bucket
        self._waiting = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        assert self._transport is not None
        *requests, self._waiting = (self._waiting + data).split(b"\r\n\r\n")
        for request in requests:
            method, target, _ = request.split(b" ", 2)
            self._transport.write(self._bucket.answer(method.decode(), target.decode()))


async def serve(folder: Path) -> None:
    """Serve until killed."""
    bucket = Bucket(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(bucket), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _sent(token: str) -> str:
    return token.replace("\x01", "!")


def _object(body: bytes) -> bytes:
    return _response("200 OK", body, f'ETag: "{len(body):x}"\r\nLast-Modified: {_STAMP}\r\n')


def _response(status: str, body: bytes, more: str = "") -> bytes:
    kind = "application/octet-stream" if more else "application/xml"
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
