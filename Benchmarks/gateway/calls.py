# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""A client that sends exactly the requests it is asked to, on connections that stay."""

from __future__ import annotations

import asyncio
import base64
import json
import resource
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from enterprise import ID_JAG
from identity import CLIENT, SECRET
from mcp_server import ACCEPT, tool_call

FORM = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Authorization": f"Basic {base64.b64encode(f'{CLIENT}:{SECRET}'.encode()).decode()}",
}


def allow_many_connections() -> int:
    """Raises this process's limit of descriptors, which what it starts inherits, as far as that goes."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def encoded(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body


def encoded_call(path: str, token: str) -> bytes:
    """A tool call as a user sends it."""
    return encoded("POST", path, {**ACCEPT, "Authorization": f"Bearer {token}"}, tool_call())


@dataclass
class Answer:
    status: int
    body: bytes


class Connection:
    """One connection, for one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @staticmethod
    async def open(port: int) -> Connection:
        return Connection(*await asyncio.open_connection("127.0.0.1", port))

    async def head(self, request: bytes) -> tuple[int, dict[str, str]]:
        """Sends a request; returns status and headers of the answer, whose body is still to be read."""
        self.writer.write(request)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in lines[1:-2])
        return int(lines[0].split(" ")[1]), {name.lower(): value.strip() for name, _, value in fields}

    async def send(self, request: bytes) -> Answer:
        status, headers = await self.head(request)
        if "transfer-encoding" not in headers:
            return Answer(status, await self.reader.readexactly(int(headers.get("content-length", 0))))
        body = b""
        while chunk := await self.chunk():
            body += chunk
        return Answer(status, body)

    async def chunk(self) -> bytes:
        """The next piece of a chunked body; empty at its end."""
        size = int((await self.reader.readline()).split(b";")[0], 16)
        return (await self.reader.readexactly(size + 2))[:-2]

    def close(self) -> None:
        self.writer.close()


class Pool:
    """Connections to a port: those that are free and that the other side has not closed, and a new one if there is none."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.free: list[Connection] = []

    async def send(self, request: bytes) -> Answer:
        connection = None
        while self.free and (connection is None or connection.reader.at_eof()):
            connection = self.free.pop()
        if connection is None or connection.reader.at_eof():
            connection = await Connection.open(self.port)
        answer = await connection.send(request)
        self.free.append(connection)
        return answer

    async def fill(self, count: int) -> None:
        """Opens connections beforehand."""
        self.free += [await Connection.open(self.port) for _ in range(count)]

    def close(self) -> None:
        for connection in self.free:
            connection.close()


def expect(answer: Answer) -> Answer:
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} {answer.body[:300]!r}")
    return answer


async def exchange(provider: Pool, server: Pool, issuer: str, resource_url: str, token: str) -> str:
    """What the gateway does for a new user, done by a client itself: an ID token for an access token."""
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "requested_token_type": ID_JAG,
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token", "subject_token": token,
        "audience": issuer, "resource": resource_url, "scope": "read",
    }
    grant = await granted(provider, form)
    bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    return await granted(server, {"grant_type": bearer, "assertion": grant, "scope": "read"})


async def granted(pool: Pool, form: dict[str, str]) -> str:
    answer = expect(await pool.send(encoded("POST", "/token", FORM, urlencode(form).encode())))
    return str(json.loads(answer.body)["access_token"])


async def paced(count: int, rate: float, step: Callable[[int], Awaitable[object]]) -> list[float]:
    """Starts a step for each number below the count, at a rate and whatever becomes of them; returns the seconds each took."""

    async def timed(number: int) -> float:
        start = time.perf_counter()
        await step(number)
        return time.perf_counter() - start

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        tasks = []
        for number in range(count):
            await asyncio.sleep(start + number / rate - time.perf_counter())
            tasks.append(group.create_task(timed(number)))
    return [task.result() for task in tasks]
