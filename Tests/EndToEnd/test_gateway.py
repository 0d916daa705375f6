# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The gateway as its callers see it: whom it lets in, what it obtains for them, and what it passes on."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import yaml
from conftest import wait_for
from gateway_world import (  # noqa: F401 (fixtures)
    ACCEPT, JSON, Gateway, User, World, alice, bob, claims, gateway, initialize, mcp_path, recorded, refused, settle, world,
)
from http_peer import Received, Reply, send

# The exchange.


def test_a_user_reaches_a_server_by_one_exchange(world: World, gateway: Gateway, alice: User) -> None:
    """G01: the first call costs one token exchange and one JWT bearer grant, and the calls after it nothing."""
    session = ("Mcp-Session-Id", initialize(gateway, alice, "todo"))
    assert world.demo.legs() == (1, 1)
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    answer = gateway.request("POST", mcp_path("todo"), alice, [JSON, ACCEPT, session], notification)
    assert answer.status == 202 and not answer.body, answer
    listed = gateway.rpc(alice, "todo", "tools/list", {}, [session], number="a-text")
    assert listed.json()["id"] == "a-text"
    assert [tool["name"] for tool in listed.json()["result"]["tools"]] == ["whoami", "add_item"]
    for _ in range(5):
        answer = gateway.call(alice, "todo", "whoami", [session])
        assert answer.json()["result"]["structuredContent"] == {
            "server": "todo", "user": "alice", "subject": "user-1001", "client": "gateway", "scope": "todo.read",
            "resource": world.demo.resources["todo"],
        }
    counters = world.demo.counters()
    assert world.demo.legs() == (1, 1)
    assert counters["idp.token"]["details"] == {"token-exchange": 1, "alice": 1}
    assert counters["as.token"]["details"] == {"jwt-bearer": 1}
    assert counters["todo.mcp"]["details"]["token-accepted"] == counters["todo.mcp"]["requests"] == 8
    assert counters["payroll.mcp"]["requests"] == 0


def test_each_leg_has_an_audit_record_and_a_metric(world: World, gateway: Gateway, alice: User) -> None:
    """G01, G24: who, which server, which leg and what came of it is on record, under the correlation id of the answer."""
    answer = gateway.call(alice, "todo")
    correlation = answer.header("X-Request-Id")
    assert correlation
    gateway.wait_audit(correlation=correlation, leg="jwt_bearer")
    first, second = gateway.audit(correlation=correlation)
    assert (first["oauth.leg"], second["oauth.leg"]) == ("token_exchange", "jwt_bearer")
    for record in (first, second):
        assert record["audit.outcome"] == "granted" and record["mcpserver"] == "demo/todo"
        assert record["oauth.issuer"] == world.demo.issuer
        assert record["oauth.resource"] == world.demo.resources["todo"]
        assert record["oauth.audience"] == world.demo.authorization_server
        assert record["oauth.scopes.granted"] == "todo.read"
        assert re.fullmatch("[0-9a-f]{16}", record["user.digest"]) and "user-1001" not in json.dumps(record)
        assert re.fullmatch("[0-9a-f]{16}", record["oauth.token.digest"])
    assert first["oauth.endpoint"] == world.demo.issuer + "/token"
    assert (first["oauth.client_id"], second["oauth.client_id"]) == ("sallyport", "gateway")
    assert second["oauth.endpoint"] == world.demo.authorization_server + "/token"
    gateway.call(alice, "todo")
    for leg in ("token_exchange", "jwt_bearer"):
        assert gateway.metric("token_exchange_requests_total", leg=leg, endpoint="127.0.0.1", outcome="granted") == 1
    assert gateway.metric("token_broker_requests_total", cache="miss") == 1
    assert gateway.metric("token_broker_requests_total", cache="hit") == 1
    assert gateway.metric("token_broker_cached_tokens") == 1


