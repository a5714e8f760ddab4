"""What is secret stands nowhere in clear: not in the database, not in the log."""

import base64
import json
import logging

import pytest

from tests.api.auth.people import JSON, PASSWORD, AccountServer, Person, new_email
from tests.databases import new_database, run
from todo_server.logs import ConsoleFormatter, JSONFormatter

NEW = "another horse battery"
WRONG = "a wrong horse battery"


def live(person: Person, tokens: list[dict[str, str]]) -> None:
    """Do whatever can be done with an account, right and wrong."""

    def keep() -> None:
        tokens.append({k: person.tokens[k] for k in ("access_token", "refresh_token")})

    person.sign_up()
    keep()
    person.refresh()
    keep()
    person.try_to_sign_in(password=WRONG)
    person.try_to_sign_in(new_email())
    form = {"username": person.email, "password": PASSWORD}
    person.carry(person.post("/api/auth/token", data=form).json())
    keep()
    person.post("/api/auth/token", content=f"password={PASSWORD}", headers=JSON)
    person.get("/api/auth/session")
    person.change(WRONG, name="Eve")
    person.change(password="x")
    person.carry({**person.tokens, **person.change(password=NEW).json()})
    keep()
    # What is refused, repeats itself in an error, or has no route.
    person.post("/api/auth/sign-up", content=f'{{"password": "{PASSWORD}"', headers=JSON)
    person.post("/api/auth/sign-up", json={"email": person.email, "password": PASSWORD})
    person.post("/api/auth/sign-in", json={"email": person.email, PASSWORD: PASSWORD})
    person.post("/api/auth/sign-up", json={**SAME, "email": person.email})
    person.get("/nowhere", params={"password": PASSWORD, **person.tokens})
    person.get("/api/auth/session", headers={"Authorization": f"Basic {PASSWORD}"})
    person.get(
        "/api/auth/session", headers={"Authorization": "Bearer " + tokens[0]["access_token"]}
    )
    person.try_to_refresh(tokens[0]["refresh_token"])
    person.try_to_refresh(WRONG)


SAME = {"name": "Eve", "password": PASSWORD}


def forms_of(token: str) -> list[str]:
    """How a token could be written."""
    written = [token, token.encode().hex(), base64.b64encode(token.encode()).decode()]
    if "." not in token:
        written.append(base64.urlsafe_b64decode(token + "==").hex())
    return written


@pytest.mark.usefixtures("no_grace")
def test_no_password_and_no_token_stands_in_any_table():
    url = new_database()
    tokens: list[dict[str, str]] = []
    with AccountServer(url) as server, Person(server) as person:
        live(person, tokens)
    tables = run(
        url, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    assert len(tables) >= 10
    content = ""
    for (table,) in tables:
        rows = run(url, f'SELECT to_jsonb(t)::text FROM "{table}" AS t')
        content += "\n".join(row[0] for row in rows)
    assert person.email in content, "the search finds what is there"
    secrets = [PASSWORD, NEW, WRONG, *(token for pair in tokens for token in pair.values())]
    for secret in secrets:
        for written in forms_of(secret) if secret not in (PASSWORD, NEW, WRONG) else [secret]:
            assert written not in content


@pytest.mark.usefixtures("no_grace")
@pytest.mark.parametrize("formatter", [JSONFormatter(), ConsoleFormatter()], ids=["json", "text"])
def test_no_password_no_token_no_hash_and_no_key_stands_in_the_log(formatter, database_url, caplog):
    tokens: list[dict[str, str]] = []
    with caplog.at_level(logging.DEBUG):
        with AccountServer(database_url) as server, Person(server) as person:
            live(person, tokens)
            query = "SELECT password_hash FROM account WHERE email = $1"
            (account,) = run(database_url, query, person.email)
            keys = run(database_url, "SELECT private_jwk FROM signing_key")
        records = [record for record in caplog.records if not record.name.startswith("http")]
    log = "\n".join(formatter.format(record) for record in records)
    assert "/api/auth/sign-in" in log, "the search finds what is there"
    secrets = [PASSWORD, NEW, WRONG, person.email, account["password_hash"], "$argon2id$"]
    secrets += [token for pair in tokens for token in pair.values()]
    secrets += [json.loads(key["private_jwk"])["d"] for key in keys]
    for secret in secrets:
        assert secret not in log
