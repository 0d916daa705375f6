# SPDX-FileCopyrightText: Copyright 2026 The Sallyport Authors
# SPDX-License-Identifier: Apache-2.0
"""joserfc, which shares no code with ours, accepts the tokens that we sign.

`Tests/Fixtures/jose/issued.json` is written, and compared with what is signed today, by the Swift tests; the other
direction is `Tests/Fixtures/jose/generate.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

FIXTURES = Path(__file__).resolve().parents[1] / "Fixtures" / "jose"
ISSUED = json.loads((FIXTURES / "issued.json").read_text(encoding="utf-8"))
KEYS = KeySet.import_key_set({"keys": ISSUED["keys"]})


def test_every_algorithm_is_there() -> None:
    assert sorted(token["algorithm"] for token in ISSUED["tokens"]) == [
        "ES256", "ES384", "ES512", "Ed25519", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512",
    ]


@pytest.mark.parametrize("issued", ISSUED["tokens"], ids=lambda token: token["algorithm"])
def test_our_tokens_are_accepted(issued: dict[str, str]) -> None:
    token = jwt.decode(issued["token"], KEYS, algorithms=[issued["algorithm"]])
    assert token.header == {"alg": issued["algorithm"], "typ": "oauth-id-jag+jwt", "kid": issued["keyID"]}
    assert token.claims == ISSUED["claims"]
    head, _, signature = issued["token"].rpartition(".")
    changed = ("A" if signature[0] != "A" else "B") + signature[1:]
    with pytest.raises(BadSignatureError):
        jwt.decode(f"{head}.{changed}", KEYS, algorithms=[issued["algorithm"]])


def test_thumbprints_agree() -> None:
    assert {key.kid: key.thumbprint() for key in KEYS.keys} == ISSUED["thumbprints"]
