"""The keys that sign the server's own access tokens: made, kept, published and rotated."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey
from sqlalchemy import DateTime, Text, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from todo_server.auth import ALGORITHM
from todo_server.database import Database, compiled
from todo_server.models import SigningKey

_TRUST = 60.0
"""Seconds for which a worker signs with the key it knows, before it looks for a newer one."""

_PATIENCE = 1.0
"""Seconds between looks for a key that is not known: made-up ids must not ask all the time."""

_KEPT = timedelta(days=1)
"""How long a rotated key still verifies: far longer than any token it has signed."""

_keys = SigningKey.__table__  # type: ignore[attr-defined]
_ALL = compiled(select(_keys.c.id, _keys.c.private_jwk).order_by(_keys.c.created_at.desc()))
_ADD = compiled(
    insert(_keys).values(
        id=bindparam("id", type_=Text),
        private_jwk=bindparam("private_jwk", type_=Text),
        created_at=bindparam("created_at", type_=DateTime(timezone=True)),
    )
)
_instant = bindparam("at", type_=DateTime(timezone=True))
_ROTATE = compiled(
    update(_keys)
    .where(_keys.c.id != bindparam("id", type_=Text), _keys.c.rotated_at.is_(None))
    .values(rotated_at=_instant)
)
_FORGET = compiled(delete(_keys).where(_keys.c.rotated_at < _instant))


class SigningKeys:
    """The keys as one worker knows them; another worker's new key is found when it is met."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: dict[str, ECKey] = {}
        self._loaded_at = 0.0

    async def newest(self) -> ECKey:
        """Give the key to sign with; makes the first one."""
        if not self._keys or time.monotonic() - self._loaded_at > _TRUST:
            await self._load()
        if not self._keys:
            await rotate(self._database)
            await self._load()
        return next(iter(self._keys.values()))

    async def find(self, key_id: str) -> ECKey | None:
        """Give a key to verify with; asks the database at most once a second for unknown ones."""
        if key_id not in self._keys and time.monotonic() - self._loaded_at > _PATIENCE:
            await self._load()
        return self._keys.get(key_id)

    async def published(self) -> list[dict[str, Any]]:
        """Give the public keys for /.well-known/jwks.json (RFC 7517)."""
        await self.newest()
        return [
            {**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}
            for key in self._keys.values()
        ]

    async def _load(self) -> None:
        rows = await self._database.fetch(_ALL)
        self._keys = {row["id"]: ECKey.import_key(json.loads(row["private_jwk"])) for row in rows}
        self._loaded_at = time.monotonic()


async def rotate(database: Database) -> str:
    """Make a new key; gives its id. The present one verifies for another day."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    key_id, now = str(key.kid), datetime.now(UTC)
    await database.fetch(
        _ADD, id=key_id, private_jwk=json.dumps(key.as_dict(private=True)), created_at=now
    )
    await database.fetch(_ROTATE, at=now, id=key_id)
    await database.fetch(_FORGET, at=now - _KEPT)
    return key_id