def test_what_is_sent_at_each_leg(recorded: World) -> None:
    """G01: the parameters of both requests are those of the profile, and no others."""
    gateway = recorded.serve()
    alice = recorded.sign_in("alice")
    gateway.whoami(alice, "todo")
    assert recorded.idp and recorded.auth_server
    (exchange,), (grant,) = recorded.idp.requests, recorded.auth_server.requests
    assert exchange.form() == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "requested_token_type": "urn:ietf:params:oauth:token-type:id-jag",
        "audience": recorded.demo.authorization_server,
        "resource": recorded.demo.resources["todo"],
        "scope": "todo.read",
        "subject_token": alice.token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    }
    assertion = recorded.idp.answers[0].json()["access_token"]
    assert grant.form() == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": assertion,
        "scope": "todo.read",
        "resource": recorded.demo.resources["todo"],
    }
    for request in (exchange, grant):
        assert request.method == "POST" and request.path == "/token"
        assert request.header("Content-Type") == "application/x-www-form-urlencoded"
        assert request.header("Accept") == "application/json"
        assert (request.header("Authorization") or "").startswith("Basic ")
    gateway.whoami(alice, "payroll")
    assertion = recorded.auth_server.requests[1].form()
    assert assertion["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    proof = claims(assertion["client_assertion"])
    assert (proof["iss"], proof["sub"], proof["aud"]) == ("gateway", "gateway", recorded.demo.authorization_server)


def test_no_token_crosses_between_users(world: World, gateway: Gateway, alice: User, bob: User) -> None:
    """G02: two users who use one server at once are each known there as themselves, every time."""
    users = [alice, bob] * 40
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda user: gateway.whoami(user, "todo")["user"], users))
    assert seen == [user.name for user in users]
    counters = world.demo.counters()
    assert world.demo.legs() == (2, 2)
    assert counters["idp.token"]["details"] == {"token-exchange": 2, "alice": 1, "bob": 1}


def test_calls_are_counted_per_user_and_server(world: World, gateway: Gateway, alice: User, bob: User) -> None:
    """G01, G02: one pair of requests for each user and server, whatever the order."""
    for _ in range(3):
        for user, server in ((alice, "todo"), (bob, "todo"), (alice, "payroll")):
            assert gateway.whoami(user, server)["user"] == user.name
    assert world.demo.legs() == (3, 3)


def test_two_sign_ins_of_one_user_share_nothing(world: World, gateway: Gateway, alice: User) -> None:
    """G03: another session of the same user gets a token of its own."""
    gateway.whoami(alice, "todo")
    again = world.sign_in("alice")
    gateway.whoami(again, "todo")
    assert world.demo.legs() == (2, 2)
    digests = {record["session.digest"] for record in gateway.audit(leg="jwt_bearer")}
    users = {record["user.digest"] for record in gateway.audit(leg="jwt_bearer")}
    assert (len(digests), len(users)) == (2, 1)


def test_a_thousand_callers_of_one_user_cost_one_exchange(world: World, gateway: Gateway, alice: User) -> None:
    """G04: 1,000 first calls at once of one user at one server are one token exchange and one grant."""
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami"}}).encode()
    host, port = gateway.base.removeprefix("http://").split(":")
    head = (
        f"POST {mcp_path('todo')} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {alice.token}\r\n"
        f"Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: {len(message)}\r\n\r\n"
    ).encode()
    # Until all have been sent, the first leg takes its time: so all of them are first calls.
    world.demo.faults(idp_token={"delay": 3})

    async def caller(start: asyncio.Event) -> bytes:
        reader, writer = await asyncio.open_connection(host, int(port))
        await start.wait()
        writer.write(head + message)
        answer_head = await reader.readuntil(b"\r\n\r\n")
        if length := re.search(rb"(?i)content-length: (\d+)", answer_head):
            body = await reader.readexactly(int(length[1]))
        else:
            body = await reader.readuntil(b"0\r\n\r\n")
        writer.close()
        return answer_head.split(b"\r\n")[0] + b" " + body

    async def all_callers() -> list[bytes]:
        start = asyncio.Event()
        tasks = [asyncio.create_task(caller(start)) for _ in range(1_000)]
        await asyncio.sleep(0.5)
        start.set()
        return await asyncio.gather(*tasks)

    answers = asyncio.run(all_callers())
    assert [answer for answer in answers if b" 200 " not in answer[:16] or b'"alice"' not in answer] == []
    assert world.demo.legs() == (1, 1)
    assert world.demo.calls("todo.mcp", "tools/call whoami") == 1_000


