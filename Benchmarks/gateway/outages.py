# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Somebody the gateway depends on is away for minutes: who notices."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

from calls import encoded_call
from cluster_world import pair
from common.processes import free_port
from identity import SECRET
from load import Steady
from nginx import backend_server, nginx
from sallyport import Enterprise, Gateway, gateway
from setting import Run
from web_client import status_and_wait

GROUP = "Somebody is away"
USERS, NAMES = 25, ["a", "b", "c", "d"]
# New users a second meanwhile.
ARRIVALS = 2.0


class Arrivals:
    """Users nobody has seen before, each with one call, until the block ends."""

    def __init__(self, enterprise: Enterprise, started: Gateway, prefix: str) -> None:
        self.statuses: Counter[str] = Counter()
        # When somebody was first served, by the monotonic clock, after `since`.
        self.since, self.served = float("inf"), float("inf")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._arrive, args=(enterprise, started, prefix))

    def __enter__(self) -> Arrivals:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(60)

    def _arrive(self, enterprise: Enterprise, started: Gateway, prefix: str) -> None:
        number = 0
        while not self._ended.wait(1 / ARRIVALS):
            number += 1
            status, wait = status_and_wait(started.url + started.paths[0], enterprise.token(f"{prefix}-{number}"))
            self.statuses[f"{status}" + (" with Retry-After" if wait else "")] += 1
            if status == 200 and self.served == float("inf") and time.monotonic() > self.since:
                self.served = time.monotonic()

    def note(self) -> str:
        return ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items())) or "nobody came"


def callers(enterprise: Enterprise, started: Gateway) -> list[bytes]:
    """Requests of users at each server."""
    users = [enterprise.token(f"user-{number}") for number in range(USERS)]
    return [encoded_call(path, token) for token in users for path in started.paths]


def operator_outage(run: Run) -> None:
    """The operator is killed, and another one started later; users who come meanwhile are new to the gateway."""
    seconds = run.options.outage
    with Enterprise(run.directory) as enterprise, pair(run, enterprise, NAMES) as found:
        started = found.gateway
        with Steady(started.port, callers(enterprise, started), run.options.load) as load:
            time.sleep(3)
            with Arrivals(enterprise, started, "during") as arrivals:
                found.operator.process.send_signal(signal.SIGKILL)
                found.operator.process.wait(10)
                time.sleep(seconds)
            found.restart_operator()
            begun = time.monotonic()
            found.operator.wait_ready(pause=0.05)
            took = reading_again(found.enterprise, found.patch_secret)
            time.sleep(3)
    add = run.report.add
    add(GROUP, f"the operator, for {seconds} s: requests that failed", load.failed, "", 0, load.note())
    served = sum(count for status, count in arrivals.statuses.items() if status == "200")
    add(GROUP, f"the operator, for {seconds} s: new users who were not served", arrivals.statuses.total() - served, "", 0, arrivals.note())
    add(GROUP, "from the start of the next operator to a leg by what it publishes", took - begun, "s",
        note="its own start, the gateway's reconnection, and a Secret rotated when it was ready")


def reading_again(enterprise: Enterprise, patch: Callable[[str], object]) -> float:
    """Rotates the Secret and waits for a leg with it; returns when it came, by the monotonic clock."""
    secret = "after-the-outage"
    enterprise.take_secrets(SECRET, secret)
    patch(secret)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if seen := enterprise.secrets().get(secret):
            return seen["first"]
        time.sleep(0.05)
    return float("inf")


def provider_outage(run: Run) -> None:
    """The identity provider breaks off whatever it is asked; users with tokens go on, and new ones are told when to come again."""
    seconds = run.options.outage
    port = free_port()
    urls = {name: f"http://127.0.0.1:{port}/{name}" for name in NAMES}
    with (
        nginx("nginx", run.directory, port, backend_server(port)),
        Enterprise(run.directory) as enterprise,
        gateway(enterprise, run.directory, urls, ahead="all") as started,
        Steady(started.port, callers(enterprise, started), run.options.load) as load,
    ):
        time.sleep(5)
        enterprise.forget()
        enterprise.take_down(True)
        with Arrivals(enterprise, started, "during") as during:
            time.sleep(seconds)
            counts = enterprise.counts()
        enterprise.take_down(False)
        with Arrivals(enterprise, started, "after") as after:
            after.since = time.monotonic()
            while after.served == float("inf") and time.monotonic() < after.since + 60:
                time.sleep(0.1)
        load.stop()
    add = run.report.add
    asked = {name.removeprefix("provider "): count for name, count in counts.items() if name.startswith("provider ")}
    others = ", ".join(f"{path}: {count}" for path, count in sorted(asked.items()) if path != "/token") or "nothing else was asked"
    add(GROUP, f"the identity provider, for {seconds} s: requests of users with tokens that failed", load.failed, "", 0, load.note())
    add(GROUP, f"the identity provider, for {seconds} s: calls that reached its token endpoint", asked.get("/token", 0), "",
        len(NAMES) - 1 + probes(seconds),
        f"new users meanwhile: {during.note()}; the goal is the first user's {len(NAMES)}, side by side, and one after each pause, of "
        f"1 s doubling to 30 s, a quarter shorter at most; {others}")
    add(GROUP, "from its return to a new user who is served", after.served - after.since, "s", 30, "the longest pause, which nobody cuts short")


def probes(seconds: float) -> int:
    """The calls that a breaker lets through in that time at most."""
    count, at, pause = 0, 0.0, 1.0
    while at <= seconds:
        count += 1
        at += 0.75 * pause
        pause = min(2 * pause, 30)
    return count
