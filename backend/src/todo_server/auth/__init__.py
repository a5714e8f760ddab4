"""Who is asking: verification of tokens, without any I/O of its own."""

from todo_server.auth.authenticate import ME, Authenticate, trust_the_path, with_bearer_token
from todo_server.auth.claims import Rules
from todo_server.auth.jwks import jwks
from todo_server.auth.key_set import KeySet
from todo_server.auth.own_tokens import ALGORITHM, own_tokens, sign
from todo_server.auth.passwords import Passwords
from todo_server.auth.shared_secret import shared_secret
from todo_server.auth.verifier import Verifier

__all__ = [
    "ALGORITHM",
    "ME",
    "Authenticate",
    "KeySet",
    "Passwords",
    "Rules",
    "Verifier",
    "jwks",
    "own_tokens",
    "shared_secret",
    "sign",
    "trust_the_path",
    "with_bearer_token",
]
