# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Readers of the route stream: any number of them in this process, each on a connection of its own."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Reader:
    """What one reader has seen. Times are time.monotonic()."""

    started: float = 0
    synced: float = 0
    # Before it was synced.
    routes: int = 0
    # Since it was synced.
    resets: int = 0
    ended: bool = False
    error: str = ""
    # By a route's key and by its description: when it arrived.
    arrivals: dict[tuple[str, str], float] = field(default_factory=dict)
    # By a route's key: its version and when that arrived.
    versions: dict[str, tuple[str, float]] = field(default_factory=dict)

    def version(self, key: str) -> str:
        """The version that has arrived since the reader was synced."""
        return self.versions.get(key, ("", 0.0))[0]


class Readers:
    """Reads /v1/routes?watch=true over TLS in a thread of its own, until the block ends."""

    def __init__(self, port: int, token: str, authority: Path, count: int = 1) -> None:
        self.port, self.token = port, token
        self.context = ssl.create_default_context(cafile=str(authority))
        self.readers = [Reader() for _ in range(count)]
        self.loop = asyncio.new_event_loop()
        self.task = self.loop.create_task(self._follow_all())
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.wait(lambda reader: reader.synced > 0)

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.task.cancel)
        self.thread.join(30)

    def wait(self, condition: Callable[[Reader], bool], seconds: float = 120) -> None:
        """Waits until every reader meets the condition."""
        deadline = time.monotonic() + seconds
        while not all(condition(reader) for reader in self.readers):
            if time.monotonic() > deadline or any(reader.error for reader in self.readers):
                raise TimeoutError(f"readers: {[reader.error for reader in self.readers if reader.error][:1]}")
            time.sleep(0.001)

    def _run(self) -> None:
        try:
            self.loop.run_until_complete(self.task)
        except asyncio.CancelledError:
            # The connections close in the next turn.
            self.loop.run_until_complete(asyncio.sleep(0.1))
        self.loop.close()

    async def _follow_all(self) -> None:
        await asyncio.gather(*(self._follow(reader) for reader in self.readers))

    async def _follow(self, reader: Reader) -> None:
        reader.started = time.monotonic()
        try:
            stream, writer = await asyncio.open_connection(
                "127.0.0.1", self.port, ssl=self.context, server_hostname="localhost", limit=1 << 20
            )
            try:
                await self._read(reader, stream, writer)
            finally:
                writer.close()
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            reader.error = repr(error)
        finally:
            reader.ended = True

    async def _read(self, reader: Reader, stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = f"GET /v1/routes?watch=true HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n\r\n"
        writer.write(request.encode())
        head = await stream.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise ValueError(head.split(b"\r\n")[0].decode())
        rest = b""
        while size := int((await stream.readline()).split(b";")[0], 16):
            *lines, rest = (rest + (await stream.readexactly(size + 2))[:-2]).split(b"\n")
            now = time.monotonic()
            for line in lines:
                self._take(reader, line, now)

    @staticmethod
    def _take(reader: Reader, line: bytes, now: float) -> None:
        if not reader.synced and not line.startswith(b'{"type":"SYNCED"'):
            reader.routes += line.startswith(b'{"type":"PUT"')
            return
        event = json.loads(line)
        match event["type"]:
            case "SYNCED":
                reader.synced = reader.synced or now
            case "RESET":
                reader.resets += 1
            case "PUT":
                route = event["route"]
                reader.arrivals[(route["key"], route.get("description", ""))] = now
                reader.versions[route["key"]] = (route["version"], now)
