# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The operator as a process, and what a process has used."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from cluster import ROOT, Cluster

# Its metadata is refused at once, so that no look-up of a name is part of what is measured.
CONFIGURATION = {
    "identityProviders": [
        {
            "name": "bench", "issuer": "https://127.0.0.1:1", "clientID": "sallyport",
            "tokenEndpoints": ["https://idp.bench.example/token"],
        }
    ]
}


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass
class Usage:
    """What a process has used so far."""

    cpu_seconds: float
    resident_kib: int
    anonymous_kib: int


def usage(pid: int) -> Usage:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    kib = {name: int(status[name].split()[0]) for name in ("VmRSS", "RssAnon")}
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), kib["VmRSS"], kib["RssAnon"])


class Operator:
    """The binary, and what its metrics say."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        configuration = directory / f"sallyport-{self.port}.yaml"
        configuration.write_text(yaml.safe_dump({**CONFIGURATION, "health": {"listen": f"127.0.0.1:{self.port}"}}))
        self.log = open(directory / f"operator-{self.port}.log", "wb")
        self.start = time.monotonic()
        self.process = subprocess.Popen(
            [ROOT / "bin/sallyport", "operator", "--kubeconfig", cluster.kubeconfig, "--config", configuration],
            stdout=self.log, stderr=self.log, env={**os.environ, "SALLYPORT_LOG_LEVEL": "warning"},
        )

    def series(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as response:
            text = response.read().decode()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line and line[0] != "#"}

    def total(self, name: str, label: str = "") -> int:
        """The sum of a metric's series that have that label; 0 while the operator does not answer."""
        try:
            series = self.series()
        except OSError:
            return 0
        return int(sum(value for key, value in series.items() if key.startswith(name) and label in key))

    def requests(self) -> dict[str, int]:
        """API requests so far by verb."""
        found: dict[str, int] = {}
        for name, value in self.series().items():
            if name.startswith("rest_client_requests_total"):
                method = re.search(r'method="(\w+)"', name)
                key = method.group(1) if method else "?"
                found[key] = found.get(key, 0) + int(value)
        return found

    def writes(self) -> int:
        """PATCH requests so far."""
        return self.total("rest_client_requests_total", 'method="PATCH"')

    def wait(self, condition: Callable[[], bool], seconds: float = 900) -> float:
        """Waits for a condition, looking once a second; returns the seconds since the process started."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return time.monotonic() - self.start
            time.sleep(1)
        raise TimeoutError(f"{self.requests()} after {seconds} s")

    def wait_patches(self, count: int) -> float:
        """Returns the seconds from the start of the process until that many statuses were written."""
        return self.wait(lambda: self.writes() >= count)

    def wait_reconciles(self, count: int) -> float:
        """The same for reconciles, whether they wrote or not."""
        return self.wait(lambda: self.total("controller_runtime_reconcile_total") >= count)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