def test_a_token_that_ends_is_replaced_once(world: World, gateway: Gateway, alice: User) -> None:
    """G05: near the end of an access token's life one new pair is obtained, and not before."""
    world.demo.faults(as_token={"response": {"expires_in": 4}})
    for _ in range(3):
        gateway.whoami(alice, "todo")
    assert world.demo.legs() == (1, 1)
    time.sleep(4)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: gateway.whoami(alice, "todo"), range(16)))
    assert world.demo.legs() == (2, 2)


# Refusals.


def test_the_policy_refuses_bob(world: World, gateway: Gateway, alice: User, bob: User) -> None:
    """G12: what the identity provider refuses is a 403 that says so, remembered for 10 s, and for that user alone."""
    data = refused(gateway.call(bob, "payroll"), 403, "PolicyDenied", "demo/payroll")
    record = gateway.wait_audit(correlation=data["correlationID"])
    assert (record["audit.outcome"], record["audit.reason"]) == ("refused", "PolicyDenied")
    assert (record["oauth.leg"], record["error.type"]) == ("token_exchange", "access_denied")
    assert world.demo.legs() == (1, 0)
    for _ in range(5):
        data = refused(gateway.call(bob, "payroll"), 403, "PolicyDenied", "demo/payroll")
    assert world.demo.legs() == (1, 0), "a refusal is not asked for again at once"
    assert gateway.wait_audit(correlation=data["correlationID"]).get("oauth.leg") is None
    assert world.demo.calls("payroll.mcp") == 0
    assert gateway.whoami(alice, "payroll")["user"] == "alice"
    assert gateway.whoami(bob, "todo")["user"] == "bob"


def test_a_later_grant_is_picked_up(world: World, gateway: Gateway, bob: User) -> None:
    """G12: `retry` forgets the caller's own refusal, and so do 10 s."""
    refused(gateway.call(bob, "payroll"), 403, "PolicyDenied", "demo/payroll")
    start = time.monotonic()
    rows = world.demo.policy()
    grant = {"user": "bob", "audience": world.demo.authorization_server, "resource": world.demo.resources["payroll"],
             "scope": "payroll.read"}
    world.demo.set_policy([*rows, grant])
    refused(gateway.call(bob, "payroll"), 403, "PolicyDenied", "demo/payroll")
    answer = gateway.request("POST", "/servers/demo/payroll/retry", bob)
    assert answer.status == 204 and not answer.body, answer
    assert gateway.whoami(bob, "payroll") == {
        "server": "payroll", "user": "bob", "subject": "user-1002", "client": "gateway", "scope": "payroll.read",
        "resource": world.demo.resources["payroll"],
    }
    # Another session of his meets the policy anew once the refusal has ended by itself.
    world.demo.set_policy(rows)
    again = world.sign_in("bob")
    refused(gateway.call(again, "payroll"), 403, "PolicyDenied", "demo/payroll")
    world.demo.set_policy([*rows, grant])
    wait_for("the end of the refusal", lambda: gateway.call(again, "payroll").status == 200, 15)
    assert time.monotonic() - start >= 9


