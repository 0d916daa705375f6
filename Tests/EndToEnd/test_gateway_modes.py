# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The modes `tokenExchange` and `forwardToken` as servers, issuers and tenants meet them: who gets which token, and who gets none."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from conftest import wait_for
from dex import AUDIENCE_SCOPE, Dex, SignedBackend, fetch_keys
from gateway_world import Backend, Gateway, User, World, claims, mcp_path, refused, sdk_client, world  # noqa: F401 (fixtures)
from http_peer import Reply

CLIENT = "sallyport"


class Organisation:
    """The enterprise, a Dex that exchanges its ID tokens, and servers in both modes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.provider = world.demo.configuration["identityProviders"][0]
        secret = Path(self.provider["clientSecretFile"]).read_text().strip()
        self.dex = Dex(world.demo.issuer, CLIENT, {CLIENT: secret}, {"tools": [CLIENT], "reports": [CLIENT]})
        world.peers.append(self.dex)
        self.provider["tokenEndpoints"] = [self.dex.token_endpoint]
        self.tools, self.reports = self.signed("tools"), self.signed("reports")
        provider_keys = fetch_keys(world.demo.issuer)
        self.mail = SignedBackend(lambda: provider_keys, world.demo.issuer, "backend")
        self.mail.takes_id_tokens = True
        world.peers.append(self.mail)
        self.provider["exchangeTo"] = [
            {"audience": audience, "urls": [backend.origin + "/"]}
            for audience, backend in [("tools", self.tools), ("reports", self.reports)]
        ]
        self.provider["forwardTo"] = [{"audience": "backend", "urls": [self.mail.origin + "/"]}]

    def signed(self, audience: str) -> SignedBackend:
        """A server that takes Dex's tokens for an audience."""
        backend = SignedBackend(lambda: self.dex.keys, self.dex.origin, audience)
        self.world.peers.append(backend)
        return backend

    def add_all(self) -> None:
        self.world.add("tools", self.tools.url, auth=self.dex.auth("tools"))
        self.world.add("reports", self.reports.url, auth=self.dex.auth("reports", scopes="openid groups"))
        self.world.add("mail", self.mail.url, auth={"forwardToken": True, "requiredAudiences": ["backend"]})

    def sign_in(self, name: str, *audiences: str) -> User:
        """A session whose ID token is for the gateway and for more."""
        return self.world.sign_in_with(name, claims={"aud": [CLIENT, *audiences]})

    def check(self, *users: User) -> None:
        """No server has had a token of the wrong kind, and each token is of one user and was at one server."""
        at: dict[str, set[int]] = {}
        for backend in (self.tools, self.reports):
            for subject, token in backend.accepted:
                assert claims(token)["sub"] == subject
                at.setdefault(token, set()).add(backend.port)
        assert all(len(servers) == 1 for servers in at.values()), "a token was at two servers"
        for _, token in self.mail.accepted:
            assert token in {user.token for user in users}, "a token nobody has signed in with was forwarded"
        for backend in (self.tools, self.reports, self.mail):
            assert backend.refused == 0, "a server got a token that is not for it"


@pytest.fixture
def organisation(world: World) -> Organisation:
    return Organisation(world)


# What is sent.


def test_two_users_reach_servers_in_both_modes(organisation: Organisation) -> None:
    """The SDK's client as two users at three servers: each is known as themselves, by one exchange for each user and server."""
    organisation.add_all()
    gateway = organisation.world.serve()
    alice, bob = organisation.sign_in("alice", "backend"), organisation.sign_in("bob", "backend")
    subjects = {"alice": "user-1001", "bob": "user-1002"}

    async def journey(user: User, server: str, mode: str, expected: str) -> None:
        async with sdk_client(gateway, user, server, mode) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == ["whoami"]
            for _ in range(2):
                assert (await client.call_tool("whoami", {})).structured_content == {"user": expected}

    async def journeys() -> None:
        async with asyncio.TaskGroup() as group:
            for user in (alice, bob):
                for server, expected in (("tools", f"dex-{subjects[user.name]}"), ("reports", f"dex-{subjects[user.name]}"),
                                         ("mail", subjects[user.name])):
                    group.create_task(journey(user, server, "legacy", expected))

    asyncio.run(journeys())
    assert len(organisation.dex.exchanges) == len(organisation.dex.issued) == 4
    assert organisation.world.demo.legs() == (0, 0), "neither mode has anything to ask of the enterprise"
    organisation.check(alice, bob)
    states = {name: listed["state"] for name, listed in gateway.servers(alice).items()}
    assert states["demo/tools"] == states["demo/reports"] == states["demo/mail"] == "connected"


