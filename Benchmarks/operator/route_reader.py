# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Readers of the route stream for measurements: any number of them in this process, each on a connection of its own."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Reader:
    """What one reader has seen. Times are time.monotonic()."""

    started: float = 0
    synced: float | None = None
    routes: int = 0
    ended: float | None = None
    error: str = ""
    # By a route's key and by its description: when it arrived.
    arrivals: dict[tuple[str, str], float] = field(default_factory=dict)
    # By a route's key: its version and when that arrived.
    versions: dict[str, tuple[str, float]] = field(default_factory=dict)


class Readers:
    """Reads /v1/routes?watch=true over TLS in a thread of its own."""

    def __init__(self, port: int, token: str, authority: Path, count: int = 1, detailed: bool = True) -> None:
        self.port, self.token, self.authority, self.detailed = port, token, authority, detailed
        self.readers = [Reader() for _ in range(count)]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self._cancel)
        self.thread.join(30)

    def wait(self, condition, seconds: float = 120) -> float:  # noqa: ANN001
        """Seconds until every reader meets the condition."""
        start = time.monotonic()
        while not all(condition(reader) for reader in self.readers):
            if time.monotonic() > start + seconds:
                broken = [reader.error for reader in self.readers if reader.error][:1]
                raise TimeoutError(f"readers: {broken or 'no error'}")
            time.sleep(0.001)
        return time.monotonic() - start

    def _cancel(self) -> None:
        for task in asyncio.all_tasks(self.loop):
            task.cancel()

    def _run(self) -> None:
        async def all_readers() -> None:
            await asyncio.gather(*(self._follow(reader) for reader in self.readers), return_exceptions=True)

        try:
            self.loop.run_until_complete(all_readers())
        except asyncio.CancelledError:
            pass

    async def _follow(self, reader: Reader) -> None:
        reader.started = time.monotonic()
        context = ssl.create_default_context(cafile=str(self.authority))
        try:
            stream, writer = await asyncio.open_connection(
                "127.0.0.1", self.port, ssl=context, server_hostname="localhost", limit=1 << 20
            )
            writer.write(
                f"GET /v1/routes?watch=true HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode()
            )
            head = await stream.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.split(b"\r\n")[0]:
                reader.error = head.split(b"\r\n")[0].decode()
                return
            rest = b""
            while True:
                size = int((await stream.readline()).split(b";")[0], 16)
                if size == 0:
                    break
                chunk = rest + (await stream.readexactly(size + 2))[:-2]
                *lines, rest = chunk.split(b"\n")
                now = time.monotonic()
                for line in lines:
                    self._take(reader, line, now)
            writer.close()
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            reader.error = repr(error)
        finally:
            reader.ended = time.monotonic()

    def _take(self, reader: Reader, line: bytes, now: float) -> None:
        if reader.synced is None and not line.startswith(b'{"type":"SYNCED"'):
            reader.routes += line.startswith(b'{"type":"PUT"')
            return
        event = json.loads(line)
        if event["type"] == "SYNCED":
            reader.synced = now
        elif event["type"] == "PUT" and self.detailed:
            route = event["route"]
            reader.arrivals[(route["key"], route.get("description", ""))] = now
            reader.versions[route["key"]] = (route["version"], now)
        elif event["type"] == "PUT":
            reader.versions[event["route"]["key"]] = (event["route"]["version"], now)
