"""What the contract shows of accounts, sessions and keys."""

from typing import Any

from todo_server.api.examples.rows import ACCOUNT, EMAIL, PASSWORD, USER_ID

_CREDENTIALS = {"email": EMAIL, "password": PASSWORD}

_TOKEN = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl"  # noqa: S105 - of nobody

_PAIR = {
    "access_token": _TOKEN,
    "token": _TOKEN,
    "token_type": "bearer",
    "expires_in": 900,
    "refresh_token": "d_9D-mw0OeKDoGh4b_bdYCg9UZQkf5L2sOSKW4Z1RcM",
}

_TOKENS = {
    **_PAIR,
    "user_id": USER_ID,
    "user_name": "Ada",
    "user": ACCOUNT,
}

_SESSION = {
    "id": "019aa3f4-7a51-7a9e-b1c0-5e2d4f6a8b01",
    "created_at": "2026-11-20T22:00:12.224079Z",
    "expires_at": "2026-12-20T22:00:12.224079Z",
    "user": ACCOUNT,
}

_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "kid": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
    "alg": "ES256",
    "use": "sig",
}

_WRONG = ("current_password", "wrong", "This is not the present password")

REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "sign_up": {"a new account": {"email": EMAIL, "name": "Ada", "password": PASSWORD}},
    "sign_in": {"sign in": _CREDENTIALS},
    "token": {
        "the form": {"grant_type": "password", "username": EMAIL, "password": PASSWORD},
    },
    "refresh": {"the newest token": {"refresh_token": _PAIR["refresh_token"]}},
    "sign_out": {"this session": {}, "all sessions": {"everywhere": True}},
    "register": {"a name under another name": {"full_name": "Ada", **_CREDENTIALS}},
    "signup": {"no name": _CREDENTIALS},
    "sign_up_email": {
        "Better Auth's client": {"name": "Ada", **_CREDENTIALS, "callbackURL": "/dashboard"},
    },
    "login": {"sign in": {"username": EMAIL, "password": PASSWORD}},
    "signin": {"sign in": _CREDENTIALS},
    "sign_in_email": {"Better Auth's client": {**_CREDENTIALS, "rememberMe": True}},
    "logout": {"this session": {}, "with a token": {"refresh_token": _PAIR["refresh_token"]}},
    "update_account": {
        "a new name": {"current_password": PASSWORD, "name": "Ada Lovelace"},
        "a new password": {"current_password": PASSWORD, "password": "another horse battery"},
    },
    "delete_account": {"consent": {"current_password": PASSWORD}},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "sign_up": {"tokens": _TOKENS},
    "sign_in": {"tokens": _TOKENS},
    "token": {"tokens": _TOKENS},
    "refresh": {"tokens": _TOKENS},
    "update_account": {
        "a new name": ACCOUNT | {"name": "Ada Lovelace"},
        "a new password": ACCOUNT | _PAIR,
    },
    "get_session": {"the session": _SESSION},
    "me": {"the account": ACCOUNT},
    "get_key_set": {"one key": {"keys": [_KEY]}},
}
MISTAKES = {
    "sign_up": ("password", "too_short", "Use at least 8 characters"),
    "sign_in": ("email", "email", "Use an address like name@example.com"),
    "token": ("username", "missing", "Field required"),
    "refresh": ("refresh_token", "missing", "Field required"),
    "sign_out": ("everywhere", "bool_type", "Input should be a valid boolean"),
    "update_account": _WRONG,
    "delete_account": _WRONG,
}
