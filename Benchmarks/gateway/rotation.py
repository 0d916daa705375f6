# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""A Secret that is rotated under load: who notices, and how soon the new credential is used."""

from __future__ import annotations

import statistics
import time

from calls import encoded_call
from cluster_world import Pair, pair
from common.report import quantile
from identity import SECRET
from load import Steady
from sallyport import Enterprise
from setting import Run

GROUP = "A Secret that is rotated under load"
USERS, NAMES = 25, ["a", "b", "c", "d"]
# How long the authorization server goes on without the new secret, in the second half.
LAG = 2.0


def rotate(found: Pair, secret: str, before: str, lag: float) -> float:
    """Rotates the Secret; returns the seconds until a request for a token first came with it."""
    enterprise = found.enterprise
    enterprise.take_secrets(before, *([] if lag else [secret]))
    enterprise.forget()
    sent = found.patch_secret(secret)
    time.sleep(lag)
    if lag:
        enterprise.take_secrets(secret)
    deadline = time.monotonic() + 30
    while secret not in (seen := enterprise.secrets()) and time.monotonic() < deadline:
        time.sleep(0.02)
    # Until everybody's token has been replaced.
    time.sleep(2)
    return seen[secret]["first"] - sent if secret in seen else float("inf")


def rotation(run: Run) -> None:
    """First with an authorization server that takes both secrets for a while, then with one that learns the new one late."""
    with Enterprise(run.directory) as enterprise, pair(run, enterprise, NAMES) as found:
        users = [enterprise.token(f"user-{number}") for number in range(USERS)]
        requests = [encoded_call(path, token) for token in users for path in found.gateway.paths]
        before = SECRET
        for what, lag in (("both secrets are taken meanwhile", 0.0), (f"the new one is taken {LAG:.0f} s later", LAG)):
            enterprise.take_secrets(before)
            delays, taken = [], []
            with Steady(found.gateway.port, requests, run.options.load) as load:
                time.sleep(3)
                for number in range(run.options.rotations):
                    secret = f"rotated-{lag:.0f}-{number}"
                    delays.append(rotate(found, secret, before, lag))
                    taken.append(enterprise.secrets().get(secret, {"taken": 0, "refused": 0}))
                    before = secret
            legs, refused = (statistics.median(seen[name] for seen in taken) for name in ("taken", "refused"))
            add, times = run.report.add, len(delays)
            add(GROUP, f"{what}: requests that failed", load.failed, "", 0, load.note())
            add(GROUP, f"{what}: from sending the Secret to the first leg that uses it, median", statistics.median(delays) * 1_000, "ms", 1_000,
                f"{times} rotations on a real API server, operator and gateway two processes; longest {quantile(delays, 0.99) * 1_000:.0f} ms; "
                f"with it {legs:.0f} legs taken and {refused:.0f} refused each time, for {len(requests)} pairs of user and server")
