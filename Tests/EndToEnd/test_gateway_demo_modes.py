# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""All five modes at once, on the demonstration as `make demo` shows it: which token each server gets, and what it costs."""

from __future__ import annotations

import hashlib

import pytest
from gateway_world import MANAGED, Gateway, User, World, bob, claims, gateway, refused, world  # noqa: F401 (fixtures)

SERVERS = (*MANAGED, "notes", "calendar", "directory", "handbook")


@pytest.fixture
def alice(world: World, gateway: Gateway) -> User:
    """Signed in for the directory as well."""
    return world.sign_in("alice", audiences=["directory"])


def token_requests(world: World) -> tuple[int, int, int]:
    """At the identity provider, the authorization server and the exchange server."""
    return *world.demo.legs(), world.demo.calls("exchange.token")


def test_every_mode_has_a_server(world: World, gateway: Gateway, alice: User) -> None:
    """What is listed before anything was tried; nobody is asked for anything."""
    listed = gateway.servers(alice)
    assert {key: (server["mode"], server["state"], server["reason"]) for key, server in listed.items()} == {
        "demo/todo": ("enterpriseIdP", "available", ""), "demo/payroll": ("enterpriseIdP", "available", ""),
        "demo/calendar": ("tokenExchange", "available", ""), "demo/directory": ("forwardToken", "available", ""),
        "demo/handbook": ("none", "connected", ""), "demo/notes": ("oauth", "available", "ConnectionRequired"),
    }
    assert token_requests(world) == (0, 0, 0)


def test_managed_servers_get_tokens_of_their_authorization_server(world: World, gateway: Gateway, alice: User) -> None:
    """enterpriseIdP: a token that says nothing, for one server, by two requests for each."""
    for server in MANAGED:
        for _ in range(2):
            assert gateway.whoami(alice, server) == {
                "server": server, "user": "alice", "subject": "user-1001", "client": "gateway", "scope": f"{server}.read",
                "resource": world.demo.resources[server],
            }
    assert token_requests(world) == (2, 2, 0)


def test_the_calendar_gets_a_token_of_the_exchange_server(world: World, gateway: Gateway, alice: User, bob: User) -> None:
    """tokenExchange: one request for each user, and the token is for the calendar and about them."""
    issuer = world.demo.manifest("calendar")["spec"]["auth"]["tokenExchange"]["expectedIssuer"]
    for number, (user, subject) in enumerate([(alice, "user-1001"), (bob, "user-1002")], 1):
        first, second = (gateway.whoami(user, "calendar") for _ in range(2))
        assert first == second, "the token was not kept"
        assert first["user"] == user.name
        said = first["claims"]
        assert said["iss"] == issuer != world.demo.issuer
        assert said["aud"] == ["calendar", "gateway-exchange"] and said["azp"] == "gateway-exchange"
        assert said["sub"] == subject and said["email"] == f"{user.name}@enterprise.example"
        assert token_requests(world) == (0, 0, number)
    assert world.demo.calls("exchange.token", "token-exchange") == 2
    record = gateway.wait_audit(server="demo/calendar", leg="token_exchange", outcome="granted")
    assert record["oauth.client_id"] == "gateway-exchange"
    assert record["oauth.endpoint"] == issuer + "/token"


def test_what_the_exchange_server_issues_for_others_is_not_sent(world: World, gateway: Gateway, alice: User) -> None:
    world.demo.faults(exchange_token={"claims": {"aud": "reports"}})
    data = refused(gateway.call(alice, "calendar"), 502, "ServerMisconfigured", "demo/calendar")
    assert gateway.wait_audit(correlation=data["correlationID"])["error.type"] == "exchanged_token_wrong_audience"
    assert world.demo.calls("calendar.mcp") == 0
    world.demo.faults()
    assert gateway.request("POST", "/servers/demo/calendar/retry", alice).status == 204
    assert gateway.whoami(alice, "calendar")["user"] == "alice"


def test_the_directory_gets_the_callers_own_id_token(world: World, gateway: Gateway, alice: User, bob: User) -> None:
    """forwardToken: no request at all, and only for whom the token is for the directory as well."""
    who = gateway.whoami(alice, "directory")
    assert who["user"] == "alice" and who["claims"] == claims(alice.token)
    assert who["claims"]["iss"] == world.demo.issuer and who["claims"]["aud"] == ["sallyport", "directory"]
    record = gateway.wait_audit(server="demo/directory", outcome="granted")
    assert record["oauth.token.digest"] == hashlib.sha256(alice.token.encode()).hexdigest()[:16]
    refused(gateway.call(bob, "directory"), 403, "SubjectTokenRequired", "demo/directory")
    assert world.demo.calls("directory.mcp") == world.demo.calls("directory.mcp", "token-accepted") == 1
    assert token_requests(world) == (0, 0, 0)


def test_the_handbook_is_not_told_who_calls(world: World, gateway: Gateway, alice: User) -> None:
    """none: the request without any token."""
    who = gateway.whoami(alice, "handbook")
    assert who["user"] == "unknown" and who["subject"] == "" and "claims" not in who
    counters = world.demo.counters()["handbook.mcp"]
    assert counters["details"]["no-token"] == counters["requests"] == 1
    assert "authorization" not in counters["headerNames"]
    assert token_requests(world) == (0, 0, 0)


def test_notes_wait_for_the_users_consent(world: World, gateway: Gateway, alice: User) -> None:
    """oauth: nothing reaches the server before, and the answer says what to do."""
    answer = gateway.call(alice, "notes")
    refused(answer, 403, "ConnectionRequired", "demo/notes")
    message = answer.json()["error"]["message"]
    assert "consent" in message and message.endswith("Connect to it.")
    listed = gateway.servers(alice)["demo/notes"]
    assert (listed["state"], listed["reason"], listed["message"]) == ("available", "ConnectionRequired", message)
    assert world.demo.calls("notes.mcp") == world.demo.calls("consent.token") == 0
