# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""An issuer that exchanges tokens as Dex does, and MCP servers that believe signed tokens; what is signed and checked is joserfc's."""

from __future__ import annotations

import base64
import json
import socket
import time
import urllib.parse
from collections.abc import Callable

from gateway_world import Backend
from http_peer import Peer, Received, Reply, send
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
AUDIENCE_SCOPE = "audience:server:client_id:"


def fetch_keys(issuer: str) -> KeySet:
    """The keys that an issuer publishes."""
    return KeySet.import_key_set(send(issuer, "GET", "/keys").json())  # type: ignore[arg-type]


def verified(token: str, keys: KeySet, issuer: str, audience: str) -> dict:
    """The claims of a token that is good for an audience.

    Raises JoseError, or ValueError.
    """
    claims = jwt.decode(token, keys, algorithms=["ES256", "RS256"]).claims
    registry = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": audience}, sub={"essential": True},
        exp={"essential": True},
    )
    registry.validate(claims)
    return claims


class Dex(Peer):
    """Takes the ID tokens of one provider, for one connector, from clients it knows."""

    def __init__(self, provider: str, provider_audience: str, clients: dict[str, str], peers: dict[str, list[str]]) -> None:
        """`peers`: for each audience the clients that it trusts to ask for tokens for it."""
        self.provider, self.provider_audience, self.clients, self.peers = provider, provider_audience, clients, peers
        self.key = ECKey.generate_key("P-256", {"kid": "dex-1", "use": "sig", "alg": "ES256"})
        self.lifetime = 600
        # Over the claims of tokens to come; `None` removes.
        self.changes: dict[str, object] = {}
        self.fault: Callable[[Received, socket.socket], Reply | None] | None = None
        self.issued: list[str] = []
        super().__init__(self._answer)

    @property
    def token_endpoint(self) -> str:
        return self.origin + "/token"

    @property
    def exchanges(self) -> list[Received]:
        return [request for request in self.requests if request.path == "/token"]

    @property
    def keys(self) -> KeySet:
        return KeySet([self.key])

    def auth(self, *audiences: str, **changes: object) -> dict:
        """`spec.auth` of a server that takes its tokens; `None` removes a field."""
        block = {"enabled": True, "dexTokenEndpoint": self.token_endpoint, "expectedIssuer": self.origin, "connectorId": "corp", **changes}
        kept = {key: value for key, value in block.items() if value is not None}
        return {"tokenExchange": kept} | ({"requiredAudiences": list(audiences)} if audiences else {})

    def _answer(self, request: Received, connection: socket.socket) -> Reply | None:
        match request.path:
            case "/.well-known/openid-configuration":
                return Reply(200, {"issuer": self.origin, "token_endpoint": self.token_endpoint, "jwks_uri": self.origin + "/keys"})
            case "/keys":
                return Reply(200, {"keys": [self.key.as_dict(private=False)]})
            case "/token" if self.fault is not None:
                return self.fault(request, connection)
            case "/token":
                return self.exchange(request)
        return Reply(404)

    def exchange(self, request: Received) -> Reply:
        """One token exchange, checked as Dex checks it."""
        client = self._client(request)
        if client is None:
            return refusal(401, "invalid_client")
        form = request.form()
        if form.get("grant_type") != TOKEN_EXCHANGE or form.get("subject_token_type") != ID_TOKEN:
            return refusal(400, "unsupported_grant_type")
        if form.get("connector_id") != "corp" or form.get("requested_token_type") != ID_TOKEN:
            return refusal(400, "invalid_request")
        try:
            subject = verified(form["subject_token"], fetch_keys(self.provider), self.provider, self.provider_audience)
        except (JoseError, ValueError, KeyError):
            return refusal(401, "access_denied")
        scopes = form.get("scope", "").split()
        audiences = [scope.removeprefix(AUDIENCE_SCOPE) for scope in scopes if scope.startswith(AUDIENCE_SCOPE)]
        if "openid" not in scopes or any(client not in self.peers.get(audience, []) for audience in audiences):
            return refusal(400, "invalid_scope")
        return self.grant(str(subject["sub"]), audiences or [client])

    def grant(self, subject: str, audiences: list[str]) -> Reply:
        now = int(time.time())
        claims = {
            "iss": self.origin, "sub": f"dex-{subject}", "aud": audiences if len(audiences) > 1 else audiences[0],
            "iat": now, "exp": now + self.lifetime, "jti": f"canary-{len(self.issued)}", **self.changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        token = jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)
        self.issued.append(token)
        return Reply(200, {
            "access_token": token, "issued_token_type": ID_TOKEN, "token_type": "bearer", "expires_in": self.lifetime,
        }, [("Cache-Control", "no-store")])

    def _client(self, request: Received) -> str | None:
        scheme, _, value = (request.header("Authorization") or "").partition(" ")
        if scheme != "Basic":
            return None
        name, _, secret = base64.b64decode(value).decode().partition(":")
        name, secret = urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(secret)
        return name if self.clients.get(name) == secret else None


def refusal(status: int, error: str) -> Reply:
    return Reply(status, {"error": error})


class SignedBackend(Backend):
    """An MCP server that takes tokens of one issuer for one audience, and says whom each is about."""

    def __init__(self, keys: Callable[[], KeySet], issuer: str, audience: str) -> None:
        self.accepted: list[tuple[str, str]] = []
        self.refused = 0
        self.keys, self.issuer, self.audience = keys, issuer, audience
        super().__init__(self._check)

    def _check(self, request: Received, _: socket.socket) -> Reply:
        token = (request.header("Authorization") or "").removeprefix("Bearer ")
        try:
            claims = verified(token, self.keys(), self.issuer, self.audience)
        except (JoseError, ValueError):
            self.refused += 1
            return Reply(401, b"", [("WWW-Authenticate", 'Bearer error="invalid_token"')])
        self.accepted.append((str(claims["sub"]), token))
        reply = self.answer(request)
        if request.method == "POST" and request.json().get("method") == "tools/list":
            tool = {"name": "whoami", "description": "Says who calls.", "inputSchema": {"type": "object", "properties": {}}}
            reply.body = {"jsonrpc": "2.0", "id": request.json()["id"], "result": {"tools": [tool]}}
        if request.method == "POST" and request.json().get("method") == "tools/call":
            who = {"user": claims["sub"]}
            result = {"content": [{"type": "text", "text": json.dumps(who)}], "structuredContent": who, "isError": False}
            reply.body = {"jsonrpc": "2.0", "id": request.json()["id"], "result": result}
        return reply
