"""How tasks are searched: each word is looked for in the text of a row, folded as that is.

The text is stored where it is more than the lower case of ASCII (`search_text`); elsewhere it is
made of title and description, as they are. Bytes are compared, as no character of UTF-8 begins
within another: PostgreSQL does that with `memcmp`, where `LIKE` and `strpos` compare one by one and
can be made to take 50 times as long.
"""

from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    LargeBinary,
    ScalarSelect,
    Text,
    bindparam,
    func,
    literal_column,
    not_,
    select,
)
from sqlalchemy.sql.expression import collate

from todo_server.database import constant, utf8

_BETWEEN = func.chr(literal_column("31"))
_ZERO: ColumnElement[int] = literal_column("0")


def has_every_word(rows: FromClause) -> ColumnElement[bool]:
    """Make the condition that title, description and tags have every word of `search`."""
    more = func.coalesce(rows.c.description, constant(""))
    plain = _lower(rows.c.title.concat(_BETWEEN).concat(more))
    return _has_every_word(rows, func.coalesce(rows.c.search_text, plain))


def has_every_word_in_title(rows: FromClause) -> ColumnElement[bool]:
    """Make the condition that the title has every word of `search`."""
    folded = func.split_part(rows.c.search_text, _BETWEEN, literal_column("1"))
    return _has_every_word(rows, func.coalesce(folded, _lower(rows.c.title)))


def _lower(text: ColumnElement[str]) -> ColumnElement[str]:
    return func.lower(collate(text, "C"))


def _has_every_word(rows: FromClause, text: ColumnElement[str]) -> ColumnElement[bool]:
    word = func.unnest(_words()).column_valued("word")
    place = func.pg_catalog.position(utf8(text), word)
    missing = select(word).where(place == _ZERO).correlate(rows)
    return not_(missing.exists())


def _words() -> ScalarSelect[Any]:
    """Fold the words: in a subquery, so that it is done once, and not for each row."""
    word = func.unnest(bindparam("search", type_=ARRAY(Text))).column_valued("asked")
    return select(func.array_agg(utf8(func.fold(word)), type_=ARRAY(LargeBinary))).scalar_subquery()
