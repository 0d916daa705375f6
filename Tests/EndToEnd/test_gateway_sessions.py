# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The start of a session, renewal, and endpoints that fail: what a user sees of them, and what the endpoints do."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
import yaml
from conftest import wait_for
from gateway_world import (  # noqa: F401 (fixtures)
    Gateway, User, Wire, World, recorded, refused, sdk_client, settle, world,
)
from http_peer import Received, Reply
from mcp.shared.exceptions import MCPError

ALL = {"servers": "all"}


def state(gateway: Gateway, user: User, key: str) -> str:
    return gateway.servers(user)[key]["state"]


def wait_state(gateway: Gateway, user: User, key: str, wanted: str, seconds: float = 10) -> dict:
    """The listing of a server once it has that state."""

    def found() -> dict:
        listing = gateway.servers(user)[key]
        assert listing["state"] == wanted, listing
        return listing

    return wait_for(f"{key} {wanted}", found, seconds)  # type: ignore[return-value]


def serve_connecting_all(world: World) -> Gateway:
    """A gateway that connects all servers at a session's start, with nothing under way any more.

    The session that waits for the gateway to be up has a start of its own, of those servers that there were by then. Its
    exchanges are none of the test's, and are over when those of a session after it are.
    """
    gateway = world.serve(sessionStart=ALL)
    user = world.sign_in("alice")
    for name in ("todo", "payroll"):
        wait_state(gateway, user, f"demo/{name}", "connected")
    assert settle(lambda: gateway.metric("session_start_connections_total", outcome="connected")) in (2, 3, 4)
    world.demo.reset_counters()
    return gateway


def test_a_session_starts_with_its_servers_connected(world: World) -> None:
    """One look at the list is a session's first request: all that needs no user is connected, at one exchange a server."""
    backend = world.backend()
    world.add("plain", backend.url)
    gateway = serve_connecting_all(world)
    world.demo.faults(idp_token={"delay": 1})
    alice = world.sign_in("alice")
    first = gateway.servers(alice)
    assert first["demo/plain"]["state"] == "connected", "it needs nothing"
    assert {first["demo/todo"]["state"], first["demo/payroll"]["state"]} <= {"available", "connecting"}, first
    for name in ("todo", "payroll"):
        wait_state(gateway, alice, f"demo/{name}", "connecting")
    for name in ("todo", "payroll"):
        wait_state(gateway, alice, f"demo/{name}", "connected")
    assert world.demo.legs() == (2, 2)
    for name in ("todo", "payroll"):
        assert gateway.whoami(alice, name)["user"] == "alice"
    assert world.demo.legs() == (2, 2)
    assert not backend.requests, "nobody is called who is not asked for"


def test_what_fails_at_a_sessions_start_is_shown_with_its_reason(world: World) -> None:
    """Bob may not use payroll: the list says so before he tries, and `retry` tries again."""
    gateway = world.serve(sessionStart=ALL)
    bob = world.sign_in("bob")
    assert state(gateway, bob, "demo/todo") in ("available", "connecting", "connected")
    wait_state(gateway, bob, "demo/todo", "connected")
    listing = wait_state(gateway, bob, "demo/payroll", "failed")
    assert listing["reason"] == "PolicyDenied" and "administrator" in listing["message"], listing
    rows = world.demo.policy()
    world.demo.set_policy([*rows, {
        "user": "bob", "audience": world.demo.authorization_server, "resource": world.demo.resources["payroll"], "scope": "payroll.read",
    }])
    assert settle(lambda: state(gateway, bob, "demo/payroll")) == "failed", "nobody has asked"
    assert gateway.request("POST", "/servers/demo/payroll/retry", bob).status == 204
    wait_state(gateway, bob, "demo/payroll", "connected")