def test_an_exchange_is_sent_byte_for_byte_as_dex_wants_it(organisation: Organisation) -> None:
    """One request, with nothing in it that the form of Dex does not have."""
    organisation.world.add("tools", organisation.tools.url, auth=organisation.dex.auth("tools", scopes="openid groups"))
    gateway = organisation.world.serve()
    alice = organisation.world.sign_in("alice")
    assert gateway.call(alice, "tools").status == 200
    (request,) = organisation.dex.exchanges
    urn = quote_plus("urn:ietf:params:oauth:")
    body = (
        f"grant_type={urn}grant-type%3Atoken-exchange&requested_token_type={urn}token-type%3Aid_token"
        f"&scope={quote_plus(AUDIENCE_SCOPE)}tools+groups+openid&subject_token={alice.token}"
        f"&subject_token_type={urn}token-type%3Aid_token&connector_id=corp"
    )
    assert request.body.decode() == body
    secret = request.header("Authorization") or ""
    agent = request.header("User-Agent") or ""
    assert agent.startswith("sallyport/")
    head = (
        f"POST /token HTTP/1.1\r\nHost: 127.0.0.1:{organisation.dex.port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Accept: application/json\r\nAuthorization: {secret}\r\nUser-Agent: {agent}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    assert request.head.decode() == head


@pytest.mark.parametrize("server", ["tools", "mail"])
def test_a_server_gets_the_callers_message_and_one_token(organisation: Organisation, server: str) -> None:
    """The request to the MCP server, byte for byte: nothing of the caller's but the message."""
    organisation.add_all()
    gateway = organisation.world.serve()
    alice = organisation.sign_in("alice", "backend")
    backend = getattr(organisation, server)
    body = b'{"jsonrpc":"2.0",  "id":1,"method":"tools/call","params":{"name":"whoami","x":1e5}}'
    headers = [("Content-Type", "application/json"), ("Accept", "application/json"), ("Cookie", "planted=1"), ("X-Forwarded-For", "192.0.2.1")]
    answer = gateway.request("POST", mcp_path(server), alice, headers, body)
    assert answer.status == 200, answer
    (request,) = backend.requests
    token = alice.token if server == "mail" else organisation.dex.issued[0]
    agent = request.header("User-Agent")
    assert request.head.decode() == (
        f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{backend.port}\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        f"Authorization: Bearer {token}\r\nX-Request-Id: {answer.header('X-Request-Id')}\r\nUser-Agent: {agent}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    assert request.body == body


def test_an_exchanged_token_that_ends_is_replaced_once(organisation: Organisation) -> None:
    """As many exchanges as lives of a token, whoever asks how often."""
    organisation.dex.lifetime = 4
    organisation.add_all()
    gateway = organisation.world.serve()
    alice = organisation.world.sign_in("alice")
    for _ in range(3):
        assert gateway.call(alice, "tools").status == 200
    time.sleep(4)
    for _ in range(3):
        assert gateway.call(alice, "tools").status == 200
    assert len(organisation.dex.issued) == 2
    organisation.check(alice)


def test_two_sessions_of_one_user_share_no_exchanged_token(organisation: Organisation) -> None:
    organisation.add_all()
    gateway = organisation.world.serve()
    for _ in range(2):
        assert gateway.call(organisation.world.sign_in("alice"), "tools").status == 200
    assert len(set(organisation.dex.issued)) == 2


# What comes back and is not what was asked for.


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"iss": "https://other.example"}, "exchanged_token_wrong_issuer", id="of-another-issuer"),
        pytest.param({"aud": "reports"}, "exchanged_token_wrong_audience", id="for-another-server"),
        pytest.param({"aud": None}, "exchanged_token_missing_claim", id="for-nobody"),
        pytest.param({"exp": 1_700_000_000}, "exchanged_token_expired", id="ended"),
        pytest.param({"sub": None}, "exchanged_token_missing_claim", id="about-nobody"),
    ],
)
def test_a_token_that_is_not_for_the_server_is_not_sent_to_it(organisation: Organisation, changes: dict, error: str) -> None:
    """Whatever the issuer says, its token is checked as the server would; the answer says who has to act."""
    organisation.add_all()
    gateway = organisation.world.serve()
    alice = organisation.world.sign_in("alice")
    organisation.dex.changes = changes
    data = refused(gateway.call(alice, "tools"), 502, "ServerMisconfigured", "demo/tools")
    assert gateway.wait_audit(correlation=data["correlationID"])["error.type"] == error
    assert not organisation.tools.requests
    organisation.dex.changes = {}
    assert gateway.request("POST", "/servers/demo/tools/retry", alice).status == 204
    assert gateway.call(alice, "tools").status == 200


