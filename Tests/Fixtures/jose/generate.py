#!/usr/bin/env python3
# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""Usage: .build/venv/bin/python Tests/Fixtures/jose/generate.py

Writes `second-opinion.json`: keys and tokens made by joserfc, an implementation that shares no code with ours, for
`JOSETests` to accept. The keys are made anew each time and protect nothing.
"""

from __future__ import annotations

import json
from pathlib import Path

from joserfc import jws, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

FOLDER = Path(__file__).resolve().parent
ALGORITHMS = {
    "rsa": ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
    "p256": ["ES256"], "p384": ["ES384"], "p521": ["ES512"], "ed25519": ["EdDSA", "Ed25519"],
}
CLAIMS = {
    "iss": "https://idp.example/", "sub": "u-Ü-1", "aud": ["https://as.example/", "other"], "exp": 2_000_000_000,
    "iat": 1_900_000_000, "nbf": 1_900_000_000.5, "jti": "j1", "scope": "read write", "nested": {"a": [1, None, "\n"]},
}


def main() -> None:
    keys = {
        "rsa": RSAKey.generate_key(3072, parameters={"kid": "rsa"}),
        "p256": ECKey.generate_key("P-256", parameters={"kid": "p256"}),
        "p384": ECKey.generate_key("P-384", parameters={"kid": "p384"}),
        "p521": ECKey.generate_key("P-521", parameters={"kid": "p521"}),
        "ed25519": OKPKey.generate_key("Ed25519", parameters={"kid": "ed25519"}),
    }
    tokens = []
    for name, key in keys.items():
        for algorithm in ALGORITHMS[name]:
            header = {"alg": algorithm, "typ": "oauth-id-jag+jwt", "kid": name}
            tokens.append({
                "algorithm": algorithm, "keyID": name,
                "token": jwt.encode(header, CLAIMS, key, algorithms=[algorithm]),
                "text": jws.serialize_compact({"alg": algorithm}, b"\x00 not JSON \xff", key, algorithms=[algorithm]),
            })
    document = {
        "claims": CLAIMS,
        "keys": [{**key.as_dict(private=False), "use": "sig"} for key in keys.values()],
        "privateKeys": {name: key.as_pem(private=True).decode() for name, key in keys.items()},
        "thumbprints": {name: key.thumbprint() for name, key in keys.items()},
        "tokens": tokens,
    }
    text = json.dumps(document, indent=2, ensure_ascii=False)
    (FOLDER / "second-opinion.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
