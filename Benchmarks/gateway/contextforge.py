# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""ContextForge before an MCP server: its own configuration, as far as it is not needed to be measured, left alone."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from background import Background
from common.processes import ROOT
from mcp_server import ACCEPT

ENVIRONMENT = ROOT / ".build/bench-contextforge"
ADMINISTRATOR = "admin@corp.example"
# Limits and addresses that would refuse the load, what is of no use without a browser, and logs.
SETTINGS = {
    "RATE_LIMITING_ENABLED": "false", "TOOL_RATE_LIMIT": "1000", "SSRF_ALLOW_LOCALHOST": "true",
    "MCPGATEWAY_UI_ENABLED": "false", "LOG_LEVEL": "ERROR", "PLATFORM_ADMIN_EMAIL": ADMINISTRATOR,
}
SECRETS = ("JWT_SECRET_KEY", "AUTH_ENCRYPTION_SECRET", "PLATFORM_ADMIN_PASSWORD")
INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}},
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


@dataclass
class Answer:
    headers: Message
    body: bytes


class ContextForge(Background):
    """The gateway with one server registered, and the headers that a caller sends.

    In a session it stays connected to the server, which is several times faster, but it serves one caller at a time: more
    are refused, or wait for ever.
    """

    def __init__(self, port: int, backend: str, directory: Path, *, session: bool) -> None:
        home = directory / f"contextforge-{port}"
        home.mkdir()
        environment = {
            **SETTINGS, "USE_STATEFUL_SESSIONS": str(session).lower(), "DATABASE_URL": f"sqlite:///{home}/mcp.db",
            **{name: secrets.token_urlsafe(48) for name in SECRETS},
        }
        command = [str(ENVIRONMENT / "bin/mcpgateway"), "--port", str(port), "--log-level", "error", "--no-access-log"]
        super().__init__("contextforge", command, port, home, environment, seconds=180)
        try:
            self.headers = {"Authorization": f"Bearer {self._token(environment)}"}
            self.path = self._register(backend)
            if session:
                self._start_session()
        except BaseException:
            self.stop()
            raise

    def _token(self, environment: dict[str, str]) -> str:
        command = [
            str(ENVIRONMENT / "bin/python"), "-m", "mcpgateway.utils.create_jwt_token", "--username", ADMINISTRATOR, "--admin",
            "--exp", "600", "--secret", environment["JWT_SECRET_KEY"],
        ]
        made = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment})
        return made.stdout.split()[-1]

    def _register(self, backend: str) -> str:
        """Makes its server of the backend's tools; returns the path."""
        gateway = self._request("POST", "/gateways", {"name": "bench", "url": backend, "transport": "STREAMABLEHTTP"})
        deadline = time.monotonic() + 30
        while not (tools := self._request("GET", "/tools")):
            if time.monotonic() > deadline:
                raise RuntimeError(f"ContextForge found no tools: {gateway}")
            time.sleep(0.2)
        self.tool = tools[0]["name"]
        server = {"name": "bench", "associated_tools": [tool["id"] for tool in tools]}
        return f"/servers/{self._request('POST', '/servers', {'server': server})['id']}/mcp"

    def _start_session(self) -> None:
        """Its id becomes part of the headers."""
        self.headers["Mcp-Session-Id"] = self._send("POST", self.path, INITIALIZE).headers["Mcp-Session-Id"]
        self._send("POST", self.path, INITIALIZED)

    def _request(self, method: str, path: str, body: object = None) -> Any:
        return json.loads(self._send(method, path, body).body)

    def _send(self, method: str, path: str, body: object = None) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {**ACCEPT, **self.headers}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return Answer(response.headers, response.read())
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"ContextForge: {method} {path}: {error.code} {error.read()[:300]!r}") from None