def test_one_users_retry_clears_nothing_of_another(world: World, gateway: Gateway, alice: User, bob: User) -> None:
    """G12: what failed for Bob stays, whatever Alice clears."""
    refused(gateway.call(bob, "payroll"), 403, "PolicyDenied", "demo/payroll")
    assert gateway.request("POST", "/servers/demo/payroll/retry", alice).status == 204
    refused(gateway.call(bob, "payroll"), 403, "PolicyDenied", "demo/payroll")
    assert world.demo.legs() == (1, 0)
    refused(gateway.request("POST", "/servers/demo/nothing/retry", bob), 404, "UnknownServer", "demo/nothing")


def test_a_denial_ends_the_token_at_once(world: World, gateway: Gateway, alice: User) -> None:
    """G12: once the policy has said no, a token from before is not used any more."""
    gateway.whoami(alice, "todo")
    rows = world.demo.policy()
    world.demo.set_policy([row for row in rows if row["resource"] != world.demo.resources["todo"]])
    # The step-up is what asks the policy again.
    refused(gateway.call(alice, "todo", "add_item"), 403, "PolicyDenied")
    before = world.demo.calls("todo.mcp")
    refused(gateway.call(alice, "todo"), 403, "PolicyDenied")
    assert world.demo.calls("todo.mcp") == before


# What is passed on.


def test_nothing_of_the_caller_but_the_message_reaches_a_server(world: World) -> None:
    """G02: no credential, cookie or forwarding header of the caller, the server's own Host, and one brokered token."""
    backend = world.backend()
    gateway = world.serve(**world.add_as_todo("copy", backend))
    alice = world.sign_in("alice")
    forbidden = [
        ("Cookie", "session=planted-cookie"), ("Proxy-Authorization", "Basic planted"), ("Forwarded", "for=192.0.2.1"),
        ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Host", "evil.example"), ("X-Real-IP", "192.0.2.1"),
        ("X-Custom", "planted"), ("Referer", "https://planted.example"), ("Connection", "X-Custom"), ("TE", "trailers"),
    ]
    allowed = [("Mcp-Protocol-Version", "2025-11-25"), ("Mcp-Method", "tools/call"), ("Last-Event-Id", "event-7")]
    answer = gateway.call(alice, "copy", headers=[*forbidden, *allowed])
    assert answer.status == 200, answer
    request = backend.requests[-1]
    assert request.header("Host") == backend.origin.removeprefix("http://")
    names = {name.lower() for name, _ in request.headers}
    assert not names & {name.lower() for name, _ in forbidden if name != "Connection"}, request.headers
    assert "planted" not in request.text() and "192.0.2.1" not in request.text()
    for name, value in [*allowed, JSON, ACCEPT]:
        assert request.header(name) == value, request.headers
    scheme, _, token = (request.header("Authorization") or "").partition(" ")
    assert scheme == "Bearer" and token and token != alice.token and token.count(".") != 2
    # DemoWorld knows the token, as one for todo and Alice.
    who = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami"}}
    checked = send(world.demo.resources["todo"].removesuffix("/mcp"), "POST", "/mcp", [JSON, ("Authorization", f"Bearer {token}")], json.dumps(who).encode())
    assert checked.json()["result"]["structuredContent"]["user"] == "alice"


def test_without_a_mode_no_token_is_sent(world: World) -> None:
    backend = world.backend()
    world.add("plain", backend.url, headers={"X-Team": "a"})
    gateway = world.serve()
    alice = world.sign_in("alice")
    assert gateway.call(alice, "plain").status == 200
    request = backend.requests[-1]
    assert request.header("Authorization") is None and request.header("X-Team") == "a"
    assert world.demo.legs() == (0, 0)
    assert gateway.call(None, "plain").status == 401, "the caller is authenticated all the same"


