# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""API servers that cost the operator nothing: what they say is made up, over plain loopback HTTP."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

PAGE = 500
EMPTY = b'{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}'

# What a server answers that can begin no watch with everything there is: the operator then lists.
UNSUPPORTED = b'{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Invalid","code":422,"message":"sendInitialEvents: Forbidden"}'


def compact(value: dict) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


class ScriptedServer:
    """Serves empty lists and watches that stay silent, until the block ends."""

    def __init__(self) -> None:
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"script": self}))
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def __enter__(self) -> ScriptedServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()

    def kubeconfig(self, directory: Path) -> Path:
        path = directory / f"scripted-{self.http.server_port}.kubeconfig"
        path.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "c", "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.http.server_port}"}}],
        }))
        return path

    def list(self, path: str, start: int) -> bytes:
        """A page of the list at this path; `start` is what its continue token says, or 0."""
        return EMPTY

    def watch(self, path: str, connection: Handler) -> None:
        """A watch has begun, and may be written to."""

    def patch(self, path: str, body: dict) -> dict:
        return body

    def post(self, path: str, body: dict) -> dict:
        return body


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Else an event waits for the answer to the one before.
    disable_nagle_algorithm = True
    script: ScriptedServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if "sendInitialEvents" in query:
            self.answer(UNSUPPORTED, 422)
            return
        if "watch" not in query:
            self.answer(self.script.list(url.path, int(query.get("continue", ["0"])[0])))
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.script.watch(url.path, self)
        time.sleep(3_600)

    def do_PATCH(self) -> None:
        self.answer(compact(self.script.patch(urlsplit(self.path).path, self.body())))

    def do_POST(self) -> None:
        self.answer(compact(self.script.post(urlsplit(self.path).path, self.body())), 201)

    def body(self) -> dict:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent: the report is all that is printed."""
