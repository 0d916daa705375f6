# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Whom the gateway lets in, what it makes of bad input, and whose a session is."""

from __future__ import annotations

import contextlib
import re
import socket
import time

import pytest
from gateway_world import (  # noqa: F401 (fixtures)
    ACCEPT, JSON, Gateway, User, World, alice, bob, gateway, initialize, mcp_path, refused, unsigned, world,
)
from http_peer import send

# Callers who are not let in.


def foreign(world: World, **changes: object) -> User:
    return world.sign_in_with("alice", **changes)


@pytest.mark.parametrize(
    ("make", "description"),
    [
        (lambda world: User("nobody", "not-a-token-at-all"), "no JWT"),
        (lambda world: User("nobody", "a.b.c"), "parts that are none"),
        (lambda world: User("nobody", "eyJ" + "A" * 40_000), "far too long"),
        (lambda world: foreign(world, claims={"exp": int(time.time()) - 120}), "expired"),
        (lambda world: foreign(world, claims={"exp": None}), "without an end"),
        (lambda world: foreign(world, claims={"nbf": int(time.time()) + 600}), "of the future"),
        (lambda world: foreign(world, claims={"iat": int(time.time()) + 600}), "issued in the future"),
        (lambda world: foreign(world, claims={"aud": "https://other.example"}), "for another audience"),
        (lambda world: foreign(world, claims={"iss": "https://other.example"}), "of another issuer"),
        (lambda world: foreign(world, claims={"sub": None}), "about nobody"),
        (lambda world: foreign(world, unpublishedKey=True), "signed with another key"),
        (lambda world: foreign(world, type="oauth-id-jag+jwt"), "an ID-JAG by its type"),
        (lambda world: User("alice", unsigned(world.sign_in("alice").token)), "unsigned"),
        (lambda world: User("alice", world.sign_in("alice").token[:-4] + "AAAA"), "with a changed signature"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_a_token_that_is_not_good_lets_nobody_in(world: World, gateway: Gateway, make, description: str) -> None:
    """The answer is a challenge that says where to learn more, and nothing was asked of anybody."""
    answer = gateway.call(make(world), "todo")
    assert answer.status == 401, answer
    challenge = answer.header("WWW-Authenticate") or ""
    metadata = f"{gateway.base}/.well-known/oauth-protected-resource/servers/demo/todo/mcp"
    assert challenge.startswith("Bearer ") and f'resource_metadata="{metadata}"' in challenge, answer
    assert 'error="invalid_token"' in challenge, answer
    record = gateway.wait_audit(correlation=answer.header("X-Request-Id") or "", server="demo/todo")
    assert record["audit.outcome"] == "refused" and "oauth.leg" not in record and record["error.type"]
    assert world.demo.legs() == (0, 0) and world.demo.calls("todo.mcp") == 0


def test_a_head_without_end_is_refused(world: World, gateway: Gateway, alice: User) -> None:
    """200 KB in one field, or in many, are never kept."""
    for fields in ([("Authorization", "Bearer " + "A" * 200_000)], [alice.authorization, *[("Mcp-Many", "x" * 1_000)] * 200]):
        answer = gateway.request("POST", mcp_path("todo"), None, [JSON, *fields], {"jsonrpc": "2.0", "id": 1, "method": "ping"})
        assert answer.status in (400, 401, 413, 431), answer
    assert world.demo.calls("todo.mcp") == 0 and gateway.whoami(alice, "todo")["user"] == "alice"


@pytest.mark.parametrize(
    "fields",
    [[], [("Authorization", "Bearer")], [("Authorization", "Bearer ")], [("Authorization", "Basic YWxpY2U6YWxpY2U=")]],
    ids=["none", "empty", "empty with a space", "another scheme"],
)
def test_without_a_token_there_is_a_challenge(world: World, gateway: Gateway, fields: list) -> None:
    """The challenge names no error where there is no token, and the metadata's URL is one that answers."""
    for method, path in (("POST", mcp_path("todo")), ("GET", mcp_path("todo")), ("DELETE", mcp_path("todo"))):
        answer = gateway.request(method, path, None, [JSON, *fields], {} if method == "POST" else None)
        assert answer.status == 401, answer
        found = re.search('resource_metadata="([^"]+)"', answer.header("WWW-Authenticate") or "")
        assert found, answer
        assert send(gateway.base, "GET", found[1].removeprefix(gateway.base)).status == 200
    for path in ("/servers", "/servers/demo/todo/retry"):
        assert gateway.request("GET" if path == "/servers" else "POST", path, None, fields).status == 401
    assert world.demo.calls("todo.mcp") == 0


def test_two_authorization_headers_are_refused(world: World, gateway: Gateway, alice: User, bob: User) -> None:
    """Whoever decides by the first and whoever decides by the last would disagree about who calls."""
    for second in (bob.authorization, alice.authorization, ("Authorization", "Basic YWxpY2U6YWxpY2U=")):
        answer = gateway.call(alice, "todo", headers=[second])
        assert answer.status in (400, 401), answer
    assert world.demo.legs() == (0, 0) and world.demo.calls("todo.mcp") == 0


def test_a_token_in_the_url_is_none(world: World, gateway: Gateway, alice: User) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    path = f"{mcp_path('todo')}?access_token={alice.token}"
    assert gateway.request("POST", path, None, [JSON, ACCEPT], message).status == 401
    assert world.demo.calls("todo.mcp") == 0


def test_the_metadata_says_who_signs_users_in(world: World, gateway: Gateway) -> None:
    answer = gateway.request("GET", "/.well-known/oauth-protected-resource/servers/demo/todo/mcp")
    assert answer.status == 200 and answer.header("Content-Type") == "application/json", answer
    metadata = answer.json()
    assert metadata["resource"] == gateway.base + mcp_path("todo")
    assert metadata["authorization_servers"] == [world.demo.issuer]
    assert metadata["bearer_methods_supported"] == ["header"]
    assert isinstance(metadata["scopes_supported"], list)


def test_an_unknown_server_is_404_with_what_there_is_for_the_user(world: World, gateway: Gateway, bob: User) -> None:
    """It says which servers the user can see, and nothing else: not where they are, and not who guards them."""
    for path in ("/servers/demo/nothing/mcp", "/servers/other/todo/mcp", "/servers/demo/TODO/mcp", "/servers/demo/..%2Ftodo/mcp"):
        answer = gateway.request("POST", path, bob, [JSON, ACCEPT], {"jsonrpc": "2.0", "id": 7, "method": "ping"})
        assert answer.status == 404, answer
        for other in (*world.demo.resources.values(), world.demo.authorization_server, "gateway-client"):
            assert other not in str(answer), answer
    answer = gateway.rpc(bob, "demo/nothing", "ping")
    data = refused(answer, 404, "UnknownServer", "demo/nothing")
    assert set(data.get("servers", [])) <= set(gateway.servers(bob)), answer
    for path in ("/", "/mcp/x", "/servers/demo/todo", "/servers/demo/todo/mcp/more", "/healthz", "/metrics"):
        assert gateway.request("GET", path, bob).status == 404, path
    assert world.demo.legs() == (0, 0)


def test_servers_of_another_provider_are_nobodys_business_here(world: World) -> None:
    """Bob's provider is one of two: what takes the other's users is neither listed nor named to him."""
    providers = world.demo.configuration["identityProviders"] + [
        {"name": "other", "issuer": "https://idp.other.example", "clientID": "sallyport",
         "tokenEndpoints": ["https://idp.other.example/token"]},
    ]
    world.add("secretive", world.demo.resources["todo"], world.enterprise(
        "todo", idp=None, idpIssuer="https://idp.other.example", idpTokenEndpoint="https://idp.other.example/token",
    ))
    gateway = world.serve(wait=False, identityProviders=providers)
    gateway.wait_ready()
    bob = world.sign_in("bob")
    gateway.wait_server(bob, "demo/todo")
    assert "demo/secretive" not in gateway.servers(bob)
    answer = gateway.rpc(bob, "demo/nothing", "ping")
    refused(answer, 404, "UnknownServer", "demo/nothing")
    assert "secretive" not in str(answer)
    # Whoever guesses its name learns no more than that it is not theirs, and no token leaves.
    answer = gateway.call(bob, "secretive")
    assert answer.status in (403, 404), answer
    assert world.demo.legs() == (0, 0) and world.demo.calls("todo.mcp") == 0


def test_the_list_of_servers_is_for_users(world: World, gateway: Gateway, bob: User) -> None:
    """It shows how this user stands with each server, and showing costs nothing."""
    listed = gateway.servers(bob)
    assert set(listed) == {"demo/todo", "demo/payroll"}
    for server in listed.values():
        assert set(server) <= {"namespace", "name", "url", "mode", "state", "reason", "message"}, server
        assert server["mode"] == "enterpriseIdP" and server["state"] == "available", server
        # The URL is the gateway's own: where a client is to connect.
        assert server["url"] == gateway.base + mcp_path(f"{server['namespace']}/{server['name']}")
    assert world.demo.legs() == (0, 0), "a list obtains no tokens"
    gateway.whoami(bob, "todo")
    gateway.call(bob, "payroll")
    listed = gateway.servers(bob)
    assert listed["demo/todo"]["state"] == "connected"
    assert (listed["demo/payroll"]["state"], listed["demo/payroll"]["reason"]) == ("failed", "PolicyDenied")
    assert listed["demo/payroll"]["message"]


def test_other_methods_are_refused(gateway: Gateway, alice: User) -> None:
    for method in ("PUT", "PATCH", "OPTIONS", "TRACE"):
        answer = gateway.request(method, mcp_path("todo"), alice)
        assert answer.status == 405, answer


# Bad input.


def raw(gateway: Gateway, data: bytes, seconds: float = 5) -> bytes:
    """Sends exactly these bytes, and gives all that comes back until the gateway closes or is silent."""
    host, port = gateway.base.removeprefix("http://").split(":")
    received = b""
    with socket.create_connection((host, int(port)), seconds) as connection:
        # It may refuse before it has read everything, and close.
        with contextlib.suppress(OSError):
            connection.sendall(data)
        with contextlib.suppress(OSError):
            while block := connection.recv(65_536):
                received += block
    return received


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff\xfe{}", b"null", b"[]", b"17", b'"text"', b"{}", b'{"jsonrpc":"2.0"}',
        b'{"jsonrpc":"2.0","id":{},"method":"ping"}', b'{"jsonrpc":"2.0","id":1,"id":2,"method":7}',
        b'{"jsonrpc":"2.0","id":1e999,"method":"ping"}', b"[" * 200_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"jsonrpc":"2.0","id":"' + b"x" * 300_000 + b'","method":7}',
    ],
    ids=["empty", "cut off", "not UTF-8", "null", "array", "number", "text", "no members", "no method", "id an object",
         "two ids", "id infinite", "nested arrays", "nested objects", "long id"],
)
def test_a_bad_message_is_the_callers_fault(world: World, gateway: Gateway, alice: User, body: bytes) -> None:
    """Whoever answers, the gateway or the server, says 4xx with a JSON-RPC error, and the next call works."""
    answer = gateway.request("POST", mcp_path("todo"), alice, [JSON, ACCEPT], body)
    assert 400 <= answer.status < 500, answer
    error = answer.json()["error"]
    assert isinstance(error["code"], int) and error["message"], answer
    assert gateway.whoami(alice, "todo")["user"] == "alice"


