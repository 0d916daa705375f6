# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Usage: enterprise.py KEY-FILE PROVIDER-PORT SERVER-PORT DELAY TOKEN-BYTES

An identity provider and an authorization server in one process. They believe everything, count what they are asked, and
answer token requests after DELAY seconds. GET /counts at the identity provider says how often each path of both was asked,
and how often an ID-JAG came a second time; DELETE /counts forgets that.
"""

from __future__ import annotations

import base64
import os
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qsl

from identity import CLIENT, Signer, claims_of
from web import Request, Response, document, run

ID_JAG = "urn:ietf:params:oauth:token-type:id-jag"
LIFETIME = 3_600
METADATA = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


class Enterprise:
    def __init__(self, signer: Signer, provider: str, server: str, delay: float, token_bytes: int) -> None:
        self.signer = signer
        self.provider = provider
        self.server = server
        self.delay = delay
        self.token_bytes = token_bytes
        self.counts: Counter[str] = Counter()
        self.used: set[str] = set()
        self.issued = 0

    def metadata(self, issuer: str) -> Response:
        return document({
            "issuer": issuer, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys", "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        })

    def answer_provider(self, request: Request) -> Response:
        if request.path == "/counts":
            if request.method == "DELETE":
                self.counts.clear()
            return document(self.counts)
        self.counts[f"provider {request.path}"] += 1
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
        form = dict(parse_qsl(request.body.decode()))
        identifier = str(claims_of(form["assertion"])["jti"])
        if identifier in self.used:
            self.counts["replays"] += 1
        self.used.add(identifier)
        token = base64.urlsafe_b64encode(os.urandom(self.token_bytes * 3 // 4)).decode()
        return self.granted({"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME, "scope": form.get("scope", "")})

    def granted(self, answer: dict[str, object]) -> Response:
        response = document(answer)
        response.headers = "Cache-Control: no-store\r\n"
        response.delay = self.delay
        return response


def main() -> None:
    key, provider, server, delay, token_bytes = sys.argv[1:]
    enterprise = Enterprise(
        Signer.load(Path(key)), f"http://127.0.0.1:{provider}", f"http://127.0.0.1:{server}", float(delay), int(token_bytes)
    )
    run((int(provider), enterprise.answer_provider), (int(server), enterprise.answer_server))


if __name__ == "__main__":
    main()
