# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Identity providers and authorization servers that fail, lie or dawdle: whose fault it is, and that nobody else notices."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import wait_for
from gateway_world import (  # noqa: F401 (fixtures)
    JSON, Gateway, User, World, alice, bob, claims, gateway, mcp_path, recorded, refused, world,
)
from http_peer import Received, Reply

OTHER = "https://other.example"


def legs_after(world: World, call: Callable[[], object]) -> tuple[int, int]:
    before = world.demo.legs()
    call()
    after = world.demo.legs()
    return after[0] - before[0], after[1] - before[1]


# Answers that are not what was asked for. Each: the fault, the requests it costs at either endpoint, the audit's word.


@pytest.mark.parametrize(
    ("fault", "legs", "error"),
    [
        pytest.param({"response": {"access_token": None}}, (1, 0), "malformed", id="W01"),
        pytest.param({"response": {"issued_token_type": None}}, (1, 0), "unexpected_token", id="G17-W02-missing"),
        pytest.param({"response": {"issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}}, (1, 0), "unexpected_token", id="G17-W02-access-token"),
        pytest.param({"response": {"issued_token_type": "urn:ietf:params:oauth:token-type:jwt"}}, (1, 0), "unexpected_token", id="G17-W02-jwt"),
        pytest.param({"response": {"token_type": "Bearer"}}, (1, 0), "unexpected_token", id="G18-W03"),
        pytest.param({"response": {"access_token": "opaque-token-planted"}}, (1, 0), "id_jag_malformed", id="W04-opaque"),
        pytest.param({"response": {"access_token": "a.b.c.d.e"}}, (1, 0), ("id_jag_malformed", "id_jag_encrypted"), id="W04-encrypted"),
        pytest.param({"type": "JWT"}, (1, 0), "id_jag_wrong_type", id="W05"),
        pytest.param({"claims": {"aud": OTHER}}, (1, 0), "id_jag_wrong_audience", id="G19-W06"),
        pytest.param({"claims": {"aud": [OTHER, "https://third.example"]}}, (1, 0), "id_jag_wrong_audience", id="W06-two"),
        pytest.param({"claims": {"iss": OTHER}}, (1, 0), "id_jag_wrong_issuer", id="W07"),
        pytest.param({"claims": {"client_id": "somebody"}}, (1, 0), "id_jag_wrong_client", id="W08"),
        pytest.param({"claims": {"resource": OTHER + "/mcp"}}, (1, 0), "id_jag_wrong_resource", id="G20-W09"),
        pytest.param({"claims": {"exp": 1_700_000_000}}, (2, 0), "id_jag_expired", id="W11"),
        pytest.param({"response": {"error": "access_denied"}}, (1, 0), None, id="W13"),
        pytest.param({"html": True}, (1, 0), "malformed", id="W14"),
        pytest.param({"response": {"expires_in": {"a": 1}}}, (1, 0), None, id="G30-expires-in-an-object"),
        pytest.param({"error": "invalid_scope"}, (1, 0), "invalid_scope", id="invalid-scope"),
        pytest.param({"error": "unauthorized_client"}, (1, 0), "unauthorized_client", id="unauthorized-client"),
        pytest.param({"error": "unsupported_grant_type"}, (1, 0), "unsupported_grant_type", id="unsupported-grant"),
        pytest.param({"error": "invalid_client"}, (1, 0), "invalid_client", id="invalid-client"),
        pytest.param({"error": "made_up_error"}, (1, 0), None, id="an-error-nobody-knows"),
    ],
)
def test_an_unusable_answer_of_the_provider_is_not_sent_on(
    world: World, gateway: Gateway, alice: User, fault: dict, legs: tuple[int, int], error: str | tuple[str, ...] | None,
) -> None:
    """G17, G18, G19, G20, W01, W02, W03, W04, W05, W06, W07, W08, W09, W11, W13, W14: a 502 that has the reason on record,
    and not one request to the authorization server or the MCP server."""
    world.demo.faults(idp_token=fault)
    answers = []
    assert legs_after(world, lambda: answers.append(gateway.call(alice, "todo"))) == legs
    if fault == {"response": {"error": "access_denied"}} or fault.get("response", {}).get("expires_in"):
        # An error under status 200 and a lifetime that is none: how they are named is the gateway's, that they fail is not.
        assert answers[0].status in (403, 502), answers[0]
    else:
        data = refused(answers[0], 502, "ServerMisconfigured")
        record = gateway.wait_audit(correlation=data["correlationID"], reason="ServerMisconfigured")
        assert record["audit.outcome"] == "refused" and record["oauth.leg"] == "token_exchange"
        if error:
            assert record["error.type"] in ((error,) if isinstance(error, str) else error), record
    assert world.demo.calls("todo.mcp") == 0
    assert "Sign in to the network" not in str(answers[0]) + gateway.log(), "a page is not quoted"
    assert "opaque-token-planted" not in str(answers[0]) + gateway.log()
    # It was this user's attempt: afterwards everything works.
    world.demo.faults()
    gateway.request("POST", "/servers/demo/todo/retry", alice)
    if fault.get("error") != "invalid_client":
        assert gateway.whoami(alice, "todo")["user"] == "alice"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param({"response": {"access_token": None}}, "malformed", id="no-token"),
        pytest.param({"response": {"token_type": "mac"}}, "unexpected_token", id="W17-mac"),
        pytest.param({"response": {"token_type": "DPoP"}}, "unexpected_token", id="W17-DPoP"),
        pytest.param({"response": {"resource": OTHER}}, "unexpected_token", id="W19"),
        pytest.param({"response": {"access_token": "planted-token\r\nX-Injected: yes"}}, None, id="W21-line-break"),
        pytest.param({"response": {"access_token": "planted token"}}, None, id="W21-space"),
        pytest.param({"response": {"access_token": "planted-" + "a" * 17_000}}, None, id="W21-too-long"),
        pytest.param({"html": True}, "malformed", id="W14"),
        pytest.param({"error": "invalid_scope"}, "invalid_scope", id="invalid-scope"),
        pytest.param({"error": "unauthorized_client"}, "unauthorized_client", id="unauthorized-client"),
        pytest.param({"error": "invalid_client"}, "invalid_client", id="invalid-client"),
    ],
)
def test_an_unusable_answer_of_the_authorization_server_ends_there(
    world: World, gateway: Gateway, alice: User, fault: dict, error: str | None,
) -> None:
    """W14, W17, W19, W21: a 502, one request at either endpoint, and no request to the MCP server."""
    world.demo.faults(as_token=fault)
    answers = []
    assert legs_after(world, lambda: answers.append(gateway.call(alice, "todo"))) == (1, 1)
    data = refused(answers[0], 502, "ServerMisconfigured")
    record = gateway.wait_audit(correlation=data["correlationID"], leg="jwt_bearer")
    assert record["audit.outcome"] == "refused" and record["audit.reason"] == "ServerMisconfigured"
    assert error is None or record["error.type"] == error, record
    assert world.demo.calls("todo.mcp") == 0
    assert "planted" not in str(answers[0]) + gateway.log()


def test_a_lenient_server_takes_bearer_from_its_provider(world: World) -> None:
    """G18, W03: `lenientTokenType` accepts token_type Bearer for an ID-JAG; n_a in any case is always accepted."""
    world.edit("todo", lenientTokenType=True)
    gateway = world.serve()
    alice = world.sign_in("alice")
    world.demo.faults(idp_token={"response": {"token_type": "Bearer"}})
    assert gateway.whoami(alice, "todo")["user"] == "alice"
    refused(gateway.call(alice, "payroll"), 502, "ServerMisconfigured", "demo/payroll")
    world.demo.faults(idp_token={"response": {"token_type": "n_a"}})
    assert gateway.request("POST", "/servers/demo/payroll/retry", alice).status == 204
    assert gateway.whoami(alice, "payroll")["user"] == "alice"


def test_an_assertion_about_another_user_than_the_token_is_recorded_and_used(world: World, gateway: Gateway, alice: User) -> None:
    """W10: providers may name users differently for each audience, so another `sub` is allowed."""
    world.demo.faults(idp_token={"claims": {"sub": "user-1002"}})
    assert gateway.whoami(alice, "todo")["subject"] == "user-1002"
    assert "names the user otherwise" in gateway.wait_audit(leg="token_exchange", outcome="granted")["error"]


def test_one_late_assertion_is_replaced(world: World, gateway: Gateway, alice: User) -> None:
    """W11: an ID-JAG that has ended on arrival is obtained anew, once."""
    world.demo.faults(idp_token={"claims": {"exp": 1_700_000_000}, "times": 1})
    assert legs_after(world, lambda: gateway.whoami(alice, "todo")) == (2, 1)


def test_refresh_tokens_in_answers_are_dropped(world: World, gateway: Gateway, alice: User) -> None:
    """W12: neither leg's refresh token is used or kept: the policy is asked each time."""
    world.planted["a refresh token of leg 1"] = "planted-refresh-token-1"
    world.planted["a refresh token of leg 2"] = "planted-refresh-token-2"
    world.demo.faults(
        idp_token={"response": {"refresh_token": "planted-refresh-token-1"}},
        as_token={"response": {"refresh_token": "planted-refresh-token-2", "expires_in": 3}},
    )
    gateway.whoami(alice, "todo")
    time.sleep(3)
    gateway.whoami(alice, "todo")
    counters = world.demo.counters()
    assert counters["idp.token"]["details"]["token-exchange"] == 2
    assert counters["as.token"]["details"] == {"jwt-bearer": 2}


@pytest.mark.parametrize(
    ("lifetime", "cached"),
    [(None, True), ("3600", True), (3_600, True), (10**12, True), (1e12, True), (0, False), (-5, False), ("-5", False)],
    ids=str,
)
def test_lifetimes_of_any_form_are_bounded(world: World, gateway: Gateway, alice: User, lifetime: object, cached: bool) -> None:
    """G30, W16: missing is short, zero and negative is not kept, huge is capped, a text is tolerated."""
    world.demo.faults(as_token={"response": {"expires_in": lifetime}})
    for _ in range(3):
        assert gateway.whoami(alice, "todo")["user"] == "alice"
    assert world.demo.legs() == ((1, 1) if cached else (3, 3))


def test_a_members_second_value_is_not_believed(recorded: World) -> None:
    """G30: an answer with a member twice is no answer, whichever value comes last; unknown members mean nothing."""
    gateway = recorded.serve()
    alice = recorded.sign_in("alice")
    assert recorded.idp and recorded.auth_server
    document = b'{"access_token":"planted-one-1","access_token":"planted-two-2","token_type":"Bearer","expires_in":300}'
    recorded.auth_server.fault = lambda request, _: Reply(200, document, [JSON])
    refused(gateway.call(alice, "todo"), 502, "ServerMisconfigured")
    assert "planted" not in gateway.log()
    recorded.auth_server.fault = lambda request, _: Reply(200, {
        "access_token": "fine-token-3", "token_type": "bearer", "expires_in": 300, "unknown": {"deep": [1, {"er": None}]},
    })
    backend = recorded.backend()
    assert gateway.request("POST", "/servers/demo/todo/retry", alice).status == 204
    # DemoWorld does not know that token: what counts is that it was sent at all, and refused with 401.
    answer = gateway.call(alice, "todo")
    refused(answer, 502, "UpstreamRejectedToken")
    assert not backend.requests


def test_more_scopes_than_asked_for_are_treated_as_asked(world: World, gateway: Gateway, alice: User) -> None:
    """W18: a server that says it granted more is believed as far as it was asked, and that is on record."""
    world.demo.faults(as_token={"response": {"scope": "todo.read todo.write admin"}})
    answer = gateway.call(alice, "todo")
    assert answer.status == 200, answer
    record = gateway.wait_audit(correlation=answer.header("X-Request-Id") or "", leg="jwt_bearer")
    assert record["oauth.scopes.granted"] == "todo.read" and "scopes" in record["error"].lower()


def test_fewer_scopes_are_recorded_and_passed_to_the_next_leg(recorded: World) -> None:
    """G29: leg 2 asks for exactly what leg 1 granted."""
    recorded.edit("todo", scopes="todo.read todo.write", stepUpScopes=None)
    gateway = recorded.serve()
    alice = recorded.sign_in("alice")
    recorded.demo.faults(idp_token={"scope": "todo.read"})
    assert gateway.whoami(alice, "todo")["scope"] == "todo.read"
    assert recorded.idp and recorded.auth_server
    assert set(recorded.idp.forms()[0]["scope"].split()) == {"todo.read", "todo.write"}
    assert recorded.auth_server.forms()[0]["scope"] == "todo.read"
    record = gateway.wait_audit(leg="token_exchange", outcome="granted")
    assert set(record["oauth.scopes.requested"].split()) == {"todo.read", "todo.write"}
    assert record["oauth.scopes.granted"] == "todo.read"


# Refusals that a fresh token may cure.


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_request"])
def test_a_refused_subject_token_that_cannot_be_renewed_is_a_challenge(world: World, gateway: Gateway, alice: User, error: str) -> None:
    """G10: the caller is sent to sign in again, not shown a server error; the same token is not tried again."""
    world.demo.faults(idp_token={"error": error})
    answer = gateway.call(alice, "todo")
    data = refused(answer, 401, "ReauthenticationRequired")
    assert 'error="invalid_token"' in (answer.header("WWW-Authenticate") or ""), answer
    record = gateway.wait_audit(correlation=data["correlationID"], reason="ReauthenticationRequired")
    assert record["mcpserver"] == "demo/todo"
    refused(gateway.call(alice, "todo"), 401, "ReauthenticationRequired")
    assert world.demo.legs() == (1, 0)
    world.demo.faults()
    refused(gateway.call(alice, "todo"), 401, "ReauthenticationRequired")
    assert world.demo.legs() == (1, 0)
    assert gateway.whoami(world.sign_in("alice"), "todo")["user"] == "alice"


def test_a_stronger_sign_in_is_asked_for(recorded: World) -> None:
    """G10: what the provider wants of the sign-in reaches the caller's challenge."""
    gateway = recorded.serve()
    alice = recorded.sign_in("alice")
    assert recorded.idp
    recorded.idp.fault = lambda request, _: Reply(400, {
        "error": "insufficient_user_authentication", "acr_values": "urn:example:strong", "max_age": 300,
    })
    answer = gateway.call(alice, "todo")
    assert answer.status == 401, answer
    challenge = answer.header("WWW-Authenticate") or ""
    for part in ('error="insufficient_user_authentication"', 'acr_values="urn:example:strong"', "max_age", "resource_metadata="):
        assert part in challenge, challenge
    assert answer.json()["error"]["data"]["reason"] == "StepUpRequired"
    assert len(recorded.auth_server.requests) == 0  # type: ignore[union-attr]


def test_a_refused_assertion_is_replaced_once(recorded: World) -> None:
    """G11: after invalid_grant at leg 2 one fresh pair is tried; no ID-JAG is ever sent twice."""
    gateway = recorded.serve()
    alice = recorded.sign_in("alice")
    recorded.demo.faults(as_token={"error": "invalid_grant", "times": 1})
    assert gateway.whoami(alice, "todo")["user"] == "alice"
    assert recorded.demo.legs() == (2, 2)
    recorded.demo.faults(as_token={"error": "invalid_grant"})
    refused(gateway.call(alice, "payroll"), 502, "ServerMisconfigured", "demo/payroll")
    assert recorded.demo.legs() == (4, 4)
    assert recorded.auth_server
    assertions = [form["assertion"] for form in recorded.auth_server.forms()]
    assert len(set(assertions)) == len({claims(assertion)["jti"] for assertion in assertions}) == 4


def test_a_lost_answer_is_followed_by_another_assertion(world: World, gateway: Gateway, alice: User) -> None:
    """G11: whether the ID-JAG was used up is not known, so it is not sent again: DemoWorld would refuse it."""
    world.demo.faults(as_token={"close": "after-processing", "times": 1})
    assert gateway.whoami(alice, "todo")["user"] == "alice"
    counters = world.demo.counters()
    assert world.demo.legs() == (2, 2)
    assert "invalid_grant" not in counters["as.token"]["details"], "an ID-JAG was sent twice"


def test_an_assertion_signed_with_an_unknown_key_is_refused_by_its_audience(world: World, gateway: Gateway, alice: User) -> None:
    """G11: the authorization server does not believe it, one fresh pair is tried, and the administrator is named."""
    world.demo.faults(idp_token={"unpublishedKey": True})
    refused(gateway.call(alice, "todo"), 502, "ServerMisconfigured")
    assert world.demo.legs() == (2, 2)


# Servers that are overloaded, away, or in no hurry.


@pytest.mark.parametrize("endpoint", ["idp_token", "as_token"])
@pytest.mark.parametrize("status", [503, 429])
def test_an_overloaded_server_is_left_in_peace_as_long_as_it_says(
    world: World, gateway: Gateway, alice: User, bob: User, endpoint: str, status: int,
) -> None:
    """G13: Retry-After reaches the caller, and nobody asks there again before; then it works by itself."""
    assert gateway.whoami(bob, "todo")["user"] == "bob"
    world.demo.reset_counters()
    world.demo.faults(**{endpoint: {"status": status, "retryAfter": 4}})
    answer = gateway.call(alice, "todo")
    data = refused(answer, 503, "ExchangeUnavailable")
    assert 1 <= int(answer.header("Retry-After") or 0) <= 4
    assert data["retryAfter"] == int(answer.header("Retry-After") or 0)
    name = endpoint.replace("_", ".")
    count = world.demo.calls(name)
    assert count == 1
    for _ in range(3):
        refused(gateway.call(alice, "todo"), 503, "ExchangeUnavailable")
    assert world.demo.calls(name) == count
    assert gateway.whoami(bob, "todo")["user"] == "bob", "who has a token notices nothing"
    world.demo.faults()
    wait_for("the end of the pause", lambda: gateway.call(alice, "todo").status == 200, 15)


def test_a_retry_after_of_years_is_capped(world: World, gateway: Gateway, alice: User) -> None:
    """G13: five minutes at most."""
    world.demo.faults(idp_token={"status": 503, "retryAfter": 100_000_000})
    answer = gateway.call(alice, "todo")
    refused(answer, 503, "ExchangeUnavailable")
    assert 290 <= int(answer.header("Retry-After") or 0) <= 300


@pytest.mark.parametrize(
    ("endpoint", "fault"),
    [
        ("idp_token", {"close": "before-processing"}), ("idp_token", {"close": "after-processing"}), ("idp_token", {"status": 500}),
        ("as_token", {"close": "before-processing"}), ("as_token", {"status": 500}), ("as_token", {"status": 502, "html": True}),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else value,
)
def test_a_server_that_fails_is_a_503(world: World, gateway: Gateway, alice: User, bob: User, endpoint: str, fault: dict) -> None:
    """G13: the caller may come again; whoever has a token notices nothing, and the failure is not asked for in a row."""
    assert gateway.whoami(bob, "todo")["user"] == "bob"
    world.demo.faults(**{endpoint: fault})
    data = refused(gateway.call(alice, "todo"), 503, "ExchangeUnavailable")
    assert gateway.wait_audit(correlation=data["correlationID"], reason="ExchangeUnavailable")["audit.outcome"] == "failed"
    count = world.demo.calls(endpoint.replace("_", "."))
    for _ in range(10):
        assert gateway.call(alice, "todo").status == 503
    assert world.demo.calls(endpoint.replace("_", ".")) - count <= 4, "pauses double"
    assert gateway.whoami(bob, "todo")["user"] == "bob"
    world.demo.faults()
    wait_for("the recovery", lambda: gateway.call(alice, "todo").status == 200, 35)


def test_hanging_and_trickling_servers_hold_nobody_else_up(tmp_path: Path) -> None:
    """G14, W20: there is a total deadline, with 503 at its end; meanwhile other users and servers are served."""
    faults = {
        "idp_token": {"hang": True}, "as_token": {"hang": True},
        "idp_token trickle": {"trickle": 1}, "as_token trickle": {"trickle": 1},
    }
    worlds: list[World] = []

    def attempt(name: str) -> None:
        directory = tmp_path / name.replace(" ", "-")
        directory.mkdir()
        world = World(directory)
        worlds.append(world)
        gateway = world.serve()
        alice, bob = world.sign_in("alice"), world.sign_in("bob")
        assert gateway.whoami(bob, "todo")["user"] == "bob"
        world.demo.faults(**{name.split()[0]: faults[name]})
        with ThreadPoolExecutor(2) as pool:
            stuck = pool.submit(gateway.call, alice, "todo", timeout=120)
            wait_for("the request", lambda: world.demo.calls(name.split()[0].replace("_", ".")) >= 2)
            for _ in range(5):
                assert gateway.whoami(bob, "todo")["user"] == "bob"
            assert not stuck.done()
            answer = stuck.result(120)
        refused(answer, 503, "ExchangeUnavailable")
        world.demo.faults()
        wait_for("the recovery", lambda: gateway.call(alice, "todo").status == 200, 60)

    try:
        with ThreadPoolExecutor(len(faults)) as pool:
            for result in [pool.submit(attempt, name) for name in faults]:
                result.result()
    finally:
        for world in worlds:
            world.stop()


def test_a_hanging_provider_does_not_use_up_all_places(world: World, gateway: Gateway) -> None:
    """G14: 80 users wait for a provider that hangs; the servers that need none are served meanwhile, and it ends."""
    backend = world.backend()
    world.add("plain", backend.url)
    users = [world.sign_in("alice") for _ in range(80)]
    gateway.wait_server(users[0], "demo/plain")
    world.demo.faults(idp_token={"hang": True})
    with ThreadPoolExecutor(len(users)) as pool:
        stuck = [pool.submit(gateway.call, user, "todo", timeout=120) for user in users]
        wait_for("the first of them", lambda: world.demo.calls("idp.token") >= 32)
        assert gateway.call(users[0], "plain").status == 200
        answers = [future.result(120) for future in stuck]
    assert {answer.status for answer in answers} == {503}
    world.demo.faults()
    wait_for("the recovery", lambda: gateway.call(users[0], "todo").status == 200, 60)


@pytest.mark.parametrize("leg", ["idp", "auth_server"])
def test_an_endless_answer_is_cut_off(recorded: World, leg: str) -> None:
    """G15: 50 MB in place of a token are read for 1 MiB at most, and are a 502."""
    gateway = recorded.serve()
    alice = recorded.sign_in("alice")
    proxy = getattr(recorded, leg)
    sent: list[int] = []

    def flood(request: Received, connection: socket.socket) -> None:
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n')
        total = 0
        with contextlib.suppress(OSError):
            for _ in range(800):
                connection.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
                total += 0x10000
            connection.sendall(b"0\r\n\r\n")
        sent.append(total)

    proxy.fault = flood
    before = gateway.memory()
    answer = gateway.call(alice, "todo")
    assert answer.status in (502, 503), answer
    assert answer.json()["error"]["data"]["reason"] in ("ServerMisconfigured", "ExchangeUnavailable")
    wait_for("the end of the answer", lambda: sent)
    assert sent[0] < 30 << 20, "it was read far beyond the limit"
    assert gateway.memory() - before < 30 << 20
    proxy.fault = None
    recorded.demo.faults()
    gateway.request("POST", "/servers/demo/todo/retry", alice)
    wait_for("the recovery", lambda: gateway.call(alice, "todo").status == 200, 35)


@pytest.mark.parametrize("endpoint", ["idp_token", "as_token"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(world: World, gateway: Gateway, alice: User, endpoint: str, status: int) -> None:
    """G16, W15: a token request goes to its endpoint and nowhere else."""
    trap = world.peer(lambda request, _: Reply(200, {"access_token": "planted", "token_type": "Bearer"}))
    world.demo.faults(**{endpoint: {"redirect": trap.origin + "/token", "status": status}})
    refused(gateway.call(alice, "todo"), 502, "ServerMisconfigured")
    assert not trap.requests and world.demo.calls("todo.mcp") == 0


def test_a_caller_who_leaves_takes_nobody_along(world: World, gateway: Gateway, alice: User) -> None:
    """W25: the first caller disconnects during the exchange; those who wait with it are served, at the price of one."""
    world.demo.faults(idp_token={"delay": 2, "times": 1})
    host, port = gateway.base.removeprefix("http://").split(":")
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}'
    leader = socket.create_connection((host, int(port)))
    leader.sendall(
        f"POST {mcp_path('todo')} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {alice.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    )
    wait_for("the exchange", lambda: world.demo.calls("idp.token") == 1)
    with ThreadPoolExecutor(8) as pool:
        followers = [pool.submit(gateway.whoami, alice, "todo") for _ in range(8)]
        time.sleep(0.3)
        leader.close()
        assert [follower.result(30)["user"] for follower in followers] == ["alice"] * 8
    assert world.demo.legs() == (1, 1)


def attempt(gateway: Gateway, user: User) -> object:
    """A call whose gateway dies meanwhile."""
    try:
        return gateway.call(user, "todo")
    except OSError:
        return None


def test_a_gateway_that_ended_between_the_legs_begins_anew(recorded: World) -> None:
    """W22: nothing of an exchange survives its process, and the ID-JAG is not used again."""
    first = recorded.serve()
    alice = recorded.sign_in("alice")
    recorded.demo.faults(as_token={"hang": True})
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(attempt, first, alice)
        wait_for("leg 2", lambda: recorded.auth_server and recorded.auth_server.requests)
        first.process.kill()
        first.process.wait()
        assert lost.result(30) is None
    recorded.demo.faults()
    second = recorded.serve()
    assert second.whoami(alice, "todo")["user"] == "alice"
    assert recorded.auth_server and recorded.idp
    assertions = [form["assertion"] for form in recorded.auth_server.forms()]
    assert len(assertions) == len(set(assertions)) == 2 and len(recorded.idp.requests) == 2


# Metadata and keys.


def test_a_provider_that_is_down_at_the_start_stops_nothing(world: World) -> None:
    """Its users get 503 with Retry-After, not a challenge, and later everything works without a restart."""
    alice = world.sign_in("alice")
    away = {"close": "before-processing"}
    world.demo.faults(idp_metadata=away, idp_keys=away, idp_token=away)
    backend = world.backend()
    world.add("plain", backend.url)
    gateway = world.serve(wait=False)
    for server in ("todo", "plain"):
        answer = wait_for("an answer", lambda: (found := gateway.call(alice, server)).status and found, 20)
        assert answer.status == 503, answer  # type: ignore[union-attr]
        assert int(answer.header("Retry-After") or 0) >= 1  # type: ignore[union-attr]
    assert gateway.request("GET", "/servers", alice).status == 503
    assert gateway.call(None, "todo").status == 401, "without a token there is nothing to wait for"
    assert not backend.requests
    world.demo.faults()
    wait_for("the provider's return", lambda: gateway.call(alice, "plain").status == 200, 60)
    wait_for("the server's return", lambda: gateway.call(alice, "todo").status == 200, 60)


def test_a_provider_that_goes_away_later_is_missed_by_new_exchanges_only(world: World, gateway: Gateway, alice: User) -> None:
    """The last good keys serve on: signed-in users are let in, and so are those who signed in before."""
    new = world.sign_in("bob")
    gateway.whoami(alice, "todo")
    away = {"close": "before-processing"}
    world.demo.faults(idp_metadata=away, idp_keys=away, idp_token=away)
    assert gateway.whoami(alice, "todo")["user"] == "alice"
    refused(gateway.call(new, "todo"), 503, "ExchangeUnavailable")
    world.demo.faults()
    wait_for("the recovery", lambda: gateway.call(new, "todo").status == 200, 35)


def test_metadata_of_another_issuer_is_not_believed(world: World) -> None:
    """G22: neither the provider's nor the authorization server's: nothing is sent to the endpoints in it."""
    trap = world.peer(lambda request, _: Reply(200, {"access_token": "planted", "token_type": "Bearer"}))
    lie = {"response": {"issuer": OTHER, "token_endpoint": trap.origin + "/token", "jwks_uri": trap.origin + "/keys"}}
    alice = world.sign_in("alice")
    world.demo.faults(as_metadata=lie)
    gateway = world.serve(wait=False)
    gateway.wait_ready()
    answer = gateway.call(alice, "todo")
    assert answer.status in (404, 502, 503), answer
    assert not trap.requests and world.demo.calls("as.token") == 0
    world.demo.faults(idp_metadata=lie)
    other = world.serve(wait=False)
    answer = other.call(alice, "todo")
    assert answer.status == 503, answer
    assert not trap.requests
    assert world.demo.calls("as.token") == 0 and world.demo.calls("todo.mcp") == 0


def test_metadata_that_says_little_is_enough(world: World) -> None:
    """G26: no PKCE, no list of grants, no profile: what is needed is the issuer and the token endpoint."""
    bare = {"grant_types_supported": None, "authorization_grant_profiles_supported": None, "response_types_supported": None,
            "token_endpoint_auth_methods_supported": None, "scopes_supported": None,
            "identity_chaining_requested_token_types_supported": None, "code_challenge_methods_supported": None}
    world.demo.faults(as_metadata={"response": bare}, idp_metadata={"response": bare})
    gateway = world.serve()
    assert gateway.whoami(world.sign_in("alice"), "todo")["user"] == "alice"
    assert gateway.whoami(world.sign_in("alice"), "payroll")["user"] == "alice"


def test_rotated_keys_are_found_at_once(world: World, gateway: Gateway, alice: User) -> None:
    """A token signed with a key that was never seen is let in after one look at the provider's keys."""
    gateway.whoami(alice, "todo")
    world.demo.rotate_keys(keep_old=True)
    keys = world.demo.calls("idp.keys")
    new = world.sign_in("bob")
    assert gateway.whoami(new, "todo")["user"] == "bob"
    assert world.demo.calls("idp.keys") == keys + 1
    old = world.sign_in("alice")
    assert gateway.whoami(old, "todo")["user"] == "alice"
    assert world.demo.calls("idp.keys") == keys + 1


def test_tokens_with_made_up_keys_make_nobody_ask(world: World, gateway: Gateway, alice: User) -> None:
    """An unknown key leads to one look in 30 s, whoever sends how many tokens."""
    before = world.demo.calls("idp.keys")
    world.demo.faults(idp_sign_in={"unpublishedKey": True})
    forged = [world.sign_in("alice") for _ in range(30)]
    world.demo.faults()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda user: gateway.call(user, "todo"), forged))
    assert {answer.status for answer in answers} == {401}
    assert world.demo.calls("idp.keys") <= before + 1
    assert gateway.whoami(alice, "todo")["user"] == "alice"


def test_a_failure_at_one_server_is_none_at_another(recorded: World) -> None:
    """Todo's authorization server is away, by an endpoint of its own; payroll and everybody else notice nothing."""
    away = recorded.peer(lambda request, _: None)
    other = [*recorded.demo.configuration["authorizationServers"][0]["tokenEndpoints"], away.origin + "/token"]
    recorded.demo.configuration["authorizationServers"][0]["tokenEndpoints"] = other
    recorded.edit("todo", mcpAuthServerTokenEndpoint=away.origin + "/token")
    gateway = recorded.serve()
    alice, bob = recorded.sign_in("alice"), recorded.sign_in("bob")
    for _ in range(3):
        refused(gateway.call(alice, "todo"), 503, "ExchangeUnavailable")
        assert gateway.whoami(alice, "payroll")["user"] == "alice"
        refused(gateway.call(bob, "todo"), 503, "ExchangeUnavailable")
    assert recorded.idp
    assertions = [request.form()["assertion"] for request in away.requests]
    assert len(assertions) == len(set(assertions)), "an ID-JAG was sent twice"


def test_nothing_secret_is_found_anywhere(recorded: World) -> None:
    """G24: after success, refusal and failure of every kind, no token, assertion, key or secret is in any log, metric,
    answer or request to a server; the search itself finds what is planted."""
    backend = recorded.backend()
    gateway = recorded.serve(**recorded.add_as_todo("copy", backend))
    alice, bob = recorded.sign_in("alice"), recorded.sign_in("bob")
    for user in (alice, bob):
        for server in ("todo", "payroll", "copy"):
            gateway.call(user, server)
            gateway.call(user, server, "add_item")
    for endpoint in ("idp_token", "as_token"):
        for fault in ({"error": "invalid_grant"}, {"status": 503}, {"html": True}, {"response": {"token_type": "mac"}},
                      {"response": {"error_description": alice.token}, "status": 400}):
            user = recorded.sign_in("alice")
            recorded.demo.faults(**{endpoint: fault})
            gateway.call(user, "copy")
            recorded.demo.faults()
    # A server and an authorization server that quote the token they got.
    backend.behave = lambda request, _: Reply(401, b"", [("WWW-Authenticate", f'Bearer error_description="{request.header("Authorization")}"')])
    gateway.call(recorded.sign_in("alice"), "copy")
    gateway.call(User("forger", alice.token[:-4] + "AAAA"), "todo")
    gateway.fetch("/readyz")
    canaries, tokens = recorded.canaries(), recorded.access_tokens()
    assert sum("ID-JAG" in name for name in canaries) >= 4 and len(tokens) >= 4
    assert sum("client authentication" in name for name in canaries) >= 4
    recorded.check_leaks()
    # The search can find something: the log with one token in it.
    with open(gateway.log_path, "ab") as log:
        position = log.tell()
        log.write(alice.token.encode())
    with pytest.raises(AssertionError, match="ID token"):
        recorded.check_leaks()
    with open(gateway.log_path, "rb+") as log:
        log.truncate(position)
