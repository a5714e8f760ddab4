"""How tasks are searched: each word is looked for in the text of a row, folded as that is.

The text is stored where it is more than the lower case of ASCII (`search_text`); elsewhere it is
made of title and description, as they are.
"""

from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Text,
    all_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.sql.expression import collate

from todo_server.database import constant

_ALL = constant("g")
_BETWEEN = func.chr(literal_column("31"))


def has_every_word(rows: FromClause) -> ColumnElement[bool]:
    """Make the condition that title, description and tags have every word of `search`."""
    more = func.coalesce(rows.c.description, constant(""))
    plain = func.lower(collate(rows.c.title.concat(_BETWEEN).concat(more), "C"))
    return func.coalesce(rows.c.search_text, plain).like(_every_pattern())


def has_every_word_in_title(rows: FromClause) -> ColumnElement[bool]:
    """Make the condition that the title has every word of `search`."""
    plain = func.lower(collate(rows.c.title, "C"))
    folded = func.split_part(rows.c.search_text, _BETWEEN, literal_column("1"))
    return func.coalesce(folded, plain).like(_every_pattern())


def _every_pattern() -> ColumnElement[Any]:
    # In a subquery, so that the words are folded once, and not for each row.
    word = func.unnest(bindparam("search", type_=ARRAY(Text))).column_valued("word")
    escaped = func.regexp_replace(func.fold(word), constant(r"([\\%_])"), constant(r"\\\1"), _ALL)
    pattern = constant("%").concat(escaped).concat(constant("%"))
    patterns = select(func.array_agg(pattern)).scalar_subquery()
    return all_(cast(patterns, ARRAY(Text)))
