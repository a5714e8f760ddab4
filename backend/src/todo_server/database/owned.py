"""Rows that somebody owns: the views that requests use, and how a statement on them says whose.

Requests never touch the table `task`: they use its owner view `my_task`, which belongs to a role
that row-level security binds (`row_security.py`). Every statement names the owner as well, as
`owner_condition` sees to. The statements here run in a transaction that has set the identity;
those of `one_trip` set it themselves.
"""

from functools import cache

from sqlalchemy import Delete, Executable, MetaData, Table, Text, Update, bindparam, delete, update
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import NamedFromClause
from sqlmodel import SQLModel

from todo_server.database.owner_condition import OWNER, OWNER_COLUMN, OWNER_VIEW
from todo_server.database.statement import Result, Unowned, Write, compiled

OWNER_ID: ColumnElement[str] = bindparam(OWNER, type_=Text)


@cache
def owner_view(model: type[SQLModel]) -> Table:
    """Give the view of the asking user's own rows of a table."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    view = table.to_metadata(MetaData(), name=f"my_{table.name}")
    view.info[OWNER_VIEW] = True
    return view


@cache
def trash_view(model: type[SQLModel]) -> Table:
    """Give the view of those of the asking user's rows that are in the trash.

    ValueError where a noun has no trash. The view that `owner_view` gives has the others alone.
    """
    table: Table = model.__table__  # type: ignore[attr-defined]
    if "live" not in table.c:
        raise ValueError(f"what is deleted of {table.name} is gone: it has no trash")
    view = table.to_metadata(MetaData(), name=f"my_trashed_{table.name}")
    view.info[OWNER_VIEW] = True
    return view


def every_owner_view() -> list[Table]:
    """Give all views that a user has, with the trash, in an order in which they can be emptied.

    First those whose changes are logged, and what refers to others before them.
    """
    order = [table.name for table in reversed(SQLModel.metadata.sorted_tables)]
    mappers = SQLModel._sa_registry.mappers  # noqa: SLF001 - there is no other way
    models: list[type[SQLModel]] = [mapper.class_ for mapper in mappers]
    views = []
    for model in sorted(models, key=lambda each: order.index(str(each.__tablename__))):
        columns = model.__table__.c  # type: ignore[attr-defined]
        if OWNER_COLUMN in columns:
            views.append(owner_view(model))
        if "live" in columns:
            views.append(trash_view(model))
    return sorted(views, key=lambda view: "version" not in view.c)


def unowned_table(model: type[SQLModel]) -> Table:
    """Give a table whose rows belong to nobody; ValueError for others."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    if OWNER_COLUMN in table.c:
        raise ValueError(f"the rows of {table.name} have an owner: use owner_view")
    return table


def is_owners(rows: Table | NamedFromClause) -> ColumnElement[bool]:
    """Narrow a view, or an alias of one, to the asking user's rows."""
    return rows.c[OWNER_COLUMN] == OWNER_ID


def update_owned(model: type[SQLModel]) -> Update:
    """Begin an UPDATE of the asking user's rows."""
    rows = owner_view(model)
    return update(rows).where(is_owners(rows))


def delete_owned(model: type[SQLModel]) -> Delete:
    """Begin a DELETE of the asking user's rows."""
    rows = owner_view(model)
    return delete(rows).where(is_owners(rows))


def write_statement(statement: Executable) -> Write[Result]:
    """Complete a statement for a transaction; it gives the first value of the first row."""
    return compiled(Write, statement)


def unowned_statement(statement: Executable) -> Unowned:
    """Complete a statement on rows that belong to nobody."""
    return compiled(Unowned, statement)
