# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Other ways to configure the exchange: how clients authenticate, which token is presented, and where tokens may go."""

from __future__ import annotations

import base64
import json
import time

import pytest
import yaml
from conftest import wait_for
from gateway_world import World, claims, recorded, refused, world  # noqa: F401 (fixtures)
from http_peer import Reply


def configure_provider(world: World, **changes: object) -> None:
    provider = world.demo.configuration["identityProviders"][0]
    for key, value in changes.items():
        provider[key] = value
    world.demo.configuration["identityProviders"][0] = {key: value for key, value in provider.items() if value is not None}


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
def test_clients_authenticate_in_every_way(recorded: World, method: str) -> None:
    """G01: at both legs, and nothing but the chosen proof is sent."""
    key = recorded.demo.folder / "identity-provider" / "private-key.pem"
    if method == "private_key_jwt":
        configure_provider(recorded, clientSecretFile=None, privateKeyFile=str(key))
    else:
        configure_provider(recorded, clientAuthMethod=method)
    client = {"clientCredentialsSecretRef": {"name": "gateway-client"}, "clientAuthMethod": method}
    recorded.edit("todo", mcpAuthServerClient=client)
    gateway = recorded.serve()
    assert gateway.whoami(recorded.sign_in("alice"), "todo")["user"] == "alice"
    assert recorded.idp and recorded.auth_server
    for proxy, name, audience in (
        (recorded.idp, "sallyport", recorded.demo.issuer), (recorded.auth_server, "gateway", recorded.demo.authorization_server),
    ):
        (request,) = proxy.requests
        form = request.form()
        assert (request.header("Authorization") is not None) == (method == "client_secret_basic")
        assert ("client_secret" in form) == (method == "client_secret_post")
        assert ("client_assertion" in form) == (method == "private_key_jwt")
        if method == "client_secret_post":
            assert form["client_id"] == name
        if method == "private_key_jwt":
            proof = claims(form["client_assertion"])
            assert (proof["iss"], proof["sub"], proof["aud"]) == (name, name, audience)
            assert proof["jti"] and 0 < proof["exp"] - time.time() <= 300


def test_the_providers_key_is_named(recorded: World) -> None:
    """Providers that look keys up by `kid` refuse assertions without one; this one is only looked at."""
    key = recorded.demo.folder / "identity-provider" / "private-key.pem"
    configure_provider(recorded, clientSecretFile=None, privateKeyFile=str(key), keyID="key-of-2026")
    gateway = recorded.serve()
    assert recorded.idp
    recorded.idp.fault = lambda request, connection: Reply(503, {"error": "temporarily_unavailable"})
    refused(gateway.call(recorded.sign_in("alice"), "todo"), 503, "ExchangeUnavailable")
    (form,) = recorded.idp.forms()
    head = form["client_assertion"].split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"] == "key-of-2026"


def test_a_credential_that_cannot_be_used_is_reported_at_the_start(recorded: World) -> None:
    """In the log and on /readyz, before a user needs it; servers that need no exchange work, and it is read again."""
    secret = recorded.demo.folder / "identity-provider" / "client-secret"
    away = secret.with_name("elsewhere")
    secret.rename(away)
    recorded.add("plain", recorded.backend().url)
    gateway = recorded.serve()
    status, text = gateway.fetch("/readyz")
    assert status == 200 and f"Could not read '{secret}'" in text, text
    assert "Cannot use the gateway's credential at an identity provider; nothing can be exchanged there" in gateway.log()
    alice = recorded.sign_in("alice")
    assert gateway.call(alice, "plain").status == 200
    refused(gateway.call(alice, "todo"), 502, "ServerMisconfigured")
    assert recorded.demo.legs() == (0, 0)
    away.rename(secret)
    wait_for("the secret to be read", lambda: str(secret) not in gateway.fetch("/readyz")[1], 40)
    assert gateway.request("POST", "/servers/demo/todo/retry", alice).status == 204
    assert gateway.whoami(alice, "todo")["user"] == "alice"


def test_public_clients_send_their_name_and_no_proof(recorded: World) -> None:
    configure_provider(recorded, clientID="sallyport-public", clientSecretFile=None, clientAuthMethod="none")
    secret = yaml.safe_load((recorded.manifests / "secrets.yaml").read_text())
    public = {**secret, "metadata": {**secret["metadata"], "name": "public"}, "stringData": {"client-id": "gateway-public"}}
    recorded.write("public", public)
    recorded.edit("todo", mcpAuthServerClient={"clientCredentialsSecretRef": {"name": "public"}, "clientAuthMethod": "none"})
    gateway = recorded.serve(wait=False)
    gateway.wait_ready()
    alice = recorded.sign_in("alice", client="sallyport-public")
    gateway.wait_server(alice, "demo/todo")
    assert gateway.whoami(alice, "todo")["client"] == "gateway-public"
    assert recorded.idp and recorded.auth_server
    for proxy, name in ((recorded.idp, "sallyport-public"), (recorded.auth_server, "gateway-public")):
        (request,) = proxy.requests
        assert request.form()["client_id"] == name and request.header("Authorization") is None
        assert not {"client_secret", "client_assertion"} & set(request.form())


