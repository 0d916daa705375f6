# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""MCP servers that stream, stall, break off or are hostile: what of them reaches a caller, and what does not."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import wait_for
from gateway_world import Gateway, User, World, mcp_path, refused, world  # noqa: F401 (fixtures)
from http_peer import Fields, Received, Reply

EVENTS = ("Content-Type", "text/event-stream")
RESULT = {"jsonrpc": "2.0", "id": 1, "result": {}}


class Scene:
    """One server without tokens whose behaviour a test sets, and a user."""

    def __init__(self, world: World, **configuration: object) -> None:
        self.world = world
        self.backend = world.backend()
        world.add("hostile", self.backend.url, timeout=3)
        self.gateway: Gateway = world.serve(**configuration)
        self.user: User = world.sign_in("alice")

    def replies(self, status: int = 200, body: bytes | dict = RESULT, headers: Fields = ()) -> None:
        self.backend.behave = lambda request, _: Reply(status, body, list(headers))

    def writes(self, *blocks: bytes, pause: float = 0, hold: bool = False) -> None:
        """Writes exactly these bytes and closes, or goes on holding the connection."""

        def behave(request: Received, connection: socket.socket) -> None:
            for block in blocks:
                connection.sendall(block)
                time.sleep(pause)
            if hold:
                self.backend.closing.wait(60)

        self.backend.behave = behave

    def call(self, timeout: float = 40):
        return self.gateway.call(self.user, "hostile", timeout=timeout)

    def works(self) -> None:
        """Everybody else, and the same server once it behaves."""
        assert self.gateway.whoami(self.user, "todo")["user"] == "alice"
        self.backend.behave = None
        assert self.call().status == 200


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


# Headers.

FORBIDDEN = [
    ("Set-Cookie", "session=planted"), ("Location", "https://evil.example/planted"), ("WWW-Authenticate", 'Bearer realm="planted"'),
    ("Access-Control-Allow-Origin", "https://planted.example"), ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Expose-Headers", "planted"), ("Clear-Site-Data", '"planted"'), ("Proxy-Authenticate", "Basic planted"),
    ("Strict-Transport-Security", "max-age=planted"), ("Refresh", "0; url=https://planted.example"), ("Link", "<planted>; rel=preload"),
    ("Content-Disposition", "attachment; filename=planted"), ("Service-Worker-Allowed", "/planted"), ("Alt-Svc", 'h2="planted:443"'),
    ("Server", "planted"), ("X-Powered-By", "planted"), ("Content-Security-Policy", "default-src planted"), ("Set-Cookie2", "planted"),
    ("X-Content-Type-Options", "planted"), ("Public-Key-Pins", "planted"), ("NEL", "planted"), ("Report-To", "planted"),
    ("X-Request-Id", "planted"), ("Upgrade", "planted"), ("Trailer", "planted"), ("Content-Language", "planted"),
]


@pytest.mark.parametrize("field", FORBIDDEN, ids=lambda field: field[0])
def test_a_header_that_is_not_allowed_does_not_pass(scene: Scene, field: tuple[str, str]) -> None:
    """It would be believed as the gateway's own, because it would come from the gateway's origin."""
    scene.replies(headers=[field])
    answer = scene.call()
    assert answer.status == 200, answer
    assert "planted" not in "\n".join(f"{name}: {value}" for name, value in answer.headers), answer
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Content-Security-Policy") == "sandbox"
    assert answer.header("X-Request-Id")
    # And no error of the server's lets it through either.
    scene.replies(400, headers=[field])
    assert "planted" not in "\n".join(f"{name}: {value}" for name, value in scene.call().headers)


def test_headers_of_the_protocol_pass(scene: Scene) -> None:
    scene.replies(headers=[("Mcp-Protocol-Version", "2026-07-28"), ("Mcp-Custom", "kept"), ("Cache-Control", "no-store"), ("Retry-After", "9")])
    answer = scene.call()
    assert answer.header("Mcp-Protocol-Version") == "2026-07-28" and answer.header("Mcp-Custom") == "kept"
    assert answer.header("Cache-Control") == "no-store" and answer.header("Retry-After") == "9"
    assert (answer.header("Content-Type") or "").startswith("application/json")


