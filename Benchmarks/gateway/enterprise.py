# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Usage: enterprise.py KEY-FILE PROVIDER-PORT SERVER-PORT DELAY TOKEN-BYTES TOKEN-LIFETIME

An identity provider and an authorization server in one process. They believe everything, count what they are asked, and
answer token requests after DELAY seconds. At the identity provider,

    GET /counts     says how often each path of both was asked, and how often an ID-JAG came a second time
    GET /pairs      how often each user got a token for each resource
    GET /secrets    for each secret of the client at the authorization server, when it first came, by the monotonic clock, and
                    how often it was taken and refused
    DELETE /counts  forgets all of this
    PUT /down       with true has the identity provider break every connection off on which something is asked
    PUT /secrets    with a list has the authorization server take those secrets alone
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qsl, unquote_plus

from identity import CLIENT, Signer, claims_of
from web import Request, Response, document, run

ID_JAG = "urn:ietf:params:oauth:token-type:id-jag"
METADATA = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


class Enterprise:
    def __init__(self, signer: Signer, provider: str, server: str, delay: float, token_bytes: int, lifetime: int) -> None:
        self.signer = signer
        self.provider = provider
        self.server = server
        self.delay = delay
        self.token_bytes = token_bytes
        self.lifetime = lifetime
        self.is_down = False
        # All of them while this is empty.
        self.secrets: list[str] = []
        self.counts: Counter[str] = Counter()
        self.pairs: Counter[str] = Counter()
        self.seen: dict[str, dict[str, float]] = {}
        self.used: set[str] = set()
        self.issued = 0

    def metadata(self, issuer: str) -> Response:
        return document({
            "issuer": issuer, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys", "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        })

    def administer(self, request: Request) -> Response | None:
        """The answer to a question about what was asked, or to an order; `None` for other requests."""
        match request.method, request.path:
            case "GET", "/counts": return document(self.counts)
            case "GET", "/pairs": return document(self.pairs)
            case "GET", "/secrets": return document(self.seen)
            case "DELETE", "/counts":
                for kept in (self.counts, self.pairs, self.seen):
                    kept.clear()
            case "PUT", "/down": self.is_down = json.loads(request.body)
            case "PUT", "/secrets": self.secrets = json.loads(request.body)
            case _: return None
        return document({})

    def answer_provider(self, request: Request) -> Response | None:
        if answer := self.administer(request):
            return answer
        self.counts[f"provider {request.path}"] += 1
        if self.is_down:
            return None
        if request.path in METADATA:
            return self.metadata(self.provider)
        if request.path == "/keys":
            return document(self.signer.jwks())
        if request.path != "/token":
            return Response(status=404)
        form = dict(parse_qsl(request.body.decode()))
        self.issued += 1
        now = int(time.time())
        grant = self.signer.sign(
            {
                "iss": self.provider, "sub": claims_of(form["subject_token"])["sub"], "aud": form["audience"],
                "client_id": CLIENT, "jti": str(self.issued), "iat": now, "exp": now + 300,
                "resource": form.get("resource", ""), "scope": form.get("scope", ""),
            },
            "oauth-id-jag+jwt",
        )
        return self.granted({"issued_token_type": ID_JAG, "access_token": grant, "token_type": "N_A", "expires_in": 300,
                             "scope": form.get("scope", "")})

    def answer_server(self, request: Request) -> Response:
        self.counts[f"server {request.path}"] += 1
        if request.path in METADATA:
            return self.metadata(self.server)
        if request.path != "/token":
            return Response(status=404)
        if self.secrets and not self.takes(request):
            return document({"error": "invalid_client"}, 401)
        form = dict(parse_qsl(request.body.decode()))
        claims = claims_of(form["assertion"])
        identifier = str(claims["jti"])
        self.pairs[f"{claims['sub']} {claims['resource']}"] += 1
        if identifier in self.used:
            self.counts["replays"] += 1
        self.used.add(identifier)
        token = base64.urlsafe_b64encode(os.urandom(self.token_bytes * 3 // 4)).decode()
        return self.granted({"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime, "scope": form.get("scope", "")})

    def takes(self, request: Request) -> bool:
        """Whether the client's secret is good; notes when it came."""
        _, _, value = request.headers.get("authorization", "").partition(" ")
        secret = unquote_plus(base64.b64decode(value).decode().partition(":")[2])
        seen = self.seen.setdefault(secret, {"first": time.monotonic(), "taken": 0, "refused": 0})
        seen["taken" if secret in self.secrets else "refused"] += 1
        return secret in self.secrets

    def granted(self, answer: dict[str, object]) -> Response:
        response = document(answer)
        response.headers = "Cache-Control: no-store\r\n"
        response.delay = self.delay
        return response


def main() -> None:
    key, provider, server, delay, token_bytes, lifetime = sys.argv[1:]
    enterprise = Enterprise(
        Signer.load(Path(key)), f"http://127.0.0.1:{provider}", f"http://127.0.0.1:{server}", float(delay), int(token_bytes), int(lifetime)
    )
    run((int(provider), enterprise.answer_provider), (int(server), enterprise.answer_server))


if __name__ == "__main__":
    main()
