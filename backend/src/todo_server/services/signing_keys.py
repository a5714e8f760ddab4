"""The keys that sign the server's own access tokens: made, kept, published and rotated."""

import asyncio
import json
import math
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from joserfc.jwk import ECKey
from sqlalchemy import Interval, Text, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from todo_server.auth import ALGORITHM
from todo_server.database import Database, unowned_statement, unowned_table
from todo_server.models import SigningKey

TRUST = 30.0
"""Seconds for which a worker uses the keys it knows, before it looks for newer ones."""

PATIENCE = 1.0
"""Seconds between looks for a key that is not known: made-up ids must not ask all the time."""

PUBLISHED_BEFORE = timedelta(seconds=5)
"""For how long a new key is there before it signs, and so is known to whoever has just looked."""

KEPT = timedelta(days=1)
"""How long a rotated key still verifies, where the tokens that it signed do not last for longer."""

_keys = unowned_table(SigningKey)
_id = bindparam("id", type_=Text)
# All instants are the database's own: the clocks of those who rotate and who sign may differ.
_over = _keys.c.rotated_at <= func.now() - bindparam("kept", type_=Interval)
_may_sign = _keys.c.created_at <= func.now() - bindparam("published_before", type_=Interval)
_ALL = unowned_statement(
    select(_keys.c.id, _keys.c.private_jwk, _may_sign.label("may_sign"))
    .where(or_(_keys.c.rotated_at.is_(None), ~_over))
    .order_by(_keys.c.created_at.desc())
)
_ADD = unowned_statement(
    insert(_keys).values(
        id=_id, private_jwk=bindparam("private_jwk", type_=Text), created_at=func.now()
    )
)
_new = _keys.alias("new")
_older = _keys.c.created_at < select(_new.c.created_at).where(_new.c.id == _id).scalar_subquery()
_ROTATE = unowned_statement(
    update(_keys).where(_older, _keys.c.rotated_at.is_(None)).values(rotated_at=func.now())
)
_FORGET = unowned_statement(delete(_keys).where(_over))


class SigningKeys:
    """The keys as one worker knows them; another worker's new key is found when it is met."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.monotonic,
        kept: timedelta = KEPT,
    ) -> None:
        self._database = database
        self._kept = kept
        self._clock = clock
        self._keys: dict[str, ECKey] = {}
        self._signing: ECKey | None = None
        self._settled = False
        """Whether all keys were there for a while: nobody signs with one that is not known."""
        self._loaded_at = -math.inf
        self._loading, self._making = asyncio.Lock(), asyncio.Lock()

    async def newest(self) -> ECKey:
        """Give the key to sign with; makes the first one."""
        await self._load_unless_younger_than(TRUST)
        async with self._making:
            if self._signing is None:
                await rotate(self._database, self._kept)
                await self._load_unless_younger_than(0)
        assert self._signing is not None  # noqa: S101 - just made
        return self._signing

    async def find(self, key_id: str) -> ECKey | None:
        """Give a key to verify with; asks the database at most once a second for unknown ones."""
        if key_id in self._keys:
            await self._load_unless_younger_than(TRUST)
        else:
            await self._load_unless_younger_than(PATIENCE if self._settled else 0)
        return self._keys.get(key_id)

    async def published(self) -> list[dict[str, Any]]:
        """Give the public keys for /.well-known/jwks.json (RFC 7517)."""
        await self.newest()
        return [
            {**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}
            for key in self._keys.values()
        ]

    async def _load_unless_younger_than(self, seconds: float) -> None:
        asked_at = self._clock()
        if asked_at - self._loaded_at < seconds:
            return
        async with self._loading:
            if self._loaded_at > asked_at:
                return  # somebody else has, while this one waited
            began_at = self._clock()
            self._take(
                await self._database.fetch(_ALL, kept=self._kept, published_before=PUBLISHED_BEFORE)
            )
            self._loaded_at = began_at

    def _take(self, rows: list[Any]) -> None:
        self._keys = {row["id"]: ECKey.import_key(json.loads(row["private_jwk"])) for row in rows}
        # Where several workers made a first key at the same time, all sign with the oldest.
        signing = [row["id"] for row in rows if row["may_sign"]] or [row["id"] for row in rows[-1:]]
        self._signing = self._keys[signing[0]] if signing else None
        self._settled = bool(rows) and all(row["may_sign"] for row in rows)


def kept_for(access_lifetime: timedelta) -> timedelta:
    """Give how long a rotated key verifies: longer than any token that it has signed."""
    return max(KEPT, 2 * access_lifetime)


async def rotate(database: Database, kept: timedelta = KEPT) -> str:
    """Make a new key; gives its id. The present one verifies for as long as it is kept."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    key_id = str(key.kid)
    await database.fetch(_ADD, id=key_id, private_jwk=json.dumps(key.as_dict(private=True)))
    await database.fetch(_ROTATE, id=key_id)
    await database.fetch(_FORGET, kept=kept)
    return key_id
