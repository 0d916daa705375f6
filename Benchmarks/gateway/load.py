# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Calls at a rate while something else happens."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Self

from calls import Pool
from common.report import quantile


class Steady:
    """Sends these requests in turn, at a rate and whatever becomes of them, until the block ends."""

    def __init__(self, port: int, requests: Sequence[bytes], rate: float, connections: int = 32) -> None:
        self.port, self.requests, self.rate, self.connections = port, requests, rate, connections
        self.sent = 0
        self.delays: list[float] = []
        # What came instead of a 200, and the first time it did.
        self.failures: Counter[str] = Counter()
        self.first_failure = 0.0
        self.start = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._send()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Waits for the answers that are missing still."""
        self._ended.set()
        self._thread.join(60)

    @property
    def failed(self) -> int:
        return self.failures.total()

    def note(self) -> str:
        """All of it in a few words."""
        failures = ", ".join(f"{count} × {what}" for what, count in self.failures.most_common(3))
        since = f", first after {self.first_failure - self.start:.1f} s" if failures else ""
        p50, p99 = (quantile(self.delays, share) * 1_000 for share in (0.5, 0.99))
        return f"{self.sent:,} requests at {self.rate:.0f}/s, p50 {p50:.1f} ms, p99 {p99:.0f} ms; {failures or 'all answered 200'}{since}"

    async def _send(self) -> None:
        pool = Pool(self.port)
        await pool.fill(self.connections)
        start = time.perf_counter()
        running: set[asyncio.Task[None]] = set()
        for number, request in enumerate(itertools.cycle(self.requests)):
            if self._ended.is_set():
                break
            await asyncio.sleep(start + number / self.rate - time.perf_counter())
            task = asyncio.create_task(self._one(pool, request))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)
        pool.close()

    async def _one(self, pool: Pool, request: bytes) -> None:
        self.sent += 1
        start = time.perf_counter()
        try:
            async with asyncio.timeout(60):
                status = (await pool.send(request)).status
            what = "" if status == 200 else f"status {status}"
        except (OSError, TimeoutError, EOFError, ValueError) as error:
            what = type(error).__name__
        self.delays.append(time.perf_counter() - start)
        if what:
            self.first_failure = self.first_failure or time.monotonic()
            self.failures[what] += 1
