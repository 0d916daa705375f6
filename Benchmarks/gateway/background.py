# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Programs that run while something is measured."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from common.processes import Usage, family_usage

HERE = Path(__file__).parent


class Background:
    """A program until the block ends, from when it listens on a port of 127.0.0.1."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        port: int,
        directory: Path,
        environment: dict[str, str] | None = None,
        seconds: float = 30,
    ) -> None:
        self.name, self.port = name, port
        self.log_path = directory / f"{name}-{port}.log"
        with open(self.log_path, "wb") as output:
            self.process = subprocess.Popen(
                list(command), stdout=output, stderr=output, cwd=directory, env={**os.environ, **(environment or {})}
            )
        try:
            self._wait_listening(seconds)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def usage(self) -> Usage:
        return family_usage(self.process.pid)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)

    def _wait_listening(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError(f"{self.name} does not listen: {self.last_words()}") from None
                time.sleep(0.05)

    def last_words(self) -> str:
        """The end of what it printed, as one line."""
        return " ".join(self.log_path.read_text(errors="replace")[-600:].split()) or "it printed nothing"


def python(script: str, *arguments: object) -> list[str | Path]:
    """The command that runs a script of this folder."""
    return [sys.executable, HERE / script, *(str(argument) for argument in arguments)]