@pytest.mark.parametrize(
    "line",
    [b"Mcp-Evil: a\r\n b", b"Mcp-Evil: a\x00b", b"Mcp-Evil\x00: a", b"Mcp-Evil : a", b"Mcp-Evil: a\rSet-Cookie: planted=1",
     b"Mcp-Evil: a\nSet-Cookie: planted=1", b"Mcp-Session-Id: " + b"x" * 100_000],
    ids=["folded", "NUL in a value", "NUL in a name", "space before the colon", "bare CR", "bare LF", "100 KB"],
)
def test_headers_that_are_none_inject_nothing(scene: Scene, line: bytes) -> None:
    """Whatever the gateway makes of it, the caller gets one well-formed answer without the smuggled field."""
    body = json.dumps(RESULT).encode()
    scene.writes(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n\r\n%s" % (len(body), line, body))
    answer = scene.call()
    assert answer.header("Set-Cookie") is None, answer
    assert answer.status in (200, 502), answer
    assert not any("\r" in value or "\n" in value or "\0" in value for _, value in answer.headers), answer
    if answer.status == 502:
        refused(answer, 502, "UpstreamInvalid", "demo/hostile")
    scene.works()


# Answers that are none.


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_not_followed_and_does_not_pass(scene: Scene, status: int) -> None:
    trap = scene.world.peer(lambda request, _: Reply(200, RESULT))
    scene.replies(status, b"", [("Location", trap.origin + "/mcp")])
    answer = scene.call()
    refused(answer, 502, "UpstreamInvalid", "demo/hostile")
    assert answer.header("Location") is None and not trap.requests
    scene.works()


@pytest.mark.parametrize(
    "kind",
    ["text/html", "text/plain", "application/octet-stream", "image/svg+xml", "application/xhtml+xml", "application/json-seq",
     "text/html; charset=application/json", "multipart/x-mixed-replace; boundary=x", "application/javascript", "", None],
    ids=str,
)
def test_a_page_does_not_pass(scene: Scene, kind: str | None) -> None:
    """Only JSON and event streams are let through, because they answer on the gateway's own origin."""
    page = b"<script>alert('planted')</script>"
    scene.replies(200, page, [] if kind is None else [("Content-Type", kind)])
    answer = scene.call()
    refused(answer, 502, "UpstreamInvalid", "demo/hostile")
    assert b"planted" not in answer.body and "planted" not in scene.gateway.log()
    scene.works()


def test_an_errors_page_does_not_pass_either(scene: Scene) -> None:
    for status in (400, 404, 500, 503):
        scene.replies(status, b"<script>planted</script>", [("Content-Type", "text/html")])
        answer = scene.call()
        assert b"planted" not in answer.body and "html" not in (answer.header("Content-Type") or ""), answer
        assert answer.status in (status, 502), answer


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 99 Low\r\n\r\n", b"HTTP/1.1 1000 High\r\n\r\n", b"HTTP/3.0 200 OK\r\n\r\n",
     b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x03\x01\x00\x02\x02\x28", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n{}",
     b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
     b"HTTP/1.1 200 OK\r\n" + b"X-Many: y\r\n" * 200_000 + b"\r\n"],
    ids=["nothing", "nonsense", "status 99", "status 1000", "HTTP 3", "SSH", "TLS", "negative length", "101", "endless head"],
)
def test_what_is_no_answer_is_a_502_that_may_have_been_executed(scene: Scene, answer: bytes) -> None:
    """The request was sent, so it is not sent again, and the message says that it may have been executed."""
    scene.writes(answer)
    received = scene.call()
    refused(received, 502, "UpstreamInvalid", "demo/hostile")
    assert len(scene.backend.requests) == 1, "a request was sent twice"
    scene.works()


