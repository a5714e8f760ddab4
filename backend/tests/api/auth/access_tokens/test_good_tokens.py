"""What an access token says, and that whoever has the published keys can verify it."""

import time
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.api.auth.access_tokens.material import ask


def test_a_token_says_who_where_and_until_when_and_nothing_else(material):
    before = int(time.time())
    tokens = material.person.sign_in().tokens
    assert material.header.keys() == {"alg", "typ", "kid"}
    assert (material.header["alg"], material.header["typ"]) == ("ES256", "at+jwt")
    claims = material.claims
    assert claims.keys() == {"iss", "aud", "sub", "sid", "iat", "exp"}
    assert (claims["iss"], claims["aud"]) == ("todo-server", "todo-server")
    assert claims["sub"] == tokens["user_id"]
    assert claims["sid"] == material.person.get("/api/auth/session").json()["id"]
    assert UUID(claims["sid"])
    assert before <= claims["iat"] <= time.time()
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == 15 * 60


def test_whoever_has_the_published_keys_can_verify_a_token(material):
    keys = KeySet.import_key_set(material.person.get("/.well-known/jwks.json").json())
    verified = jwt.decode(material.token, keys, algorithms=["ES256"])
    assert verified.claims["sub"] == material.person.id


def test_what_the_attack_is_built_from_is_accepted(material):
    """Or all refusals below would mean nothing."""
    assert ask(material.server, material.token).status_code == 200
    rebuilt = material.signed(material.header, material.claims)
    assert rebuilt != material.token
    assert ask(material.server, rebuilt).status_code == 200
    assert ask(material.server, rebuilt, "POST").status_code == 201
