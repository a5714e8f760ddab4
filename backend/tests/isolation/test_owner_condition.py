"""The second layer: a statement on owned rows that does not say whose is not compiled."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    Executable,
    Select,
    Text,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    table,
    text,
    true,
    union,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.visitors import iterate
from sqlmodel import SQLModel

from todo_server.database.owned import OWNER_ID, is_owners, owner_view, unowned_table
from todo_server.database.owner_condition import (
    NobodysStatementError,
    check_owner,
    froms_of,
)
from todo_server.models import Attempt, Session, Task

T, S = owner_view(Task), owner_view(Session)
A = T.alias("another")
BEHIND = SQLModel.metadata.tables["task"]
OTHER = bindparam("other", type_=Text)
SOME = literal_column("'some text'", Text)
ROW = ["user_id", "title"]
MINE = select(T.c.id).where(is_owners(T))
EVERYBODYS = select(S.c.id)

REFUSED: dict[str, Callable[[], Any]] = {
    "no condition": lambda: select(T.c.id),
    "an alternative": lambda: select(T.c.id).where(or_(is_owners(T), T.c.completed)),
    "another parameter": lambda: select(T.c.id).where(T.c.user_id == OTHER),
    "all but the owner": lambda: select(T.c.id).where(T.c.user_id != OWNER_ID),
    "the contrary": lambda: select(T.c.id).where(not_(is_owners(T))),
    "a constant": lambda: select(T.c.id).where(T.c.user_id == SOME),
    "a condition on another column": lambda: select(T.c.id).where(T.c.title == OWNER_ID),
    "a condition on one of two tables": lambda: select(T.c.id, S.c.id).where(is_owners(T)),
    "a condition on the table and not its alias": lambda: select(A.c.id).where(is_owners(T)),
    "a scalar subquery": lambda: select(select(T.c.id).scalar_subquery()),
    "EXISTS": lambda: select(T.c.id).where(is_owners(T), exists().where(S.c.id == T.c.id)),
    "IN": lambda: select(T.c.id).where(is_owners(T), T.c.id.in_(EVERYBODYS)),
    "a subquery": lambda: select(select(T.c.id).subquery().c.id),
    "a common table expression": lambda: select(select(T.c.id).cte().c.id),
    "one that is only added": lambda: MINE.add_cte(delete(S).cte()),
    "one that deletes": lambda: select(delete(T).returning(T.c.id).cte().c.id),
    "one side of a union": lambda: union(MINE, select(T.c.id)),
    "ORDER BY": lambda: MINE.order_by(EVERYBODYS.scalar_subquery()),
    "LIMIT": lambda: MINE.limit(select(func.count(S.c.id)).scalar_subquery()),
    "a function's argument": lambda: select(func.f(EVERYBODYS.scalar_subquery())),
    "the right side of an outer join": lambda: (
        select(T.c.id).select_from(T.outerjoin(S, S.c.id == T.c.id)).where(is_owners(T))
    ),
    "an outer join whose condition narrows the other side": lambda: (
        select(T.c.id).select_from(T.outerjoin(S, is_owners(T))).where(is_owners(S))
    ),
    "a full join": lambda: select(T.c.id).select_from(
        T.join(S, and_(is_owners(T), is_owners(S)), full=True)
    ),
    "LATERAL": lambda: (
        select(S.c.id)
        .select_from(S.join(select(T.c.id).where(T.c.id == S.c.id).correlate(S).lateral(), true()))
        .where(is_owners(S))
    ),
    "a correlation with nothing around": lambda: select(T.c.id).correlate(T),
    "a sample": lambda: select(T.tablesample(5).c.id),
    "whole rows": lambda: select(T.table_valued()),
    "counting": lambda: select(func.count()).select_from(T),
    "UPDATE": lambda: update(T).values(title=SOME),
    "UPDATE with a value from elsewhere": lambda: (
        update(T).values(title=EVERYBODYS.scalar_subquery()).where(is_owners(T))
    ),
    "UPDATE FROM": lambda: (
        update(T).values(title=SOME).where(is_owners(T), S.c.id == T.c.id, is_owners(S))
    ),
    "UPDATE with a column of another table": lambda: (
        update(T).values(title=S.c.id).where(is_owners(T))
    ),
    "UPDATE FROM a common table expression": lambda: (
        update(T).values(title=SOME).where(is_owners(T), T.c.id == EVERYBODYS.cte().c.id)
    ),
    "DELETE": lambda: delete(T),
    "DELETE USING": lambda: delete(T).where(is_owners(T), S.c.id == T.c.id),
    "INSERT without an owner": lambda: insert(T).values(title=SOME),
    "INSERT of another's": lambda: insert(T).from_select(ROW, select(OTHER, SOME)),
    "INSERT with the owner in another column": lambda: insert(T).from_select(
        ["title", "user_id"], select(OWNER_ID, SOME)
    ),
    "INSERT of what was read": lambda: insert(T).from_select(
        ROW, select(S.c.user_id, SOME).where(is_owners(S))
    ),
    "INSERT of a column of everybody's": lambda: insert(T).from_select(
        ROW, select(OWNER_ID, T.c.title)
    ),
    "ON CONFLICT with a value from elsewhere": lambda: (
        postgresql.insert(T)
        .from_select(ROW, select(OWNER_ID, SOME))
        .on_conflict_do_update(
            index_elements=["user_id", "id"], set_={"title": EVERYBODYS.scalar_subquery()}
        )
    ),
    "text": lambda: select(text("title FROM my_task")),
    "text in a column": lambda: select(literal_column("(SELECT title FROM my_task LIMIT 1)")),
    "a table that is only named": lambda: select(column("id")).select_from(table("my_task")),
    "the table behind the view": lambda: select(BEHIND.c.id).where(is_owners(BEHIND)),
}

ACCEPTED: dict[str, Callable[[], Any]] = {
    "a condition": lambda: MINE,
    "one of several": lambda: MINE.where(or_(T.c.completed, T.c.title == SOME)),
    "one for each table": lambda: select(T.c.id, S.c.id).where(is_owners(T), is_owners(S)),
    "one for an alias": lambda: select(A.c.id).where(is_owners(A)),
    "an outer join that narrows both": lambda: (
        select(T.c.id).select_from(T.outerjoin(S, is_owners(S))).where(is_owners(T))
    ),
    "a correlated subquery": lambda: MINE.where(
        select(S.c.id).where(is_owners(S), S.c.id == T.c.id).correlate(T).exists()
    ),
    "UPDATE": lambda: update(T).values(title=SOME).where(is_owners(T)),
    "UPDATE after a common table expression": lambda: (
        update(S).values(created_at=func.now()).where(is_owners(S), S.c.id == MINE.cte().c.id)
    ),
    "DELETE": lambda: delete(T).where(is_owners(T), T.c.id.in_(MINE)),
    "INSERT": lambda: insert(T).from_select(ROW, select(OWNER_ID, SOME)).returning(T.c.id),
    "what belongs to nobody": lambda: select(unowned_table(Attempt).c.key),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_statement_is_refused_that_does_not_say_whose_rows(name):
    statement: Executable = REFUSED[name]()
    with pytest.raises(NobodysStatementError):
        check_owner(statement)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_statement_is_accepted_that_says_whose_rows(name):
    check_owner(ACCEPTED[name]())


@pytest.mark.parametrize("name", [*REFUSED, *ACCEPTED])
def test_what_each_part_of_a_statement_reads_is_what_sqlalchemy_says(name):
    statement = (REFUSED | ACCEPTED)[name]()
    for element in iterate(statement):
        if isinstance(element, Select):
            assert froms_of(element) == element.get_final_froms()


def test_the_refusal_names_the_view_and_the_condition():
    with pytest.raises(NobodysStatementError, match=r"my_task lacks .* my_task.user_id = :owner"):
        check_owner(select(T.c.id))


def test_a_table_with_an_owner_is_not_given_as_one_without():
    with pytest.raises(ValueError, match="use owner_view"):
        unowned_table(Task)