def test_messages_pass_byte_for_byte(world: World) -> None:
    """No rules of its own: neither what a client says nor what a server answers is written anew."""
    answers = [b'{ "jsonrpc":"2.0",\n"id":1,"result":{"z":1,"a":1.50,"unicode":"\\u00e9\xc3\xa9"}}   ']
    backend = world.backend(lambda request, _: Reply(200, answers[0], [JSON]))
    world.add("plain", backend.url)
    gateway = world.serve()
    alice = world.sign_in("alice")
    body = b'{"id":1,  "jsonrpc":"2.0","method":"future/method","params":{"x":1e5,"x2":"\\u0000"},"more":[true]}'
    answer = gateway.request("POST", mcp_path("plain"), alice, [JSON, ACCEPT], body)
    assert answer.status == 200 and answer.body == answers[0], answer
    assert backend.requests[-1].body == body
    answers[0] = b'[{"jsonrpc":"2.0","id":1,"result":{}}]'
    assert gateway.request("POST", mcp_path("plain"), alice, [JSON, ACCEPT], b"[" + body + b"]").body == answers[0]


def test_a_servers_own_errors_pass(world: World) -> None:
    """A server's 4xx and 5xx are its own to answer, with their bodies."""
    status = [200]
    body = b'{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"of the server"}}'
    backend = world.backend(lambda request, _: Reply(status[0], body, [JSON, ("Retry-After", "7")]))
    world.add("plain", backend.url)
    gateway = world.serve()
    alice = world.sign_in("alice")
    for code in (400, 404, 405, 429, 500, 503):
        status[0] = code
        answer = gateway.call(alice, "plain")
        assert (answer.status, answer.body, answer.header("Retry-After")) == (code, body, "7"), answer


# 401 and 403 of a server.


def test_a_token_the_server_refuses_is_replaced_once(world: World, gateway: Gateway, alice: User) -> None:
    """G06: after a 401 that token is dropped, one new pair is obtained, and the request is sent once more."""
    gateway.whoami(alice, "todo")
    world.demo.reset_counters()
    assert world.demo.revoke_tokens("todo") >= 1
    assert gateway.whoami(alice, "todo")["user"] == "alice"
    assert world.demo.legs() == (1, 1)
    counters = world.demo.counters()["todo.mcp"]
    assert counters["requests"] == 2 and counters["statuses"] == {"401": 1, "200": 1}
    gateway.whoami(alice, "todo")
    assert world.demo.legs() == (1, 1)


def test_concurrent_refusals_of_one_token_are_one_exchange(world: World, gateway: Gateway, alice: User) -> None:
    """W24: 60 calls at once that all meet a revoked token drop it once and obtain one in its place."""
    gateway.whoami(alice, "todo")
    world.demo.reset_counters()
    world.demo.revoke_tokens()
    barrier = threading.Barrier(60)

    def call(_: int) -> str:
        barrier.wait()
        return gateway.whoami(alice, "todo")["user"]

    with ThreadPoolExecutor(60) as pool:
        assert list(pool.map(call, range(60))) == ["alice"] * 60
    assert world.demo.legs() == (1, 1)


def test_a_server_that_refuses_fresh_tokens_gets_the_blame(world: World, gateway: Gateway, alice: User) -> None:
    """G06: a 401 again after a fresh token is a 502; the server's challenge does not reach the caller."""
    world.demo.faults(todo_mcp={"status": 401})
    data = refused(gateway.call(alice, "todo"), 502, "UpstreamRejectedToken")
    assert world.demo.legs() == (2, 2) and world.demo.calls("todo.mcp") == 2
    record = gateway.wait_audit(correlation=data["correlationID"], reason="UpstreamRejectedToken")
    assert record["mcpserver"] == "demo/todo"
    refused(gateway.call(alice, "todo"), 502, "UpstreamRejectedToken")
    assert world.demo.legs()[0] <= 3, "it is not asked again and again"
    world.demo.faults()
    assert gateway.request("POST", "/servers/demo/todo/retry", alice).status == 204
    assert gateway.whoami(alice, "todo")["user"] == "alice"


