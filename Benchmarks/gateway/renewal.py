# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""What it takes to keep the tokens alive that are in use."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from calls import Pool, encoded, encoded_call
from common.processes import free_port
from exchanges import counted
from nginx import backend_server, nginx
from sallyport import Enterprise, Gateway, gateway
from setting import Run

GROUP = "Tokens that are renewed"
# How many lives of a token are looked at, after one in which all users arrive.
LIVES = 2
# Calls of each pair in use in one life: often enough that each token is in use when it is about to end.
CALLS = 3


def usable(lifetime: float) -> float:
    """How long a token of that lifetime is used: it is not given out any more in its last 30 s, or quarter."""
    return lifetime - min(30, lifetime / 4)


@dataclass
class Crowd:
    """Users who arrive evenly over one life of a token, so that their tokens end evenly, and then use half of their servers."""

    started: Gateway
    tokens: list[str]
    life: float
    # What came instead of a 200.
    failures: Counter[str] = field(default_factory=Counter)
    calls: int = 0

    async def run(self, lives: int, between: dict[float, Callable[[], None]]) -> None:
        """`between`: what is called how many lives after the start."""
        pool = Pool(self.started.port)
        await pool.fill(32)
        start = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(len(self.tokens)):
                group.create_task(self._user(pool, number, start, start + (1 + lives) * self.life))
            for after, action in between.items():
                group.create_task(self._later(start + after * self.life, action))
        pool.close()

    async def _later(self, moment: float, action: Callable[[], None]) -> None:
        await asyncio.sleep(moment - time.perf_counter())
        await asyncio.to_thread(action)

    async def _user(self, pool: Pool, number: int, start: float, end: float) -> None:
        token = self.tokens[number]
        # The last of them when the first's tokens end.
        moment = start + number / len(self.tokens) * self.life
        await asyncio.sleep(moment - time.perf_counter())
        await self._send(pool, encoded("GET", "/servers", {"Authorization": f"Bearer {token}"}))
        used = self.started.paths[: len(self.started.paths) // 2]
        requests = [encoded_call(path, token) for path in used]
        pause = self.life / CALLS / len(used)
        while True:
            for request in requests:
                moment += pause
                if moment > end:
                    return
                await asyncio.sleep(moment - time.perf_counter())
                await self._send(pool, request)

    async def _send(self, pool: Pool, request: bytes) -> None:
        self.calls += 1
        try:
            answer = await pool.send(request)
        except (OSError, EOFError, ValueError) as error:
            self.failures[type(error).__name__] += 1
            return
        if answer.status != 200:
            self.failures[f"{answer.status} {answer.body[-160:-40]!r}"] += 1


def renewal(run: Run) -> None:
    """Calls for tokens in the lives after the first, over those that would do if each token were used until its end."""
    users, servers, lifetime = run.options.renewing_users, run.options.renewing_servers, run.options.token_lifetime
    life, port = usable(lifetime), free_port()
    urls = {f"server-{number}": f"http://127.0.0.1:{port}/{number}" for number in range(servers)}
    found: dict[str, object] = {}
    with (
        nginx("nginx", run.directory, port, backend_server(port)),
        Enterprise(run.directory, lifetime=lifetime) as enterprise,
        gateway(enterprise, run.directory, urls, ahead="all") as started,
    ):
        crowd = Crowd(started, [enterprise.token(f"user-{number}") for number in range(users)], life)

        def begin() -> None:
            found["arrived"] = len(enterprise.pairs())
            found["before"] = started.series()
            enterprise.forget()
            found["start"] = time.monotonic()

        def end() -> None:
            found["legs"], found["others"] = counted(enterprise)
            found["seconds"] = time.monotonic() - found["start"]  # type: ignore[operator]
            found["pairs"], found["after"] = enterprise.pairs(), started.series()

        enterprise.forget()
        asyncio.run(crowd.run(LIVES, {1.02: begin, 1.0 + LIVES - 0.02: end}))
    report(run, crowd, life, found)


def report(run: Run, crowd: Crowd, life: float, found: dict) -> None:
    users, servers = run.options.renewing_users, run.options.renewing_servers
    active = users * (servers // 2)
    floor = active * 2 * found["seconds"] / life
    used = {f"/{number}" for number in range(servers // 2)}
    idle = sum(count for pair, count in found["pairs"].items() if "/" + pair.rpartition("/")[2] not in used)

    def grown(label: str) -> int:
        return int(sum(value - found["before"].get(name, 0) for name, value in found["after"].items() if label in name))

    failures = ", ".join(f"{count} × {what}" for what, count in crowd.failures.most_common(3)) or "all answered 200"
    what = f"{users} users × {servers} servers, tokens of {run.options.token_lifetime} s, half in use"
    add = run.report.add
    add(GROUP, f"{what}: calls for tokens over what would do", sum(found["legs"]) / floor, "", 1.05,
        f"{found['legs'][0]} + {found['legs'][1]} in {found['seconds']:.0f} s; {active} pairs in use × 2 legs × {found['seconds']:.0f} s / "
        f"{life:.0f} s usable = {floor:,.0f}; {found['others']}")
    add(GROUP, f"{what}: calls for tokens that nobody uses", idle, "", 0,
        f"{found['arrived']} pairs were connected by sessions' starts")
    add(GROUP, f"{what}: requests that waited for a token", grown('broker_requests_total{cache="miss"'), "", 0,
        f"renewed {grown('renewed')}, left to end {grown('skipped')}, failed {grown('renewals_total') - grown('renewed') - grown('skipped')}")
    add(GROUP, f"{what}: requests that failed", crowd.failures.total(), "", 0,
        f"{crowd.calls:,} requests, {crowd.calls / (life * (1 + LIVES)):.0f}/s on average; {failures}".replace("|", "/"))
