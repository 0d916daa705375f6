# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""HTTP servers that record every byte they get and answer whatever a test wants, and a client that hides nothing."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Fields = list[tuple[str, str]]


def values(fields: Fields, name: str) -> list[str]:
    return [value for key, value in fields if key.lower() == name.lower()]


@dataclass
class Received:
    """One request, as it came."""

    method: str
    path: str
    headers: Fields
    body: bytes
    # Every byte of its head, the empty line included.
    head: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        found = values(self.headers, name)
        assert len(found) < 2, f"{name} came {len(found)} times"
        return found[0] if found else None

    def form(self) -> dict[str, str]:
        pairs = urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs), "a parameter came twice"
        return dict(pairs)

    def json(self) -> dict:
        return json.loads(self.body)

    def text(self, without: str = "") -> str:
        """All of it, for searching; without one header field."""
        kept = [f"{key}: {value}" for key, value in self.headers if key.lower() != without.lower()]
        return "\n".join([f"{self.method} {self.path}", *kept, self.body.decode("utf-8", "replace")])


@dataclass
class Reply:
    """An answer with a length; anything else a handler writes to the connection itself."""

    status: int = 200
    body: bytes | dict = b""
    headers: Fields = field(default_factory=list)

    def bytes(self) -> bytes:
        fields = list(self.headers)
        body = self.body
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            if not values(fields, "Content-Type"):
                fields.append(("Content-Type", "application/json"))
        if not values(fields, "Content-Length"):
            fields.append(("Content-Length", str(len(body))))
        head = "".join(f"{key}: {value}\r\n" for key, value in fields)
        return f"HTTP/1.1 {self.status} Whatever\r\n{head}\r\n".encode("latin-1") + body


# Gets the request and its connection; `None` closes the connection.
Handler = Callable[[Received, socket.socket], Reply | None]


class Peer:
    """A server on a loopback port, with a thread for each connection."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[Received] = []
        self.failures: list[BaseException] = []
        self.closing = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=2_048)
        self.port = self.listener.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            reader = connection.makefile("rb")
            while not self.closing.is_set():
                request = read_request(reader)
                if request is None:
                    return
                self.requests.append(request)
                try:
                    reply = self.handler(request, connection)
                except OSError:
                    return  # The other side has gone.
                except BaseException as error:
                    self.failures.append(error)
                    raise
                if reply is None:
                    return
                connection.sendall(reply.bytes())
                if "close" in [value.lower() for value in values(reply.headers, "Connection")]:
                    return


def read_request(reader) -> Received | None:
    head = reader.readline()
    if not head.strip():
        return None
    method, path, _ = head.decode("latin-1").strip().split(" ", 2)
    headers: Fields = []
    while True:
        line = reader.readline()
        head += line
        if not (field_line := line.decode("latin-1").rstrip("\r\n")):
            break
        key, _, value = field_line.partition(":")
        headers.append((key, value.strip()))
    if values(headers, "Transfer-Encoding"):
        body = b""
        while size := int(reader.readline().split(b";")[0], 16):
            body += reader.read(size)
            reader.readline()
        reader.readline()
    else:
        body = reader.read(int((values(headers, "Content-Length") or ["0"])[0]))
    return Received(method, path, headers, body, head)


@dataclass
class Answer:
    """A response, as it came."""

    status: int
    headers: Fields
    body: bytes

    def header(self, name: str) -> str | None:
        found = values(self.headers, name)
        assert len(found) < 2, f"{name} came {len(found)} times: {found}"
        return found[0] if found else None

    def json(self) -> dict:
        try:
            return json.loads(self.body)
        except ValueError:
            raise AssertionError(f"no JSON: {self}") from None

    def __str__(self) -> str:
        head = "\n".join(f"{key}: {value}" for key, value in self.headers)
        return f"{self.status}\n{head}\n\n{self.body[:4_000].decode('utf-8', 'replace')}"


def send(
    origin: str, method: str, path: str, headers: Fields = (), body: bytes | None = None, timeout: float = 40,
) -> Answer:
    """One request on a connection of its own; header fields may repeat, and none is added but Host and Content-Length."""
    url = urllib.parse.urlsplit(origin)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=timeout)
    try:
        connection.putrequest(method, path, skip_host=bool(values(list(headers), "Host")), skip_accept_encoding=True)
        for key, value in headers:
            connection.putheader(key, value.encode("latin-1"))
        if body is not None and not values(list(headers), "Content-Length"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        if body is not None:
            # A server may refuse a large body before it has read all of it.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.send(body)
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        connection.close()


@contextlib.contextmanager
def stream(
    origin: str, method: str, path: str, headers: Fields = (), body: bytes | None = None, timeout: float = 40,
) -> Iterator[tuple[Answer, http.client.HTTPResponse]]:
    """Like `send`, up to the response's head; the rest is read by the caller as it comes."""
    url = urllib.parse.urlsplit(origin)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request(method, path, body, dict(headers))
        # The response holds the socket, so it is closed as well, in the middle if need be.
        with contextlib.closing(connection.getresponse()) as response:
            yield Answer(response.status, response.getheaders(), b""), response
