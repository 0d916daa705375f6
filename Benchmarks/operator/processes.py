# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The operator as a process, and what a process has used."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from cluster import ROOT

# Its metadata is refused at once, so that no look-up of a name is part of what is measured.
TRUST = {
    "identityProviders": [
        {
            "name": "bench", "issuer": "https://127.0.0.1:1", "clientID": "sallyport",
            "tokenEndpoints": ["https://idp.bench.example/token"],
        }
    ]
}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@dataclass
class Usage:
    """What a process has used so far."""

    cpu_seconds: float
    resident_kib: int
    peak_kib: int
    anonymous_kib: int


def usage(pid: int) -> Usage:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    kib = {name: int(status[name].split()[0]) for name in ("VmRSS", "VmHWM", "RssAnon")}
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), kib["VmRSS"], kib["VmHWM"], kib["RssAnon"])


class Operator:
    """The binary as an operator until the block ends, and what its metrics say."""

    def __init__(self, kubeconfig: Path, directory: Path, configuration: dict, name: str = "operator") -> None:
        self.health = free_port()
        path = directory / f"operator-{self.health}.yaml"
        path.write_text(yaml.safe_dump({**configuration, "health": {"listen": f"127.0.0.1:{self.health}"}}))
        self.log_path = path.with_suffix(".log")
        self.start = time.monotonic()
        with open(self.log_path, "wb") as output:
            self.process = subprocess.Popen(
                [ROOT / "bin/sallyport", "operator", "--kubeconfig", kubeconfig, "--config", path],
                stdout=output, stderr=output, env={**os.environ, "SALLYPORT_LOG_LEVEL": "warning", "POD_NAME": name},
            )

    def __enter__(self) -> Operator:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def usage(self) -> Usage:
        return usage(self.process.pid)

    def fetch(self, path: str) -> str:
        """What the health port answers; empty unless that is a 200."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health}{path}", timeout=30) as response:
                return response.read().decode()
        except OSError:
            return ""

    def series(self) -> dict[str, float]:
        lines = [line for line in self.fetch("/metrics").splitlines() if line and line[0] != "#"]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def total(self, name: str, label: str = "") -> int:
        """The sum of a metric's series that have that label; 0 while the operator does not answer."""
        return int(sum(value for key, value in self.series().items() if key.startswith(name) and label in key))

    def requests(self) -> dict[str, int]:
        """API requests so far by verb."""
        found: dict[str, int] = {}
        for name, value in self.series().items():
            if match := re.match(r'rest_client_requests_total\{.*method="(\w+)"', name):
                found[match.group(1)] = found.get(match.group(1), 0) + int(value)
        return found

    def writes(self) -> int:
        """Requests so far that write a status or an event."""
        requests = self.requests()
        return sum(requests.get(method, 0) for method in ("PATCH", "POST", "PUT"))

    def wait(self, condition: Callable[[], bool], seconds: float = 900, pause: float = 0.25) -> float:
        """Waits for a condition; returns the seconds since the process started."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise TimeoutError(self.log_path.read_text()[-2_000:] or f"{self.requests()} after {seconds} s")
            time.sleep(pause)
        return time.monotonic() - self.start

    def wait_ready(self, pause: float = 0.25) -> None:
        self.wait(lambda: self.fetch("/readyz") != "", pause=pause)

    def status_writes(self) -> int:
        return self.total("sallyport_status_writes_total")

    def wait_statuses(self, count: int) -> float:
        """Returns the seconds from the start of the process until that many statuses were written."""
        return self.wait(lambda: self.status_writes() >= count, pause=1)

    def wait_reconciles(self, count: int) -> float:
        """The same for reconciles, whether they wrote or not."""
        return self.wait(lambda: self.total("controller_runtime_reconcile_total") >= count)
