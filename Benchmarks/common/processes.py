# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Sallyport as a process, and what any process has used."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import yaml

ROOT = Path(__file__).resolve().parents[2]


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
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    ticks = int(numbers[11]) + int(numbers[12])
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    kib = {name: int(status[name].split()[0]) for name in ("VmRSS", "VmHWM", "RssAnon")}
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), kib["VmRSS"], kib["VmHWM"], kib["RssAnon"])


def family(pid: int) -> list[int]:
    """A process and all that it started and that still run."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(member for child in children for member in family(int(child)))]


def family_usage(pid: int) -> Usage:
    """What a process and those that it started have used, added up."""
    each = [usage(member) for member in family(pid)]
    return Usage(*(sum(getattr(used, item.name) for used in each) for item in fields(Usage)))


class Sallyport:
    """The binary running one of its commands until the block ends, and what its metrics say."""

    def __init__(
        self, command: str, arguments: list[str], directory: Path, configuration: dict, environment: dict[str, str] | None = None
    ) -> None:
        self.health = free_port()
        path = directory / f"{command}-{self.health}.yaml"
        path.write_text(yaml.safe_dump({**configuration, "health": {"listen": f"127.0.0.1:{self.health}"}}))
        self.log_path = path.with_suffix(".log")
        self.start = time.monotonic()
        with open(self.log_path, "wb") as output:
            self.process = subprocess.Popen(
                [ROOT / "bin/sallyport", command, *arguments, "--config", path],
                stdout=output, stderr=output, env={**os.environ, "SALLYPORT_LOG_LEVEL": "warning", **(environment or {})},
            )

    def __enter__(self) -> Self:
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
        """The sum of a metric's series that have that label; 0 while it does not answer."""
        return int(sum(value for key, value in self.series().items() if key.startswith(name) and label in key))

    def wait(self, condition: Callable[[], bool], seconds: float = 900, pause: float = 0.25) -> float:
        """Waits for a condition; returns the seconds since the process started."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise TimeoutError(self.log_path.read_text()[-2_000:] or f"nothing after {seconds} s")
            time.sleep(pause)
        return time.monotonic() - self.start

    def wait_ready(self, pause: float = 0.25) -> None:
        self.wait(lambda: self.fetch("/readyz") != "", pause=pause)
