# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The order in which Benchmarks/gateway/run measures."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from calls import allow_many_connections
from common.report import Report, log
from exchanges import newcomers, stampede
from memory import million, streams, tokens
from passthrough import passthrough
from outages import operator_outage, provider_outage
from renewal import renewal
from rotation import rotation
from setting import Run
from starts import start
from verification import signatures

METHOD = """\
One run on one machine, on {cpus} CPUs that gateways, backends, the identity provider, the authorization server and the clients
share. Contenders take turns, and what is printed is the median of the rounds. CPU is user and system time of a process and of
those it started, from /proc. A goal is an upper bound unless it says otherwise, and the ratio is measured over goal."""

PARTS = {
    part.__name__: part
    for part in (
        passthrough, stampede, newcomers, signatures, tokens, streams, million, start, rotation, operator_outage, provider_outage,
        renewal,
    )
}
# What --quick makes of the defaults: enough to see that everything runs.
QUICK = {
    "rounds": 1, "seconds": 2, "callers": 200, "newcomer_seconds": 5, "bearers": 12_000, "users": 300, "streams": 500,
    "requests": 20_000, "starts": 5, "rotations": 3, "outage": 20, "renewing_users": 500, "token_lifetime": 60,
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Benchmarks/gateway/run", description="Measures the gateway beside others.")
    option = parser.add_argument
    option("--quick", action="store_true", help="small sizes and one round, for a first look")
    option("--rounds", type=int, default=3, metavar="N", help="how often each contender has its turn (default: 3)")
    option("--seconds", type=int, default=5, metavar="N", help="how long a turn is (default: 5)")
    option("--callers", type=int, default=1_000, metavar="N", help="callers of one user at once (default: 1000)")
    option("--rate", type=int, default=100, metavar="N", help="new users a second (default: 100)")
    option("--newcomer-seconds", type=int, default=100, metavar="N", help="how long they come, in all rounds together (default: 100)")
    option("--pool", type=int, default=64, metavar="N", help="connections that they share (default: 64)")
    option("--bearers", type=int, default=40_000, metavar="N", help="tokens of which each call takes the next (default: 40000)")
    option("--users", type=int, default=10_000, metavar="N", help="users whose tokens are cached (default: 10000)")
    option("--streams", type=int, default=8_000, metavar="N", help="streams at once (default: 8000)")
    option("--requests", type=int, default=1_000_000, metavar="N", help="requests that must leave nothing behind (default: 1000000)")
    option("--servers", type=int, default=100, metavar="N", help="servers that a session starts with (default: 100)")
    option("--starts", type=int, default=20, metavar="N", help="sessions that are started, one after the other (default: 20)")
    option("--load", type=int, default=500, metavar="N", help="requests a second while something is rotated or away (default: 500)")
    option("--rotations", type=int, default=10, metavar="N", help="how often a Secret is rotated (default: 10)")
    option("--outage", type=int, default=300, metavar="N", help="seconds that somebody is away (default: 300)")
    option("--renewing-users", type=int, default=1_000, metavar="N", help="users whose tokens are renewed (default: 1000)")
    option("--renewing-servers", type=int, default=20, metavar="N", help="servers of each, half of them in use (default: 20)")
    option("--token-lifetime", type=int, default=300, metavar="N", help="seconds of their access tokens (default: 300)")
    option("--only", type=lambda text: text.split(","), default=list(PARTS), metavar="PART,…", help=f"of {', '.join(PARTS)} (default: all)")
    options = parser.parse_args()
    if unknown := set(options.only) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")
    if options.quick:
        for name, value in QUICK.items():
            if getattr(options, name) == parser.get_default(name):
                setattr(options, name, value)
    return options


def main() -> int:
    options = arguments()
    for program in ("wrk", "nginx"):
        if not shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
            log(f"{program} is missing: apt-get install {program}")
            return 1
    allow_many_connections()
    report = Report(METHOD.format(cpus=os.cpu_count()))
    with tempfile.TemporaryDirectory() as name:
        run = Run(options, Path(name), report)
        try:
            for part in options.only:
                log(part)
                try:
                    PARTS[part](run)
                except (OSError, RuntimeError, ExceptionGroup) as error:
                    report.add_row("Not measured", ["part", "why"], [part, describe(error)])
        finally:
            # Also when it is interrupted.
            report.print()
    return 0


def describe(error: Exception) -> str:
    """On one line, with what happened first in a group of errors."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return " ".join(f"{type(error).__name__}: {error}".split()).replace("|", "/")


if __name__ == "__main__":
    sys.exit(main())
