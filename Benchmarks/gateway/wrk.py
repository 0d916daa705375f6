# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""wrk, which sends tool calls as fast as they are answered."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcp_server import ACCEPT, TOOL, tool_call

SCRIPT = """\
wrk.method = "POST"
wrk.body = {body}
wrk.headers = {{ {headers} }}
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('\\nfound {{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "refused": %d, "lost": %d}}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
"""
# Each thread begins at a place of its own in the file, and after its end at its start.
MANY_TOKENS = """\
local count = 0
function setup(thread) thread:set("number", count); count = count + 1 end
function init()
  tokens = {{}}
  for line in io.lines({path}) do tokens[#tokens + 1] = line end
  place = math.floor(#tokens / {threads}) * number
end
function request()
  place = place % #tokens + 1
  wrk.headers["Authorization"] = "Bearer " .. tokens[place]
  return wrk.format()
end
"""


@dataclass
class Load:
    """What wrk found."""

    requests: int
    microseconds: int
    # Microseconds.
    p50: int
    p99: int
    refused: int
    lost: int

    @property
    def rate(self) -> float:
        """Calls a second that were answered, and not refused."""
        return (self.requests - self.refused) / (self.microseconds / 1e6)

    @property
    def failed(self) -> int:
        return self.refused + self.lost


def quoted(text: str) -> str:
    """A text in Lua; those used here have nothing that JSON writes in a way of its own."""
    return json.dumps(text)


def wrk(
    directory: Path, url: str, headers: dict[str, str], connections: int, seconds: int, tokens: Sequence[str] = (), tool: str = TOOL
) -> Load:
    """Sends tool calls for some time; with tokens, a different one each time."""
    threads = min(2, connections)
    fields = ", ".join(f"[{quoted(name)}] = {quoted(value)}" for name, value in {**ACCEPT, **headers}.items())
    text = SCRIPT.format(body=quoted(tool_call(tool).decode()), headers=fields)
    if tokens:
        path = directory / "tokens"
        path.write_text("\n".join(tokens) + "\n")
        text += MANY_TOKENS.format(path=quoted(str(path)), threads=threads)
    script = directory / "load.lua"
    script.write_text(text)
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script), url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120)
    found = re.search(r"^found (\{.*\})$", ended.stdout, re.MULTILINE)
    if not found:
        raise RuntimeError(f"wrk: {ended.stderr or ended.stdout}")
    return Load(**json.loads(found.group(1)))