def test_a_refused_body_is_sent_again_only_if_it_was_held(world: World) -> None:
    """G06: up to 256 KiB are sent again after a 401; more is streamed, and then the 401 is the end of it."""
    refusals: list[int] = []

    def behave(request: Received, _: socket.socket) -> Reply:
        if not refusals:
            refusals.append(len(request.body))
            return Reply(401, b"", [("WWW-Authenticate", 'Bearer error="invalid_token"')])
        return backend.answer(request)

    backend = world.backend(behave)
    gateway = world.serve(**world.add_as_todo("copy", backend))
    alice = world.sign_in("alice")
    small = {"name": "x", "arguments": {"text": "s" * 200_000}}
    assert gateway.rpc(alice, "copy", "tools/call", small).status == 200
    assert [len(request.body) for request in backend.requests] == [refusals[0]] * 2
    first, second = (request.header("Authorization") for request in backend.requests)
    assert first != second
    refusals.clear()
    large = {"name": "x", "arguments": {"text": "l" * 400_000}}
    again = world.sign_in("alice")  # In another session, as the token of the first one has taken another's place already.
    refused(gateway.rpc(again, "copy", "tools/call", large), 502, "UpstreamRejectedToken", "demo/copy")
    assert len(backend.requests) == 3
    # The token was dropped all the same: the next call has another one.
    third = backend.requests[-1].header("Authorization")
    assert gateway.rpc(again, "copy", "tools/call", large).status == 200
    assert backend.requests[-1].header("Authorization") not in (first, second, third)


def test_a_server_that_refuses_every_token_of_large_requests_is_left_alone(world: World) -> None:
    """Each refusal drops a token, and without a pause each request would cost an exchange."""
    challenge = [("WWW-Authenticate", 'Bearer error="invalid_token"')]
    backend = world.backend(lambda request, _: Reply(401, b"", challenge))
    gateway = world.serve(**world.add_as_todo("copy", backend))
    alice = world.sign_in("alice")
    large = {"name": "x", "arguments": {"text": "l" * 400_000}}
    start = time.monotonic()
    for _ in range(10):
        refused(gateway.rpc(alice, "copy", "tools/call", large), 502, "UpstreamRejectedToken", "demo/copy")
    # The second one had a token that took the place of a refused one; then a pause of a second, less up to a quarter.
    most = 2 + int((time.monotonic() - start) / 0.75)
    assert len(backend.requests) <= most and max(world.demo.legs()) <= most


def test_a_further_scope_is_obtained_when_the_server_asks(recorded: World) -> None:
    """G07: 403 insufficient_scope leads to one exchange for the union of scopes, and the call succeeds."""
    gateway = recorded.serve()
    alice = recorded.sign_in("alice")
    assert gateway.whoami(alice, "todo")["scope"] == "todo.read"
    assert gateway.call(alice, "todo", "add_item").json()["result"]["isError"] is False
    assert recorded.demo.legs() == (2, 2)
    assert recorded.idp and recorded.auth_server
    for proxy in (recorded.idp, recorded.auth_server):
        assert [set(form["scope"].split()) for form in proxy.forms()] == [{"todo.read"}, {"todo.read", "todo.write"}]
    # The session keeps what it has got: no more exchanges for either tool.
    assert gateway.call(alice, "todo", "add_item").status == 200
    assert set(gateway.whoami(alice, "todo")["scope"].split()) == {"todo.read", "todo.write"}
    assert recorded.demo.legs() == (2, 2)


def test_a_scope_that_is_not_granted_stays_out_of_reach(world: World, gateway: Gateway, bob: User) -> None:
    """G08: Bob may only read; what the server demands is asked for once and not granted, and he can go on reading."""
    gateway.whoami(bob, "todo")
    refused(gateway.call(bob, "todo", "add_item"), 403, "InsufficientScope")
    asked = world.demo.legs()[0]
    assert asked <= 4
    for _ in range(5):
        answer = gateway.call(bob, "todo", "add_item")
        assert answer.status == 403, answer
    assert world.demo.legs()[0] <= 4, "at most three times more than the first"
    assert gateway.whoami(bob, "todo")["scope"] == "todo.read"


