# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""The key of the enterprise that is played here, and the tokens that it signs."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

# The gateway's client, at the identity provider and at the authorization server.
CLIENT, SECRET = "sallyport", "not-a-real-secret"
KEY_ID = "bench"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(token: str) -> dict[str, object]:
    """What a token says, whoever signed it."""
    payload = token.split(".")[1]
    found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert isinstance(found, dict)
    return found


class Signer:
    """Signs with ES256, which is the cheapest for who signs."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self.key = key
        self.algorithm = ec.ECDSA(hashes.SHA256())

    @staticmethod
    def load(path: Path) -> Signer:
        """Reads the key from a file, which is made when it is missing."""
        if not path.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            path.write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
        loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        return Signer(loaded)

    def jwks(self) -> dict[str, object]:
        numbers = self.key.public_key().public_numbers()
        x, y = (base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        return {"keys": [{"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": KEY_ID, "use": "sig", "alg": "ES256"}]}

    def sign(self, claims: Mapping[str, object], kind: str) -> str:
        header = {"alg": "ES256", "typ": kind, "kid": KEY_ID}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        r, s = decode_dss_signature(self.key.sign(text.encode(), self.algorithm))
        return f"{text}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def id_token(self, issuer: str, user: str, session: str = "one", lifetime: int = 7_200) -> str:
        now = int(time.time())
        return self.sign(
            {
                "iss": issuer, "sub": user, "aud": CLIENT, "iat": now, "exp": now + lifetime, "auth_time": now, "sid": session,
                "amr": ["pwd"], "name": f"User {user}", "email": f"{user}@corp.example", "email_verified": True,
            },
            "JWT",
        )
