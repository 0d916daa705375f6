# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""A gateway as the operator sees it: reads the route stream and reports, written from docs/route-stream.md alone."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path


def connect(port: int, authority: Path | None, timeout: float = 60) -> http.client.HTTPConnection:
    if authority is None:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    context = ssl.create_default_context(cafile=str(authority))
    connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=timeout)
    connection._create_connection = lambda _, *rest: http.client.socket.create_connection(("127.0.0.1", port), *rest[:1])  # type: ignore[attr-defined]
    return connection


Outcome = Callable[[dict], dict]


def applied(_: dict) -> dict:
    return {"outcome": "applied"}


class Gateway:
    """Follows one replica in a thread, beginning with the routes it has, and reports to any number of replicas."""

    def __init__(
        self, port: int, token: str, authority: Path | None, instance: str, report_to: list[int] | None = None,
        outcome: Outcome = applied, routes: dict[str, dict] | None = None,
    ) -> None:
        self.port, self.token, self.authority, self.instance = port, token, authority, instance
        self.report_to = report_to or [port]
        self.routes = routes or {}
        self.revision = 0
        self.synced = threading.Event()
        self.ended = threading.Event()
        self.kinds: list[str] = []
        self.outcome = outcome
        self.reports = True
        self.stopped = False
        self.told: set[int] = set()
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()
        self.reporter = threading.Thread(target=self._report_forever, daemon=True)
        self.reporter.start()

    def stop(self) -> None:
        self.stopped = True

    def request(self, method: str, path: str, body: dict | None = None, port: int | None = None) -> http.client.HTTPResponse:
        connection = connect(port or self.port, self.authority)
        connection.request(
            method, path, json.dumps(body) if body is not None else None,
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        return connection.getresponse()

    def report(self, port: int) -> int:
        """Sends everything this gateway holds; returns the status code."""
        held = [{"key": key, "version": route["version"], **self.outcome(route)} for key, route in list(self.routes.items())]
        body = {"revision": self.revision, "full": True, "routes": held}
        return self.request("POST", f"/v1/gateways/{self.instance}/status", body, port).status

    def _report_forever(self) -> None:
        self.synced.wait()
        seen: dict[int, str] = {}
        last = 0.0
        while not self.stopped:
            state = json.dumps([(key, route["version"]) for key, route in sorted(self.routes.items())])
            due = time.monotonic() > last + 10
            if self.reports:
                for port in self.report_to:
                    if seen.get(port) == state and not due:
                        continue
                    try:
                        if self.report(port) == 204:
                            seen[port] = state
                    except OSError:
                        seen.pop(port, None)
                last = time.monotonic() if due else last
            time.sleep(0.1)

    def _follow(self) -> None:
        try:
            response = self.request("GET", "/v1/routes?watch=true")
            assert response.status == 200, response.status
            building: dict[str, dict] | None = None
            while not self.stopped and (line := response.readline()):
                event = json.loads(line)
                self.kinds.append(event["type"])
                table = self.routes if building is None else building
                if event["type"] == "RESET":
                    building = {}
                elif event["type"] == "PUT":
                    table[event["route"]["key"]] = event["route"]
                elif event["type"] == "KEEP":
                    if event["key"] in self.routes:
                        table[event["key"]] = self.routes[event["key"]]
                elif event["type"] == "DELETE":
                    table.pop(event["key"], None)
                elif event["type"] == "SYNCED" and building is not None:
                    self.routes, building = building, None
                    self.synced.set()
                self.revision = event.get("revision", self.revision)
        except (OSError, AssertionError, ValueError):
            pass
        finally:
            self.ended.set()