def test_a_server_that_hangs_delays_no_other(recorded: World) -> None:
    """The others are connected at once, the list says `connecting` for it, and `failed` once its time is over."""
    def hang(_: Received, connection: socket.socket) -> None:
        connection.recv(1)  # Nothing comes until the gateway gives up.

    hole = recorded.peer(hang)
    endpoints = recorded.demo.configuration["authorizationServers"][0]["tokenEndpoints"]
    endpoints.append(hole.origin + "/token")
    block = recorded.enterprise("todo", mcpAuthServerTokenEndpoint=hole.origin + "/token")
    recorded.add("hanging", recorded.demo.resources["todo"], block)
    gateway = recorded.serve(sessionStart={"servers": "all", "deadline": "3s"})
    alice = recorded.sign_in("alice")
    start = time.monotonic()
    gateway.servers(alice)
    for name in ("todo", "payroll"):
        wait_state(gateway, alice, f"demo/{name}", "connected", 2)
    assert time.monotonic() - start < 2
    listed = gateway.servers(alice)["demo/hanging"]
    assert listed["state"] in ("connecting", "failed"), listed
    listing = wait_state(gateway, alice, "demo/hanging", "failed", 15)
    assert listing["reason"] == "ExchangeUnavailable" and listing["message"], listing


@pytest.mark.parametrize("servers", ["none", "recent"])
def test_fewer_servers_may_be_connected(world: World, servers: str) -> None:
    """`none` connects nothing; `recent` what the user has used before, in their next session."""
    gateway = world.serve(sessionStart={"servers": servers})
    alice = world.sign_in("alice")
    assert settle(lambda: {listed["state"] for listed in gateway.servers(alice).values()}) == {"available"}
    assert gateway.whoami(alice, "todo")["user"] == "alice"
    again = world.sign_in("alice")
    gateway.servers(again)
    if servers == "recent":
        wait_state(gateway, again, "demo/todo", "connected")
    assert settle(lambda: state(gateway, again, "demo/payroll")) == "available"
    assert world.demo.legs() == ((1, 1) if servers == "none" else (2, 2))


def test_a_start_that_failed_for_a_while_ends_well_by_itself(world: World) -> None:
    """What may pass is tried again without anybody asking, and no more often than the endpoint permits."""
    gateway = serve_connecting_all(world)
    world.demo.faults(idp_token={"status": 503, "retryAfter": 2})
    alice = world.sign_in("alice")
    start = time.monotonic()
    gateway.servers(alice)
    for name in ("todo", "payroll"):
        listing = wait_state(gateway, alice, f"demo/{name}", "failed")
        assert listing["reason"] == "ExchangeUnavailable", listing
    requests = world.demo.legs()[0]
    pauses = int((time.monotonic() - start) // 2)  # The endpoint asks for 2 s, after which one request finds out.
    assert requests <= 2 + pauses, "at most what was under way, and a probe for each pause that has passed"
    world.demo.faults()
    for name in ("todo", "payroll"):
        wait_state(gateway, alice, f"demo/{name}", "connected", 15)


# Renewal.


def test_a_token_in_use_is_renewed_before_it_ends(world: World) -> None:
    """A caller never waits for it; what nobody uses is left to end."""
    world.demo.faults(as_token={"response": {"expires_in": 28}})
    gateway = world.serve()
    alice = world.sign_in("alice")
    for name in ("todo", "payroll"):
        gateway.whoami(alice, name)
    assert world.demo.legs() == (2, 2)
    # Good for 21 s: renewed between 20.2 and 20.8, because it was used in their second half.
    start = time.monotonic()
    while time.monotonic() - start < 23:
        assert gateway.whoami(alice, "todo")["user"] == "alice"
        time.sleep(0.5)
    assert world.demo.legs() == (3, 3), "todo's, and not payroll's"
    assert gateway.metric("token_broker_requests_total", cache="miss") == 2, "nobody has found it missing"


# An endpoint that fails.


def test_the_pause_that_an_endpoint_asks_for_reaches_the_client(world: World) -> None:
    """The SDK's client is told by 503 and Retry-After; meanwhile nobody's call reaches the endpoint, and then one goes first."""
    gateway = world.serve()
    users = [world.sign_in(name) for name in ("alice", "bob") * 5]
    world.demo.faults(idp_token={"status": 503, "retryAfter": 5})
    wire = Wire()

    async def refused_client() -> None:
        async with sdk_client(gateway, users[0], "todo", wire=wire):
            pass

    with pytest.raises((MCPError, httpx2.HTTPError, ExceptionGroup)):
        asyncio.run(refused_client())
    opened = time.monotonic()
    (response,) = [response for response in wire.responses if response.request.method == "POST"][:1]
    assert response.status_code == 503 and 1 <= int(response.headers["Retry-After"]) <= 6
    before = world.demo.legs()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda user: gateway.call(user, "payroll"), users))
    assert world.demo.legs() == before, "a call while the circuit is open"
    waits = {int(answer.header("Retry-After") or 0) for answer in answers}
    assert {answer.status for answer in answers} == {503} and waits and max(waits) <= 6 and min(waits) >= 1
    refused(answers[0], 503, "ExchangeUnavailable", "demo/payroll")
    world.demo.faults()
    wait_for("the end of the pause", lambda: gateway.call(users[0], "todo").status == 200, 10)
    assert 4 <= time.monotonic() - opened <= 9
    assert gateway.whoami(users[1], "todo")["user"] == "bob"


