"""Who is asking: verification of tokens, without any I/O of its own."""

from todo_server.auth.authenticate import Authenticate, trust_the_path, with_bearer_token
from todo_server.auth.claims import Rules
from todo_server.auth.shared_secret import shared_secret
from todo_server.auth.verifier import Verifier

__all__ = [
    "Authenticate",
    "Rules",
    "Verifier",
    "shared_secret",
    "trust_the_path",
    "with_bearer_token",
]