def test_a_token_signed_by_somebody_else_is_not_sent(organisation: Organisation) -> None:
    """The issuer's own keys decide, and not who answered."""
    other = Dex(organisation.world.demo.issuer, CLIENT, {}, {})
    organisation.world.peers.append(other)
    organisation.add_all()
    gateway = organisation.world.serve()
    alice = organisation.world.sign_in("alice")
    other.changes = {"iss": organisation.dex.origin}
    organisation.dex.fault = lambda request, _: other.grant("user-1001", ["tools"])
    refused(gateway.call(alice, "tools"), 502, "ServerMisconfigured", "demo/tools")
    assert not organisation.tools.requests


def test_what_dex_refuses_is_remembered_for_the_caller_alone(organisation: Organisation) -> None:
    """A denial is a 403 for that user at that server, and nobody else's."""
    organisation.add_all()
    gateway = organisation.world.serve()
    alice, bob = organisation.world.sign_in("alice"), organisation.world.sign_in("bob")
    organisation.dex.fault = lambda request, _: (
        Reply(403, {"error": "access_denied"}) if claims(request.form()["subject_token"])["sub"] == "user-1002"
        else organisation.dex.exchange(request)
    )
    for _ in range(3):
        refused(gateway.call(bob, "tools"), 403, "PolicyDenied", "demo/tools")
    assert len(organisation.dex.exchanges) == 1
    assert gateway.call(alice, "tools").status == 200
    organisation.check(alice, bob)


# Whose ID tokens are forwarded where.


def test_an_id_token_is_forwarded_only_if_it_is_for_the_server(organisation: Organisation) -> None:
    """Without the audience the caller is told to sign in with it; the server sees no request."""
    organisation.add_all()
    gateway = organisation.world.serve()
    bob, alice = organisation.world.sign_in("bob"), organisation.sign_in("alice", "backend")
    refused(gateway.call(bob, "mail"), 403, "SubjectTokenRequired", "demo/mail")
    assert gateway.servers(bob)["demo/mail"]["state"] == "failed"
    assert not organisation.mail.requests
    assert gateway.call(alice, "mail").status == 200
    assert {subject for subject, _ in organisation.mail.accepted} == {"user-1001"}
    assert gateway.call(organisation.sign_in("bob", "backend"), "mail").status == 200, "another ID token of his will do"


def test_a_server_may_require_more_audiences_than_the_configuration(organisation: Organisation) -> None:
    organisation.world.add("mail", organisation.mail.url, auth={"forwardToken": True, "requiredAudiences": ["backend", "archive"]})
    gateway = organisation.world.serve()
    refused(gateway.call(organisation.sign_in("alice", "backend"), "mail"), 403, "SubjectTokenRequired", "demo/mail")
    assert gateway.call(organisation.sign_in("alice", "backend", "archive"), "mail").status == 200


# Tenants who reach for what is others'.


def unserved(gateway: Gateway, user: User, trap: Backend, key: str = "tenant/greedy") -> None:
    """There is no such server for anybody, and it got nothing, not even a connection that carries a token."""
    for _ in range(2):
        refused(gateway.call(user, key), 404, "UnknownServer", key)
    assert key not in gateway.servers(user)
    assert not trap.requests


def test_a_tenant_cannot_have_id_tokens_exchanged_at_a_place_of_their_own(organisation: Organisation) -> None:
    """Another token endpoint than the configuration's, or its own on another path: no route, and nothing is sent there."""
    trap = organisation.world.backend()
    alice = organisation.world.sign_in("alice")
    organisation.add_all()
    gateway = organisation.world.serve()
    for endpoint in (trap.origin + "/token", organisation.dex.token_endpoint + "/", organisation.dex.origin + "//token",
                     organisation.dex.token_endpoint + "?to=" + trap.origin, organisation.dex.origin + "/keys/../token"):
        organisation.world.add("greedy", trap.url, namespace="tenant", auth=organisation.dex.auth("tools", dexTokenEndpoint=endpoint))
        time.sleep(0.5)
        unserved(gateway, alice, trap)
    assert not organisation.dex.exchanges


