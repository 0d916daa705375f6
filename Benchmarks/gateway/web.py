# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 servers as small as they can be, so that they take little of the machine that is measured.

One request at a time on a connection, and bodies with a Content-Length: what the gateway and the clients here send.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

REASONS = {200: "OK", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}


@dataclass
class Request:
    method: str
    path: str
    # By names in lower case.
    headers: dict[str, str]
    body: bytes


@dataclass
class Response:
    body: bytes = b""
    status: int = 200
    type: str = "application/json"
    headers: str = ""
    # Seconds before it is sent.
    delay: float = 0
    # Whether the body has no end, and more may follow.
    stays_open: bool = False

    def encoded(self) -> bytes:
        length = "Transfer-Encoding: chunked" if self.stays_open else f"Content-Length: {len(self.body)}"
        kind = f"Content-Type: {self.type}\r\n" if self.body or self.stays_open else ""
        head = f"HTTP/1.1 {self.status} {REASONS[self.status]}\r\n{kind}{length}\r\n{self.headers}\r\n"
        body = b"%x\r\n%s\r\n" % (len(self.body), self.body) if self.stays_open and self.body else self.body
        return head.encode() + body


def document(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value).encode(), status)


# `None`: the connection is broken off.
Answer = Callable[[Request], "Response | None"]


class Connection(asyncio.Protocol):
    """Reads requests and has each answered."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.received = bytearray()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            lines = self.received[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            size = end + 4 + int(headers.get("content-length", 0))
            if "transfer-encoding" in headers:
                raise ValueError("a request without Content-Length")
            if len(self.received) < size:
                return
            method, path, _ = lines[0].split(" ")
            request = Request(method, path, headers, bytes(self.received[end + 4 : size]))
            del self.received[:size]
            response = self.answer(request)
            if response is None:
                self.transport.abort()
                return
            if response.delay:
                asyncio.get_running_loop().call_later(response.delay, self.transport.write, response.encoded())
            else:
                self.transport.write(response.encoded())


async def serve(servers: Iterable[tuple[int, Answer]]) -> None:
    """Listens on these ports of 127.0.0.1 until SIGTERM, and says so with a line on stdout."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    for port, answer in servers:
        await loop.create_server(partial(Connection, answer), "127.0.0.1", port, backlog=4_096)
    print("ready", flush=True)
    await stopped.wait()


def run(*servers: tuple[int, Answer]) -> None:
    asyncio.run(serve(servers))
    sys.exit(0)