def test_a_body_over_the_limit_is_refused(world: World) -> None:
    """By its announced length at once, and by what arrives where none was announced."""
    gateway = world.serve(limits={"requestBody": "1MiB"})
    alice = world.sign_in("alice")
    padding = b" " * (1 << 20)
    message = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
    answer = gateway.request("POST", mcp_path("todo"), alice, [JSON, ACCEPT], message + padding)
    assert answer.status == 413, answer
    announced = (
        f"POST {mcp_path('todo')} HTTP/1.1\r\nHost: {gateway.base[7:]}\r\nAuthorization: Bearer {alice.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 999999999999\r\n\r\n"
    )
    assert raw(gateway, announced.encode()).startswith(b"HTTP/1.1 413 ")
    head = announced.replace("Content-Length: 999999999999", "Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    answer_text = raw(gateway, head.encode() + chunk * 17 + b"0\r\n\r\n")
    assert answer_text.startswith(b"HTTP/1.1 413 "), answer_text[:200]
    assert gateway.whoami(alice, "todo")["user"] == "alice"


@pytest.mark.parametrize(
    "lines",
    [
        ["Host: {host}", "Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Host: {host}", "Content-Length: 5", "Content-Length: 6"],
        ["Host: {host}", "Content-Length: -1"],
        ["Host: {host}", "Content-Length: 99999999999999999999999"],
        ["Host: {host}", "Mcp-Session-Id: a\x00b"],
        ["Host: {host}", "Mcp-Session-Id: a\rX-Injected: yes"],
        ["Host: {host}", "X Y: z"],
        ["Host: {host}", "Host: other.example"],
        [],
    ],
    ids=["two lengths in two ways", "two lengths", "negative length", "huge length", "NUL", "bare CR", "space in a name",
         "two hosts", "no host"],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(world: World, gateway: Gateway, alice: User, lines: list[str]) -> None:
    """Nothing of it reaches a server."""
    host = gateway.base.removeprefix("http://")
    fields = [line.format(host=host) for line in lines]
    head = [f"POST {mcp_path('todo')} HTTP/1.1", *fields, f"Authorization: Bearer {alice.token}", "Content-Type: application/json"]
    if not any("Length" in line or "Encoding" in line for line in lines):
        head.append("Content-Length: 0")
    answer = raw(gateway, "\r\n".join([*head, "", "0\r\n\r\n"]).encode("latin-1"))
    assert re.match(rb"HTTP/1\.1 4\d\d ", answer) or answer == b"", answer[:300]
    assert world.demo.calls("todo.mcp") == 0
    assert gateway.whoami(alice, "todo")["user"] == "alice"


def test_the_answer_to_head_is_a_head(gateway: Gateway) -> None:
    """What followed it would be read as the beginning of the next answer."""
    host = gateway.base.removeprefix("http://")
    requests = f"HEAD /servers HTTP/1.1\r\nHost: {host}\r\n\r\nGET /nothing HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    first, _, rest = raw(gateway, requests.encode()).partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 405 ") and rest.startswith(b"HTTP/1.1 404 "), (first, rest[:200])


def test_a_body_that_nobody_wants_keeps_no_connection(gateway: Gateway) -> None:
    """A stranger who sends on and on is refused, and cut off soon after."""
    with socket.create_connection(gateway.base.removeprefix("http://").split(":"), timeout=20) as connection:
        connection.sendall(
            f"POST {mcp_path('todo')} HTTP/1.1\r\nHost: {gateway.base.removeprefix('http://')}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        start = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - start < 30:
                connection.sendall(b"1\r\nx\r\n")
                time.sleep(0.2)
        assert time.monotonic() - start < 20, "the connection is still there"


def test_browsers_need_a_permitted_origin(world: World) -> None:
    gateway = world.serve(allowedOrigins=["https://app.example"])
    alice = world.sign_in("alice")
    for origin in ("https://evil.example", "null", "https://app.example.evil.example", "http://app.example", "https://app.example:444"):
        answer = gateway.call(alice, "todo", headers=[("Origin", origin)])
        assert answer.status == 403, answer
        assert answer.header("Access-Control-Allow-Origin") is None
        assert gateway.request("GET", "/servers", alice, [("Origin", origin)]).status == 403
    assert world.demo.calls("todo.mcp") == 0
    # DemoWorld refuses whatever has an Origin, and so shows that none is passed on.
    answer = gateway.call(alice, "todo", headers=[("Origin", "https://app.example")])
    assert answer.status == 200, answer


def test_another_host_is_refused(world: World) -> None:
    """A name that leads here by a trick of DNS is not the gateway's."""
    gateway = world.serve(allowedHosts=["gateway.example", "*.inner.example"])
    alice = world.sign_in("alice")
    for host in ("evil.example", "gateway.example.evil.example", "inner.example", "gateway.example@evil.example"):
        for method, path in (("POST", mcp_path("todo")), ("GET", "/servers"), ("GET", "/.well-known/oauth-protected-resource/servers/demo/todo/mcp")):
            answer = gateway.request(method, path, alice, [("Host", host), JSON, ACCEPT], {} if method == "POST" else None)
            assert answer.status in (400, 403, 421), (host, answer)
    assert world.demo.calls("todo.mcp") == 0
    for host in ("gateway.example", "a.inner.example", gateway.base.removeprefix("http://")):
        assert gateway.call(alice, "todo", headers=[("Host", host)]).status == 200, host


# Sessions.


def test_a_session_is_its_users_and_its_servers(world: World) -> None:
    """Sealed: nobody else can use it, it says nothing, and the server gets back the id that it gave."""
    backend = world.backend()
    world.add("plain", backend.url)
    gateway = world.serve()
    alice, bob = world.sign_in("alice"), world.sign_in("bob")
    session = initialize(gateway, alice, "plain")
    assert "upstream-session" not in session and re.fullmatch("[A-Za-z0-9_-]+", session), session
    field = ("Mcp-Session-Id", session)
    assert gateway.call(alice, "plain", headers=[field]).status == 200
    assert backend.requests[-1].header("Mcp-Session-Id") == "upstream-session-1"
    # The same user's next sign-in is the same principal.
    assert gateway.call(world.sign_in("alice"), "plain", headers=[field]).status in (200, 404)
    count = len(backend.requests)
    flipped = session[:-2] + ("A" if session[-2] != "A" else "B") + session[-1]
    for user, server, value in (
        (bob, "plain", session), (alice, "todo", session), (alice, "plain", "upstream-session-1"), (alice, "plain", flipped),
        (alice, "plain", session + "A"), (alice, "plain", session[:-8]), (alice, "plain", "x" * 4_000),
    ):
        answer = gateway.call(user, server, headers=[("Mcp-Session-Id", value)])
        assert answer.status == 404, (user.name, server, answer)
    assert gateway.call(alice, "plain", headers=[field, field]).status in (400, 404)
    assert len(backend.requests) == count, "none of these reached the server"
    assert world.demo.calls("todo.mcp") == 0
    answer = gateway.request("DELETE", mcp_path("plain"), alice, [field])
    assert answer.status == 204, answer
    assert (backend.requests[-1].method, backend.requests[-1].header("Mcp-Session-Id")) == ("DELETE", "upstream-session-1")