@pytest.mark.parametrize("place", ["elsewhere", "beside", "above", "prefix", "dots", "user"])
def test_a_tenant_cannot_have_id_tokens_forwarded(organisation: Organisation, place: str) -> None:
    """Only at or below a URL of `forwardTo`, in whole segments of its path, whatever a URL is made to look like."""
    trap = organisation.world.backend()
    organisation.provider["forwardTo"] = [{"audience": "backend", "urls": [organisation.mail.origin + "/mcp"]}]
    origin = organisation.mail.origin
    url = {
        "elsewhere": trap.url, "beside": origin + "/other", "above": origin + "/", "prefix": origin + "/mcp-2",
        "dots": origin + "/mcp/../other", "user": f"http://127.0.0.1:{organisation.mail.port}@127.0.0.1:{trap.port}/mcp",
    }[place]
    organisation.world.add("mail", organisation.mail.url, auth={"forwardToken": True})
    organisation.world.write("greedy", {
        "apiVersion": "mcp.giantswarm.io/v1alpha1", "kind": "MCPServer", "metadata": {"name": "greedy", "namespace": "tenant"},
        "spec": {"type": "streamable-http", "url": url, "auth": {"forwardToken": True}},
    })
    gateway = organisation.world.serve(wait=False)
    gateway.wait_ready()
    alice = organisation.sign_in("alice", "backend")
    gateway.wait_server(alice, "demo/mail")
    unserved(gateway, alice, trap)
    assert not organisation.mail.requests


def test_a_tenant_cannot_claim_the_resource_of_another(organisation: Organisation) -> None:
    """SEP-990's `resource` of another server: no route, hence no token for it."""
    trap = organisation.world.backend()
    enterprise = organisation.world.enterprise("todo", resource=organisation.world.demo.resources["todo"])
    enterprise.pop("mcpAuthServerClient", None)
    organisation.world.add("greedy", trap.url, enterprise, namespace="tenant")
    organisation.world.write("own", {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "gateway-client", "namespace": "tenant"},
        "stringData": {"client-id": "gateway", "client-secret": "planted-secret-of-the-tenant"},
    })
    gateway = organisation.world.serve(wait=False)
    gateway.wait_ready()
    alice = organisation.world.sign_in("alice")
    gateway.wait_server(alice, "demo/todo")
    unserved(gateway, alice, trap)
    assert organisation.world.demo.legs() == (0, 0)


def test_a_tenant_cannot_claim_the_audience_of_another(organisation: Organisation) -> None:
    """A token that is good at another tenant's server is not sent to a server that only says so: it has no route, and its status says why."""
    trap = organisation.world.backend()
    organisation.add_all()
    organisation.world.add("greedy", trap.url, namespace="tenant", auth=organisation.dex.auth("tools"))
    gateway = organisation.world.serve(wait=False)
    gateway.wait_ready()
    alice = organisation.world.sign_in("alice")
    gateway.wait_server(alice, "demo/tools")
    unserved(gateway, alice, trap)
    assert not organisation.dex.exchanges
    wait_for("the reason", lambda: "IssuerNotTrusted" in gateway.output.read_text())


def test_a_tenant_does_not_get_what_lets_them_in_as_the_user(organisation: Organisation) -> None:
    """Where people sign in at Dex itself, a token of it for the gateway opens the gateway: no server may get one."""
    world, dex = organisation.world, organisation.dex
    trap = world.backend()
    secret = organisation.provider["clientSecretFile"]
    world.demo.configuration["identityProviders"] = [
        {"name": "dex", "issuer": dex.origin, "clientID": CLIENT, "clientSecretFile": secret}
    ]
    dex.provider = dex.origin
    world.add("greedy", trap.url, namespace="tenant", auth=dex.auth())
    gateway = world.serve(wait=False)
    gateway.wait_ready()
    body = dex.grant("alice", [CLIENT]).body
    assert isinstance(body, dict)
    alice = User("alice", body["access_token"])
    wait_for("an answer", lambda: gateway.request("GET", "/servers", alice).status == 200)
    gateway.call(alice, "tenant/greedy")
    stolen = [(request.header("Authorization") or "").removeprefix("Bearer ") for request in trap.requests]
    let_in = [gateway.request("GET", "/servers", User("thief", token)).status for token in stolen if token]
    assert 200 not in let_in


def test_a_route_that_is_trusted_no_longer_takes_its_tokens_along(organisation: Organisation) -> None:
    """An edit to another audience: the token of before is not sent any more, and a new one is for the new audience."""
    organisation.add_all()
    gateway = organisation.world.serve()
    alice = organisation.world.sign_in("alice")
    assert gateway.call(alice, "tools").status == 200
    (old,) = organisation.dex.issued
    organisation.world.add("tools", organisation.reports.url, auth=organisation.dex.auth("reports"))
    wait_for("the new route", lambda: gateway.call(alice, "tools").status == 200 and organisation.reports.accepted)
    assert all(token != old for _, token in organisation.reports.accepted)
    organisation.check(alice)