def test_a_server_cannot_ask_for_more_than_its_manifest_allows(world: World) -> None:
    """G08: a scope outside `scopes` and `stepUpScopes` is never requested, however often the server demands it."""
    demanded = ["admin"]

    def behave(request: Received, _: socket.socket) -> Reply:
        return Reply(403, b"", [("WWW-Authenticate", f'Bearer error="insufficient_scope", scope="{demanded[0]}"')])

    backend = world.backend(behave)
    gateway = world.serve(**world.add_as_todo("copy", backend))
    alice = world.sign_in("alice")
    for scope in ("admin", "todo.write admin", "todo.read payroll.read", ""):
        demanded[0] = scope
        refused(gateway.call(alice, "copy"), 403, "InsufficientScope", "demo/copy")
    assert world.demo.legs() == (1, 1)
    # One that never has enough is given up.
    for _ in range(6):
        demanded[0] = "todo.write"
        refused(gateway.call(alice, "copy"), 403, "InsufficientScope", "demo/copy")
    assert world.demo.legs()[0] <= 4


def test_another_403_is_the_servers_own(world: World) -> None:
    """G07: a 403 that is not about scope passes, without its challenge, and costs nothing."""
    body = b'{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}'
    backend = world.backend(lambda request, _: Reply(403, body, [JSON, ("WWW-Authenticate", 'Bearer error="invalid_token"')]))
    gateway = world.serve(**world.add_as_todo("copy", backend))
    alice = world.sign_in("alice")
    answer = gateway.call(alice, "copy")
    assert (answer.status, answer.body, answer.header("WWW-Authenticate")) == (403, body, None), answer
    assert world.demo.legs() == (1, 1) and len(backend.requests) == 1


# Routes and credentials that change.


def test_a_rotated_secret_is_used_by_the_next_exchange(recorded: World) -> None:
    """G25, W23: with a new credential the token obtained with the old one is not used any more, and no restart is needed.

    The authorization server does not know the new one yet, so the one before stands in, and that is said.
    """
    gateway = recorded.serve()
    alice = recorded.sign_in("alice")
    gateway.whoami(alice, "todo")
    path = recorded.manifests / "secrets.yaml"
    secret = yaml.safe_load(path.read_text())
    good = secret["stringData"]["client-secret"]
    wrong = "rotated-secret-canary-42"
    recorded.planted["the rotated secret"] = wrong
    secret["stringData"]["client-secret"] = wrong
    recorded.write("secrets", secret)
    assert recorded.auth_server

    def sent() -> list[str]:
        """The secrets of all requests for todo's tokens."""
        found = [request.header("Authorization") or "" for request in recorded.auth_server.requests]  # type: ignore[union-attr]
        return [
            base64.b64decode(text.removeprefix("Basic ")).decode().partition(":")[2] for text in found if text.startswith("Basic ")
        ]

    def used() -> bool:
        assert gateway.call(alice, "todo").status == 200, "no call fails meanwhile"
        return wrong in sent()

    assert sent() == [good]
    wait_for("the new credential's first use", used, 10)
    assert sent() == [good, wrong, good]
    lines = [line for line in gateway.audit() if "new credential" in line.get("error", "")]
    assert [line["audit.outcome"] for line in lines] == ["granted"], lines
    assert gateway.metric("token_exchange_credential_fallbacks_total") == 1
    # The next one is used by itself again.
    secret["stringData"]["client-secret"] = good
    recorded.write("secrets", secret)
    wait_for("the recovery", lambda: gateway.call(alice, "todo").status == 200 and len(sent()) == 4, 10)
    assert sent()[-1] == good
    # Payroll's client proves itself with the key of that Secret, which stayed.
    assert gateway.whoami(alice, "payroll")["user"] == "alice"