def test_a_request_that_lost_its_answer_is_not_sent_again(scene: Scene) -> None:
    """On a connection that was used before, too: there libraries like to try once more."""
    assert scene.call().status == 200
    assert scene.call().status == 200
    count = len(scene.backend.requests)
    scene.backend.behave = lambda request, _: None
    answer = scene.call()
    refused(answer, 502, "UpstreamInvalid", "demo/hostile")
    assert "may have been executed" in answer.json()["error"]["message"]
    assert len(scene.backend.requests) == count + 1
    scene.works()


def test_a_server_that_is_not_there_is_a_502(scene: Scene) -> None:
    scene.world.add("hostile", f"http://127.0.0.1:{_closed_port()}/mcp")
    wait_for("the new address", lambda: scene.call().status != 200)
    answer = scene.call()
    assert answer.status in (502, 503), answer
    refused(answer, answer.status, answer.json()["error"]["data"]["reason"], "demo/hostile")
    assert scene.gateway.whoami(scene.user, "todo")["user"] == "alice"


def _closed_port() -> int:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return closed.getsockname()[1]


def test_a_server_that_never_answers_is_a_504(scene: Scene) -> None:
    """`timeout` is what its manifest allows for the response's head."""
    scene.writes(hold=True)
    refused(scene.call(), 504, "UpstreamTimeout", "demo/hostile")
    scene.writes(b"HTTP/1.1 200 OK\r\nContent-Type: app", hold=True)
    refused(scene.call(), 504, "UpstreamTimeout", "demo/hostile")
    scene.works()


# Bodies that break off or have no end.


@pytest.mark.parametrize(
    "answer",
    [b"Content-Length: 100\r\n\r\n{\"jsonrpc\"", b"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"jso\r\n", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}",
     b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFF\r\n{}"],
    ids=["short of its length", "without its end", "chunk without a size", "chunk of a size that is none"],
)
def test_an_answer_that_breaks_off_does_not_look_whole(scene: Scene, answer: bytes) -> None:
    """Either the gateway says so in its own words, or the caller's connection breaks off as well."""
    scene.writes(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + answer)
    try:
        received = scene.call()
    except (http.client.IncompleteRead, http.client.HTTPException, ConnectionError):
        received = None
    if received is not None:
        refused(received, 502, "UpstreamInvalid", "demo/hostile")
    assert len(scene.backend.requests) == 1
    scene.works()


@pytest.mark.parametrize("framing", [b"Transfer-Encoding: chunked", b"Content-Length: 77"], ids=["chunked", "two-lengths"])
def test_a_server_cannot_answer_the_next_request_too(scene: Scene, framing: bytes) -> None:
    """Two framings of one answer: what is beyond the shorter one is never read as the answer to another request."""
    forged = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n\"forged\"  "
    body = b"{}" + forged
    if b"chunked" in framing:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n" + framing + b"\r\n\r\n"
    scene.writes(head + body)
    connection = http.client.HTTPConnection(scene.gateway.base.removeprefix("http://"), timeout=20)
    headers = {"Authorization": f"Bearer {scene.user.token}", "Content-Type": "application/json", "Accept": "application/json"}
    with contextlib.suppress(http.client.HTTPException, OSError):
        connection.request("POST", mcp_path("hostile"), b"{}", headers)
        connection.getresponse().read()
        connection.request("GET", "/servers", headers={"Authorization": f"Bearer {scene.user.token}"})
        answer = connection.getresponse().read()
        assert b"forged" not in answer and b"servers" in answer, answer
    connection.close()


def test_an_event_stream_that_dies_ends_for_its_caller(scene: Scene) -> None:
    """The events before its death arrive; what follows is no end like a good one."""
    chunk = b"data: {\"n\":1}\n\n"
    scene.writes(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(chunk), chunk), pause=0.3)
    with scene.gateway.stream("POST", "hostile", scene.user, body={"jsonrpc": "2.0", "id": 1, "method": "tools/call"}) as (answer, response):
        assert answer.status == 200 and answer.header("Content-Type") == "text/event-stream"
        assert response.read(len(chunk)) == chunk
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            assert response.read() != b"", "the stream ended as if all was well"
    scene.works()