def test_one_request_finds_out_whether_an_endpoint_works_again(world: World) -> None:
    """After the pause one goes out of all that ask, and the others wait for what comes of it."""
    gateway = world.serve()
    users = [world.sign_in("alice") for _ in range(20)]
    world.demo.faults(idp_token={"status": 503, "retryAfter": 2})
    refused(gateway.call(users[0], "todo"), 503, "ExchangeUnavailable")
    world.demo.faults(idp_token={"status": 503, "retryAfter": 2, "delay": 1})
    time.sleep(2.2)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda user: gateway.call(user, "todo"), users))
    assert {answer.status for answer in answers} == {503}
    assert world.demo.legs()[0] == 2, "one call, and one probe for all of them"
    assert all(int(answer.header("Retry-After") or 0) >= 1 for answer in answers)


def test_a_circuit_is_one_endpoints_alone(recorded: World) -> None:
    """Todo's authorization server has an endpoint of its own, which fails: payroll's users notice nothing."""
    other = recorded.peer(lambda request, _: Reply(503, {"error": "temporarily_unavailable"}, [("Retry-After", "30")]))
    recorded.demo.configuration["authorizationServers"][0]["tokenEndpoints"].append(other.origin + "/token")
    recorded.edit("todo", mcpAuthServerTokenEndpoint=other.origin + "/token")
    gateway = recorded.serve()
    alice, bob = recorded.sign_in("alice"), recorded.sign_in("bob")
    refused(gateway.call(alice, "todo"), 503, "ExchangeUnavailable")
    for _ in range(3):
        refused(gateway.call(bob, "todo"), 503, "ExchangeUnavailable")
        assert gateway.whoami(alice, "payroll")["user"] == "alice"
    assert len(other.requests) == 1
    assert recorded.idp
    assert len(recorded.idp.requests) == 2, "leg 1 is not spent on a leg 2 that would fail"


# A credential that was replaced.


def test_a_credential_that_its_server_does_not_know_yet_is_stood_in_for(recorded: World) -> None:
    """The Secret is changed first and the authorization server later: nobody's call fails, and the record says so."""
    gateway = recorded.serve()
    alice = recorded.sign_in("alice")
    assert gateway.whoami(alice, "todo")["user"] == "alice"
    secret = yaml.safe_load((recorded.manifests / "secrets.yaml").read_text())
    secret["stringData"]["client-secret"] = "rotated-canary-secret-91"
    recorded.planted["the rotated secret"] = "rotated-canary-secret-91"
    recorded.write("secrets", secret)
    start = time.monotonic()
    assert recorded.auth_server
    while len(recorded.auth_server.requests) < 2:
        assert gateway.whoami(alice, "todo")["user"] == "alice"
        assert time.monotonic() - start < 10
        time.sleep(0.05)
    assert gateway.whoami(alice, "todo")["user"] == "alice"
    methods = [request.header("Authorization") for request in recorded.auth_server.requests]
    assert len(methods) == 3 and methods[0] == methods[2] != methods[1]
    assertions = [form["assertion"] for form in recorded.auth_server.forms()]
    assert len(set(assertions)) == 3, "the second attempt has an ID-JAG of its own"
    record = gateway.wait_audit(leg="jwt_bearer", outcome="granted")
    assert re.search("credential", json.dumps(record)), record