def test_a_change_that_is_none_keeps_the_tokens(world: World, gateway: Gateway, alice: User) -> None:
    """W23: only entries whose credential, endpoint or scopes changed are dropped."""
    gateway.whoami(alice, "todo")
    manifest = world.demo.manifest("todo")
    manifest["spec"]["timeout"] = 17
    world.write("todo", manifest)
    time.sleep(1)
    gateway.whoami(alice, "todo")
    assert world.demo.legs() == (1, 1)
    world.edit("todo", scopes="todo.read todo.write")
    wait_for("the new scopes", lambda: set(gateway.whoami(alice, "todo")["scope"].split()) == {"todo.read", "todo.write"})
    assert world.demo.legs() == (2, 2)


def test_routes_come_and_go_while_a_call_is_under_way(world: World) -> None:
    """A call that has begun ends as it would have; the next one meets the new table."""
    proceed = threading.Event()
    started = threading.Event()

    def behave(request: Received, _: socket.socket) -> Reply:
        if request.body and "slow" in request.body.decode():
            started.set()
            assert proceed.wait(30)
        return backend.answer(request)

    backend = world.backend(behave)
    world.add("plain", backend.url)
    gateway = world.serve()
    alice = world.sign_in("alice")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(gateway.call, alice, "plain", "slow")
        assert started.wait(20)
        (world.manifests / "plain.yaml").unlink()
        gateway.wait_server(alice, "demo/plain", present=False)
        refused(gateway.call(alice, "plain"), 404, "UnknownServer", "demo/plain")
        assert gateway.whoami(alice, "todo")["user"] == "alice"
        proceed.set()
        assert slow.result(30).status == 200
    world.add("plain", backend.url)
    gateway.wait_server(alice, "demo/plain")
    assert gateway.call(alice, "plain").status == 200


def test_a_route_the_gateway_may_not_use_is_not_served(world: World) -> None:
    """G21: suspended, untrusted and misdirected servers have no route, so their callers get 404 and nothing is sent anywhere."""
    backend = world.backend()
    trap = world.peer(lambda request, _: Reply(500))
    world.add("suspended", backend.url, suspended=True)
    world.add("stolen", backend.url, world.enterprise("todo", resource=world.demo.resources["todo"]))
    world.add("elsewhere", world.demo.resources["todo"], world.enterprise("todo", idp=None, idpTokenEndpoint=trap.origin + "/token"))
    world.add("leg2", world.demo.resources["todo"], world.enterprise("todo", mcpAuthServerTokenEndpoint=trap.origin + "/token"))
    gateway = world.serve(wait=False)
    gateway.wait_ready()
    alice = world.sign_in("alice")
    gateway.wait_server(alice, "demo/todo")
    for name in ("suspended", "stolen", "elsewhere", "leg2"):
        answer = gateway.call(alice, name)
        assert answer.status == 404, (name, answer)
    assert not backend.requests and not trap.requests
    assert world.demo.calls("idp.token") == 0


def test_a_user_of_another_client_is_not_let_in(world: World, gateway: Gateway) -> None:
    """An ID token for another client of the same provider is not for this gateway."""
    stranger = world.sign_in("alice", client="sallyport-public")
    assert gateway.call(stranger, "todo").status == 401
    assert world.demo.legs() == (0, 0)


def test_a_stop_lets_calls_finish(world: World) -> None:
    """SIGTERM ends the gateway after what is under way, with exit code 0."""
    proceed, started = threading.Event(), threading.Event()

    def behave(request: Received, _: socket.socket) -> Reply:
        started.set()
        assert proceed.wait(30)
        return backend.answer(request)

    backend = world.backend(behave)
    world.add("plain", backend.url)
    gateway = world.serve()
    alice = world.sign_in("alice")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(gateway.call, alice, "plain")
        assert started.wait(20)
        gateway.process.terminate()
        assert settle(gateway.process.poll, 1) is None
        proceed.set()
        assert slow.result(30).status == 200
    assert gateway.process.wait(40) == 0