def test_bad_events_are_the_clients_to_judge(scene: Scene) -> None:
    """An event stream passes as it comes: nothing in it is read, and nothing in it harms the gateway."""
    nonsense = b": comment\n\nevent: \x00\ndata: {{{\n\nid\xff\xfe: 7\r\n\r\r\ndata\n\n" + b"data: " + b"x" * 3_000_000 + b"\n\nretry: -1\n\n"
    scene.replies(200, nonsense, [EVENTS])
    answer = scene.call()
    assert answer.status == 200 and answer.body == nonsense
    scene.works()


def test_a_gigabyte_streams_through_without_being_kept(scene: Scene) -> None:
    """1 GB in one answer: the caller may leave at any time, and the gateway's memory stays where it was."""
    sent = [0]
    ended = threading.Event()
    block = b"data: " + b"x" * 65_520 + b"\n\n"

    def flood(request: Received, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1073741824\r\n\r\n")
        with contextlib.suppress(OSError):
            while sent[0] < 1 << 30:
                sent[0] += connection.send(block)
        ended.set()

    assert scene.call().status == 200
    before = scene.gateway.memory()
    scene.backend.behave = flood
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    with scene.gateway.stream("POST", "hostile", scene.user, body=body) as (answer, response):
        assert answer.status == 200
        # A caller who does not read holds the server back.
        time.sleep(1.5)
        held = sent[0]
        time.sleep(1)
        assert sent[0] == held and held < 64 << 20, f"{held} bytes were taken from the server for a caller who reads nothing"
        read = 0
        while read < 200 << 20:
            read += len(response.read(1 << 20))
        assert scene.gateway.memory() - before < 40 << 20
    assert ended.wait(20), "the server's connection outlived the caller"
    assert sent[0] < 1 << 30
    scene.works()


def test_a_gigabyte_of_json_is_not_kept(scene: Scene) -> None:
    """One JSON document of 1 GB streams through, or is cut off with an error; it is never in memory."""
    ended = threading.Event()

    def flood(request: Received, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(16_384):
                connection.sendall(b" " * 65_536)
        ended.set()

    assert scene.call().status == 200
    before = scene.gateway.memory()
    scene.backend.behave = flood
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    peak = 0
    with scene.gateway.stream("POST", "hostile", scene.user, body=body) as (answer, response):
        assert answer.status in (200, 502), answer
        for _ in range(300):
            if not response.read(1 << 20):
                break
            peak = max(peak, scene.gateway.memory())
    assert peak - before < 40 << 20
    assert ended.wait(20)
    scene.works()


# Streams.


def test_events_arrive_when_they_are_sent(scene: Scene) -> None:
    """Nothing is held back: each event is read before the next is written."""
    proceed = threading.Semaphore(0)

    def behave(request: Received, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for number in range(5):
            assert proceed.acquire(timeout=20)
            connection.sendall(b"data: %d\n\n" % number)

    scene.backend.behave = behave
    for method, body in (("POST", {"jsonrpc": "2.0", "id": 1, "method": "x"}), ("GET", None)):
        with scene.gateway.stream(method, "hostile", scene.user, body=body) as (answer, response):
            assert answer.status == 200 and answer.header("Content-Type") == "text/event-stream"
            for number in range(5):
                proceed.release()
                assert response.read(9) == b"data: %d\n\n" % number
            assert response.read() == b""


def test_a_caller_who_leaves_ends_the_servers_stream(scene: Scene) -> None:
    gone = threading.Event()

    def behave(request: Received, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        with contextlib.suppress(OSError):
            if connection.recv(1) == b"":
                gone.set()

    scene.backend.behave = behave
    with scene.gateway.stream("GET", "hostile", scene.user) as (answer, response):
        assert response.read(9) == b"data: 1\n\n"
    assert gone.wait(20), "the server still writes for nobody"


def test_a_stream_ends_with_its_callers_token(scene: Scene) -> None:
    """A bearer token cannot be renewed, so its end is the stream's, however long the server would go on."""
    scene.writes(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n", hold=True)
    user = scene.world.sign_in("alice", lifetime=4)
    start = time.monotonic()
    with scene.gateway.stream("GET", "hostile", user) as (answer, response):
        assert answer.status == 200, answer
        assert response.read(9) == b"data: 1\n\n"
        with contextlib.suppress(OSError, http.client.HTTPException):
            assert response.read() == b""
    # The gateway may let clocks differ by 30 s, and has 5 s to notice.
    assert 3 < time.monotonic() - start < 40, "the stream went on without its token, or ended before it"
    wait_for("the token's end", lambda: scene.gateway.call(user, "hostile").status == 401, 40)


def test_a_stop_ends_open_streams(scene: Scene) -> None:
    """A stream might go on for hours: SIGTERM ends it as a whole answer, and the gateway with exit code 0."""
    scene.writes(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n", hold=True)
    with scene.gateway.stream("GET", "hostile", scene.user) as (answer, response):
        assert answer.status == 200, answer
        assert response.read(9) == b"data: 1\n\n"
        scene.gateway.process.terminate()
        assert response.read() == b""
        assert scene.gateway.process.wait(20) == 0


def test_a_stop_lets_an_answer_that_is_a_stream_finish(scene: Scene) -> None:
    """A tool's result may come as an event: SIGTERM does not cut it off."""
    proceed = threading.Event()

    def behave(_: Received, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: 1\n\n")
        proceed.wait(20)
        connection.sendall(b"data: 2\n\n")

    scene.backend.behave = behave
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    with scene.gateway.stream("POST", "hostile", scene.user, body=call) as (answer, response):
        assert answer.status == 200, answer
        assert response.read(9) == b"data: 1\n\n"
        scene.gateway.process.terminate()
        time.sleep(0.5)
        proceed.set()
        assert response.read() == b"data: 2\n\n"
    assert scene.gateway.process.wait(40) == 0


def test_many_streams_of_one_server_leave_room(world: World) -> None:
    """Above `limits.streams` a caller is told to come later; everybody else is served."""
    scene = Scene(world, limits={"streams": 4})
    scene.writes(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n", hold=True)
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            answer, response = stack.enter_context(scene.gateway.stream("GET", "hostile", scene.user))
            assert answer.status == 200, answer
            assert response.read(9) == b"data: 1\n\n"  # type: ignore[attr-defined]
        answer = scene.gateway.request("GET", mcp_path("hostile"), scene.user, [("Accept", "text/event-stream")])
        assert answer.status in (429, 503) and int(answer.header("Retry-After") or 0) >= 1, answer
    wait_for("room", lambda: _opens(scene), 20)


def _opens(scene: Scene) -> bool:
    with scene.gateway.stream("GET", "hostile", scene.user) as (answer, _):
        return answer.status == 200


def test_connections_to_a_server_are_used_again(scene: Scene) -> None:
    """A hundred calls in a row do not cost a hundred connections."""
    accepted: list[int] = []
    serve = scene.backend._serve

    def counted(connection: socket.socket) -> None:
        accepted.append(1)
        serve(connection)

    scene.backend._serve = counted  # type: ignore[method-assign]
    for _ in range(100):
        assert scene.call().status == 200
    assert len(accepted) <= 5, len(accepted)
    with ThreadPoolExecutor(10) as pool:
        assert {answer.status for answer in pool.map(lambda _: scene.call(), range(200))} == {200}
    assert len(accepted) <= 60, len(accepted)