def test_parameters_that_may_be_left_out_are(recorded: World) -> None:
    """`sendResource: false` at either leg, and no `scope` where the manifest names none."""
    client = {"clientCredentialsSecretRef": {"name": "gateway-client"}, "sendResource": False}
    recorded.edit("todo", mcpAuthServerClient=client)
    gateway = recorded.serve()
    assert gateway.whoami(recorded.sign_in("alice"), "todo")["user"] == "alice"
    assert recorded.idp and recorded.auth_server
    assert "resource" in recorded.idp.forms()[0] and "resource" not in recorded.auth_server.forms()[0]
    recorded.edit("payroll", scopes=None, stepUpScopes=None)
    time.sleep(1)
    gateway.whoami(recorded.sign_in("alice"), "payroll")
    assert "scope" not in recorded.idp.forms()[1]
    recorded.edit("todo", sendResource=False)
    time.sleep(1)
    # DemoWorld has two servers behind one audience, so it cannot do without; what counts is what was sent.
    refused(gateway.call(recorded.sign_in("alice"), "todo"), 403, "PolicyDenied")
    assert "resource" not in recorded.idp.forms()[2]


def test_a_server_that_wants_a_refresh_token_is_named(world: World) -> None:
    """A caller who brings an ID token has none; the answer says so, and nothing is sent."""
    world.edit("todo", subjectTokenType="refresh_token")
    gateway = world.serve()
    alice = world.sign_in("alice")
    data = refused(gateway.call(alice, "todo"), 403, "SubjectTokenRequired")
    assert gateway.wait_audit(correlation=data["correlationID"])["audit.outcome"] == "refused"
    assert world.demo.legs() == (0, 0) and gateway.whoami(alice, "payroll")["user"] == "alice"


@pytest.mark.parametrize("offset", [-25, 25], ids=["behind", "ahead"])
def test_clocks_may_differ_a_little(world: World, offset: int) -> None:
    """W11: a provider whose clock is 25 s off is believed."""
    gateway = world.serve()
    now = int(time.time())
    user = world.sign_in_with("alice", claims={"iat": now + offset, "auth_time": now + offset, "exp": now + offset + 600})
    world.demo.faults(idp_token={"claims": {"iat": now + offset, "exp": now + offset + 300}})
    answer = gateway.call(user, "todo")
    # DemoWorld's own check of the ID token allows nothing, and says so by invalid_grant; the gateway let the caller in.
    assert answer.status == 200 or answer.json()["error"]["data"]["reason"] == "ReauthenticationRequired", answer


@pytest.mark.parametrize(
    "endpoint",
    ["http://10.1.2.3/token", "https://169.254.169.254/token", "http://as.example/token", "ftp://127.0.0.1/token", "token", ""],
)
def test_metadata_cannot_lead_anywhere(world: World, endpoint: str) -> None:
    """G23: an authorization server's metadata with an endpoint that the egress policy forbids is of no use."""
    world.demo.faults(as_metadata={"response": {"token_endpoint": endpoint}})
    gateway = world.serve(wait=False)
    gateway.wait_ready()
    answer = gateway.call(world.sign_in("alice"), "todo")
    assert answer.status in (404, 502, 503), answer
    assert world.demo.calls("as.token") == 0 and world.demo.calls("todo.mcp") == 0


@pytest.mark.parametrize("fault", [{"html": True}, {"status": 500}, {"redirect": "TRAP"}, {"response": {"keys": None}}, {"response": {"keys": []}}],
                         ids=lambda fault: next(iter(fault)))
def test_keys_that_cannot_be_had_are_not_the_callers_fault(world: World, fault: dict) -> None:
    """G16: as long as there is no key to check a token with, its bearer gets 503 with Retry-After; no redirect is followed."""
    trap = world.peer(lambda request, _: Reply(200, {"keys": []}))
    if "redirect" in fault:
        fault = {"redirect": trap.origin + "/keys"}
    alice = world.sign_in("alice")
    world.demo.faults(idp_keys=fault)
    gateway = world.serve(wait=False)
    answer = gateway.call(alice, "todo")
    # A set without keys is an answer, by which nobody's signature is good.
    assert answer.status == 503 or (fault.get("response") and answer.status == 401), answer
    assert not trap.requests and world.demo.legs() == (0, 0)


def test_what_is_measured(world: World) -> None:
    """G24: callers, tokens and servers show in the metrics by bounded labels: never a user, a path or a token."""
    gateway = world.serve()
    alice = world.sign_in("alice")
    for _ in range(3):
        gateway.whoami(alice, "todo")
    for number in range(20):
        gateway.call(alice, f"absent-{number}")
    status, text = gateway.fetch("/metrics")
    assert status == 200
    for leak in ("user-1001", "alice", "absent-", "/mcp"):
        assert leak not in text, leak
    assert gateway.metric("token_exchange_requests_total") == 2
    assert gateway.metric("token_exchange_duration_seconds_count") == 2
    assert gateway.metric("token_broker_requests_total", cache="hit") == 2
    series = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(series) < 1_000
