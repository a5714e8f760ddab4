"""Users are kept apart three times: by the path, by every statement, and by the database.

Each layer is tried with the other two taken away; then all of them together, through HTTP.
"""

import ast
import asyncio
import contextlib
import importlib
import inspect
import itertools
import pkgutil
import re
import select
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest
from sqlmodel import SQLModel

import todo_server
from tests.databases import new_database, new_role, run
from tests.server import RunningServer, User, nobody, settings, token_for
from todo_server import errors, models, services
from todo_server.app import create_app
from todo_server.database import Database, Statement, doors, guard
from todo_server.database.guard import owned_tables
from todo_server.domain.identity import Identity
from todo_server.domain.listing import Listing, Order, Sort, Status, write_cursor
from todo_server.models import Completion, TaskCreate, TaskUpdate
from todo_server.services import tasks

# ----------------------------------------------------------------------------- every operation

PUBLIC = {
    *("GET /", "GET /livez", "GET /readyz", "GET /.well-known/jwks.json"),
    *(f"POST /api/auth/{verb}" for verb in ("sign-up", "sign-in", "refresh", "token")),
}
PATH_PARAMETERS = {"user_id", "task_id"}
QUERY_PARAMETERS = {"status", "sort", "order", "limit", "cursor", "sort_by", "sort_order"}
TASK_MEMBERS = {"title", "description", "completed", "id", "user_id", "created_at", "updated_at"}
# Of the account that the token names: there is no other way to say which.
ACCOUNT_MEMBERS = {"everywhere", "current_password", "email", "name", "password"}


class Operation(NamedTuple):
    """An operation as the document describes it."""

    method: str
    path: str
    parameters: dict[str, str]  # name: where it stands
    members: set[str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def url(self, **values: str) -> str:
        return self.path.format(**values)

    def body(self) -> dict[str, Any] | None:
        """One that the operation takes."""
        return {"title": "theirs"} if "title" in self.members else ({} if self.members else None)


def members_of(schema: dict[str, Any], document: dict[str, Any]) -> set[str]:
    """The members of a body, of whichever alternative."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return members_of(document["components"]["schemas"][name], document)
    found = set(schema.get("properties", ()))
    for alternative in itertools.chain(*(schema.get(k, ()) for k in ("anyOf", "oneOf", "allOf"))):
        found |= members_of(alternative, document)
    return found


def operations() -> list[Operation]:
    document = create_app(settings("postgresql://")).openapi()
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            members: set[str] = set()
            for content in operation.get("requestBody", {}).get("content", {}).values():
                members |= members_of(content["schema"], document)
            parameters = {p["name"]: p["in"] for p in operation.get("parameters", ())}
            found.append(Operation(method.upper(), path, parameters, members))
    return found


OPERATIONS = operations()
OWNED = [operation for operation in OPERATIONS if str(operation) not in PUBLIC]


def with_parameter(name: str) -> Any:
    """Those operations that have a parameter, in the path or in the query."""
    chosen = [operation for operation in OWNED if name in operation.parameters]
    return pytest.mark.parametrize("operation", chosen, ids=str)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_parameter_of_an_operation_is_tried_below(operation):
    known = {"path": PATH_PARAMETERS, "query": QUERY_PARAMETERS}
    unknown = {n for n, where in operation.parameters.items() if n not in known.get(where, ())}
    assert not unknown, "try it as a stranger in this file, then name it above"
    named = set(re.findall(r"{(\w+)}", operation.path))
    assert named == {n for n, where in operation.parameters.items() if where == "path"}
    if operation.path.startswith("/api/{user_id}/"):
        assert not operation.members - TASK_MEMBERS, "the same for these members of the body"
    elif operation in OWNED:
        assert not named, "whose is it?"
        assert not operation.members - ACCOUNT_MEMBERS, "the same for these members of the body"


@pytest.mark.parametrize("operation", OWNED, ids=str)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}], ids=["none", "bad"])
def test_nobody_is_401_everywhere(operation, headers, server, user):
    url = operation.url(user_id=user.id, task_id=user.create()["id"])
    with nobody(server) as client:
        response = client.request(operation.method, url, json=operation.body(), headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert user.tasks()[0]["title"] == "Buy milk"


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_what_is_public_asks_nobody_for_a_token(name, server):
    assert name in map(str, OPERATIONS)
    method, path = name.split()
    with nobody(server) as client:
        assert client.request(method, path).status_code not in {401, 403}


@with_parameter("user_id")
def test_the_path_of_another_user_is_403(operation, user, stranger):
    task = user.create()
    url = operation.url(user_id=user.id, task_id=task["id"])
    response = stranger.request(operation.method, url, json=operation.body())
    assert response.status_code == 403
    assert user.tasks() == [task]


@with_parameter("task_id")
@pytest.mark.parametrize("path_of", ["their id", "me"])
def test_the_task_of_another_user_is_404_like_one_that_never_was(
    operation, path_of, user, stranger
):
    task = user.create()
    owner = stranger.id if path_of == "their id" else "me"
    problems = []
    for task_id in (task["id"], str(uuid.uuid4())):
        url = operation.url(user_id=owner, task_id=task_id)
        response = stranger.request(operation.method, url, json=operation.body())
        assert response.status_code == 404
        problem = response.json()
        assert problem.pop("instance") == url
        del problem["request_id"]
        problems.append((problem, sorted(response.headers)))
    assert problems[0] == problems[1]
    assert user.tasks() == [task]
    assert stranger.tasks() == []


QUERIES = [
    *(f"status={status}" for status in ("all", "pending", "completed", "incomplete")),
    *(
        f"{name}={key}"
        for name in ("sort", "sort_by")
        for key in ("created_at", "updated", "title")
    ),
    *(f"{name}={order}" for name in ("order", "sort_order") for order in ("asc", "desc")),
    "limit=200",
    "user_id={victim}",
    "owner={victim}",
    "limit=1&sort=title&order=asc&status=pending",
]


def test_every_query_parameter_is_among_the_queries():
    tried = {part.partition("=")[0] for query in QUERIES for part in query.split("&")}
    assert tried >= QUERY_PARAMETERS - {"cursor"}


@with_parameter("status")
@pytest.mark.parametrize("query", QUERIES)
def test_no_query_shows_the_task_of_another_user(operation, query, user, stranger):
    user.create()
    own = stranger.create()
    url = operation.url(user_id="me") + "?" + query.format(victim=user.id)
    response = stranger.request(operation.method, url)
    assert response.status_code == 200
    assert [task["id"] for task in response.json()] in ([own["id"]], [])


@with_parameter("cursor")
def test_the_cursor_of_another_user_is_refused(operation, user, stranger):
    user.create("first")
    user.create("second")
    page = user.get(user.path, params={"limit": 1})
    cursor = page.links["next"]["url"].partition("cursor=")[2]
    url = operation.url(user_id=stranger.id)
    response = stranger.get(url, params={"limit": 1, "cursor": cursor})
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("operation", "member"),
    [(o, m) for o in OWNED for m in sorted(o.members & TASK_MEMBERS) if "user_id" in o.parameters],
    ids=str,
)
def test_no_member_of_a_body_reaches_the_task_of_another_user(operation, member, user, stranger):
    task = user.create("mine", description="mine")
    own = stranger.create()
    url = operation.url(user_id=stranger.id, task_id=own["id"])
    response = stranger.request(
        operation.method, url, json=(operation.body() or {}) | {member: task[member]}
    )
    assert response.is_success, response.text
    assert response.json()["user_id"] == stranger.id
    assert response.json()["id"] != task["id"]
    assert user.tasks() == [task]


# ------------------------------------------------------- the first layer: path against identity


@pytest.fixture
def unanswered(monkeypatch) -> Iterator[socket.socket]:
    """Where a database could be; nobody answers, and whoever knocks is seen."""
    monkeypatch.setattr(doors, "PATIENCE", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_the_path_of_another_user_is_refused_without_asking_the_database(unanswered):
    port = unanswered.getsockname()[1]
    with (
        RunningServer(settings(f"postgresql://u@127.0.0.1:{port}/todo")) as server,
        User(server) as user,
        User(server) as stranger,
        nobody(server) as client,
    ):
        for operation in OWNED:
            url = operation.url(user_id=user.id, task_id=str(uuid.uuid4()))
            assert client.request(operation.method, url, json=operation.body()).status_code == 401
            if "user_id" in operation.parameters:
                response = stranger.request(operation.method, url, json=operation.body())
                assert response.status_code == 403
        knocked, _, _ = select.select([unanswered], [], [], 0)
        assert not knocked
        unanswered.close()
        for operation in OWNED:  # every one of which does need the database
            if "user_id" not in operation.parameters:
                continue
            url = operation.url(user_id=user.id, task_id=str(uuid.uuid4()))
            response = user.request(operation.method, url, json=operation.body())
            assert response.status_code == 503


# ------------------------------------------- the second layer: the owner stands in each statement


def run_with_database(url: str, work: Callable[[Database], Awaitable[None]]) -> None:
    async def opened() -> None:
        database = Database(url, pool_size=2)
        try:
            await work(database)
        finally:
            await database.close()

    asyncio.run(opened())


@pytest.fixture
def unbound(monkeypatch) -> str:
    """A database whose row-level security is off, and a server that does not mind."""

    async def accept(_: asyncpg.Connection) -> None:
        pass

    url = new_database()
    for table in owned_tables():
        run(url, f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        run(url, f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    monkeypatch.setattr(guard, "check", accept)
    return url


VICTIM, STRANGER = Identity("victim"), Identity("stranger")


async def some_tasks(database: Database, owner: Identity, count: int = 3) -> list[uuid.UUID]:
    ids = []
    for number in range(count):
        task_id, _ = await tasks.create_task(
            owner, database, TaskCreate(title=f"{owner.user_id} {number}")
        )
        ids.append(task_id)
    await tasks.complete_task(owner, database, ids[0], Completion(completed=True))
    return ids


def rows_of(url: str, owner: Identity) -> list[asyncpg.Record]:
    return run(url, "SELECT * FROM task WHERE user_id = $1 ORDER BY id", owner.user_id)


def test_without_row_security_the_statements_alone_touch_no_other_row(unbound):
    async def prepare(database: Database) -> None:
        await some_tasks(database, VICTIM)
        await some_tasks(database, STRANGER)

    async def try_everything(database: Database) -> None:
        for row in before:
            task_id = row["id"]
            for attempt in (
                tasks.get_task(STRANGER, database, task_id),
                tasks.update_task(STRANGER, database, task_id, TaskUpdate(title="stolen")),
                tasks.update_task(STRANGER, database, task_id, TaskUpdate(description=None)),
                tasks.complete_task(STRANGER, database, task_id, Completion()),
                tasks.complete_task(STRANGER, database, task_id, Completion(completed=True)),
                tasks.delete_task(STRANGER, database, task_id),
            ):
                with pytest.raises(errors.TaskNotFoundError):
                    await attempt
        for listing in every_listing(before):
            body = (await tasks.list_tasks(STRANGER, database, listing)).body
            assert b"victim" not in body

    run_with_database(unbound, prepare)
    before = rows_of(unbound, VICTIM)
    assert run(unbound, "SELECT count(*) FROM my_task")[0]["count"] == 6, "nothing else isolates"
    run_with_database(unbound, try_everything)
    assert rows_of(unbound, VICTIM) == before


def every_listing(rows_of_another: list[asyncpg.Record]) -> Iterator[Listing]:
    """Every way to list, also from a position that is the row of somebody else."""
    for status, sort, order in itertools.product(Status, Sort, Order):
        yield Listing(status, sort, order)
        listing = Listing(status, sort, order, limit=200)
        yield listing
        for row in rows_of_another:
            key = {
                Sort.CREATED: f'["{row["id"]}"]',
                Sort.UPDATED: f'["{row["updated_at"].isoformat()}", "{row["id"]}"]',
                Sort.TITLE: f'["{row["title"]}", "{row["id"]}"]',
            }[sort]
            cursor = write_cursor(STRANGER.user_id, listing, key)
            yield Listing(status, sort, order, limit=200, cursor=cursor)


def modules_of(package: ModuleType) -> list[ModuleType]:
    names = [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    return [importlib.import_module(name) for name in names]


def values_of(kind: Any) -> list[Any]:
    """All values that a parameter of a cached statement can have."""
    if kind is bool:
        return [False, True]
    assert isinstance(kind, type), "teach this test to go through its values"
    assert issubclass(kind, Enum), "teach this test to go through its values"
    return list(kind)


def statements() -> Iterator[tuple[str, Statement]]:
    """Every statement that a service runs: those of its module, and those it makes and keeps."""
    for module in modules_of(services):
        for name, value in vars(module).items():
            if isinstance(value, Statement):
                yield f"{module.__name__}.{name}", value
            elif hasattr(value, "cache_info") and value.__module__ == module.__name__:
                kinds = {
                    n: values_of(p.annotation)
                    for n, p in inspect.signature(value).parameters.items()
                }
                for chosen in itertools.product(*kinds.values()):
                    arguments = dict(zip(kinds, chosen, strict=True))
                    made = call(value, arguments)
                    if isinstance(made, Statement):
                        chosen_values = ", ".join(map(str, arguments.values()))
                        yield f"{module.__name__}.{name}({chosen_values})", made


def call(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    parameters = inspect.signature(function).parameters
    named = {n for n in arguments if parameters[n].kind is inspect.Parameter.KEYWORD_ONLY}
    positional = [value for name, value in arguments.items() if name not in named]
    return function(*positional, **{name: arguments[name] for name in named})


STATEMENTS = dict(statements())


def test_the_statements_of_the_services_are_found():
    assert len(STATEMENTS) >= 5 + len(Status) * len(Sort) * len(Order) * 2


UNOWNED = sorted(set(SQLModel.metadata.tables) - set(owned_tables()))


def limited_to_the_doors(url: str) -> str:
    """The URL of a role that may not touch an owned table itself."""
    role = new_role("")
    run(url, f"GRANT SELECT ON alembic_version TO {role}")
    doors_and_others = [*(f"my_{table}" for table in owned_tables()), *UNOWNED]
    run(url, f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(doors_and_others)} TO {role}")
    return url.replace("postgres@", f"{role}@")


def test_all_that_is_done_to_tasks_can_be_done_with_the_doors_alone():
    url = limited_to_the_doors(new_database())

    async def do_everything(database: Database) -> None:
        first, second, _ = await some_tasks(database, VICTIM)
        await tasks.get_task(VICTIM, database, first)
        await tasks.update_task(VICTIM, database, first, TaskUpdate(title="changed"))
        await tasks.delete_task(VICTIM, database, second)
        for listing in every_listing([]):
            await tasks.list_tasks(VICTIM, database, listing)

    run_with_database(url, do_everything)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        run(url, "SELECT * FROM task")


OF_THE_VICTIM = {
    "account": "'victim', 'victim@example.com', 'victim', 'victim', now()",
    "session": "'victim', '00000000-0000-4000-8000-000000000001', now(), now() + '1 hour'",
    "refresh_token": "'victim', 'victim', '00000000-0000-4000-8000-000000000001', now(), NULL",
    "task": "'victim', '00000000-0000-7000-8000-000000000001', 'victim', 'victim', false,"
    " now(), now()",
}


def fill_every_table(url: str) -> None:
    """Give the victim and the stranger a row in each owned table."""
    assert set(OF_THE_VICTIM) == set(owned_tables()), "add a row of the new table"
    for table, row in OF_THE_VICTIM.items():
        for owner in ("victim", "stranger"):
            own = row.replace("victim", owner)
            if table != "task":  # everything but the owner and what belongs to them may be alike
                own = own.replace("0001", "0001" if owner == "victim" else "0002")
            run(url, f"INSERT INTO {table} VALUES ({own})")


def everything_of(connection: asyncpg.Connection, owner: str) -> Awaitable[list[Any]]:
    """All rows of a user, as somebody sees them who sees all."""
    rows = " UNION ALL ".join(
        f"SELECT '{table}' || row_to_json(t)::text AS row FROM {table} t WHERE user_id = '{owner}'"
        for table in owned_tables()
    )
    return connection.fetch(f"{rows} ORDER BY 1")


# What a stranger would put into a statement to get at the victim's rows, by name or by type.
PARAMETERS: dict[str, Any] = {
    "owner": "stranger",
    "session": None,
    "task_id": uuid.UUID("00000000-0000-7000-8000-000000000001"),
    "session_id": uuid.UUID("00000000-0000-4000-8000-000000000001"),
    "digest": b"victim",
    "ids": [uuid.UUID("00000000-0000-7000-8000-000000000001")],
    "limit": 200,
    "email": "stolen@example.com",
}
BEFORE = {"varchar": "0", "bool": False, "timestamptz": datetime(2000, 1, 1, tzinfo=UTC)}
AFTER = {"varchar": "z", "bool": True, "timestamptz": datetime(2100, 1, 1, tzinfo=UTC)}
FINDING = {name for name, statement in STATEMENTS.items() if "wanted" in statement.names}
OF_OWNERS = {n: s for n, s in STATEMENTS.items() if any(f"my_{t}" in s.sql for t in owned_tables())}


def test_what_finds_a_row_before_somebody_is_known_is_named_here():
    """They take what only the owner knows, and a policy shows the one row that has it."""
    accounts = "todo_server.services.accounts."
    assert {accounts + name for name in ("_FIND_ACCOUNT", "_FIND_TOKEN")} == FINDING


@pytest.mark.parametrize("of_type", [BEFORE, AFTER], ids=["before", "after"])
def test_no_statement_touches_the_row_of_another_user_without_row_security(of_type, unbound):
    fill_every_table(unbound)
    limited = limited_to_the_doors(unbound)

    async def try_all() -> None:
        async with connection_to(unbound) as seeing, connection_to(limited) as connection:
            before = await everything_of(seeing, "victim")
            assert (
                len(before) == len(owned_tables()) == len(await everything_of(seeing, "stranger"))
            )
            for name, statement in OF_OWNERS.items():
                if name in FINDING:
                    continue
                assert "owner" in statement.names, name
                prepared = await connection.prepare(statement.sql)
                kinds = [kind.name for kind in prepared.get_parameters()]
                values = [
                    PARAMETERS[name] if name in PARAMETERS else of_type[kind]
                    for name, kind in zip(statement.names, kinds, strict=True)
                ]
                # A new row may meet another of the stranger's own, or be refused for its form.
                with contextlib.suppress(asyncpg.IntegrityConstraintViolationError):
                    assert "victim" not in str(await prepared.fetch(*values)), name
                assert await everything_of(seeing, "victim") == before, name

    asyncio.run(try_all())


def condition(sql: str, start: int) -> str:
    """What stands from here to the end of the clause, without what is in parentheses."""
    depth, kept = 0, ""
    for character in sql[start:]:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
        kept += character if depth == 0 else ""
    return kept


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_uses_the_doors_and_names_the_owner(name):
    statement = STATEMENTS[name]
    if "owner" not in statement.names:
        return  # see the two tests below
    given = rf"\${statement.names.index('owner') + 1}::(?:VARCHAR|TEXT)"
    sql = re.sub(r"\s+", " ", statement.sql)
    sql = sql.replace(", set_config('lock_timeout', '2s', true) AS patience", "")
    sql = sql.replace(", setting_identity.patience AS patience", "")
    setting = rf"SELECT set_config\('app\.user_id', {given}, true\) AS user_id"
    session = r"\$\d+::UUID"
    writes = bool(re.search(r"\bINSERT INTO\b", sql))
    identity = (
        rf"SELECT setting_identity.user_id AS user_id FROM \({setting} LIMIT ALL OFFSET 0\) AS"
        rf" setting_identity WHERE {session} IS NULL OR \(EXISTS \(SELECT my_session.id FROM"
        rf" my_session WHERE my_session.user_id = setting_identity.user_id AND"
        rf" my_session.id = {session}{' FOR KEY SHARE' if writes else ''}\)\)"
    )
    sql, identities = re.subn(rf"\({identity} LIMIT ALL OFFSET 0\) AS identity\b", "(1)", sql)
    sql, changes = re.subn(rf"WITH identity AS \({identity} LIMIT ALL OFFSET 0\),", "WITH", sql)
    identities += changes
    owner = r"identity\.user_id" if identities else given
    used = re.findall(r"\b((?<!DISTINCT )FROM|JOIN|INTO|UPDATE|USING) ([a-z_.\"]+)", sql)
    made_here = {"changed", "identity", "unnest"}  # the last one: a parameter that is a list
    used = [(verb, relation) for verb, relation in used if relation not in made_here]
    assert used
    assert {relation for _, relation in used} <= {f"my_{table}" for table in owned_tables()}
    for door in {relation for _, relation in used}:
        inserts = [verb for verb, relation in used if (verb, relation) == ("INTO", door)]
        wheres = list(re.finditer(rf"WHERE (?:{door}|there)\.user_id = {owner}\b", sql))
        given_away = rf"INTO {door} \(user_id, [^)]*\) SELECT {owner}\b"
        if changes:  # the row that is inserted is the user's own, and locked
            given_away = (
                rf"INTO {door} \(user_id, [^)]*\) SELECT found\.user_id [^()]* FROM identity JOIN"
                rf" LATERAL \(SELECT there\.user_id [^()]* FROM {door} AS there"
                rf" WHERE there\.user_id = {owner} AND there\.id = [^ ]+ FOR UPDATE\) AS found"
                r" ON true ON CONFLICT \(user_id, id\) DO UPDATE SET "
            )
        assert len(re.findall(given_away, sql)) == len(inserts)
        assert len(wheres) == len([1 for _, relation in used if relation == door]) - len(inserts)
        for where in wheres:
            assert " OR " not in condition(sql, where.end())


@pytest.mark.parametrize("name", sorted(FINDING))
def test_a_statement_that_finds_shows_the_one_row_of_who_knows_its_key(name):
    statement = STATEMENTS[name]
    sql = re.sub(r"\s+", " ", statement.sql)
    assert statement.names == ("wanted",)
    assert "set_config('app.found_by', " in sql
    ((door, column),) = re.findall(r"FROM (my_\w+) WHERE my_\w+\.(\w+) = \$1::\w+ AND", sql)
    table = SQLModel.metadata.tables[door.removeprefix("my_")]
    assert table.info["found_by"] == column
    assert any(index.unique and [*index.columns] == [table.c[column]] for index in table.indexes)


@pytest.mark.parametrize(
    "name", sorted(n for n, s in STATEMENTS.items() if "owner" not in s.names and n not in FINDING)
)
def test_a_statement_without_an_owner_touches_only_what_belongs_to_nobody(name):
    sql = re.sub(r"\s+", " ", STATEMENTS[name].sql)
    used = set(re.findall(r"\b(?:FROM|JOIN|INTO|(?<!DO )UPDATE|USING) ([a-z_.\"]+)", sql))
    assert used
    assert used <= set(SQLModel.metadata.tables) - set(owned_tables())


# What begins a statement, and where that may be used: a module that touches owned rows may not.
BEGINNINGS = {"insert", "update", "delete", "text", "Table", "table"}
CONNECTIONS = {"Session", "create_engine", "create_async_engine"}
LIBRARIES = ("sqlalchemy", "sqlmodel")
CLOSED = ("sqlalchemy.orm", "sqlalchemy.ext", "sqlmodel.ext", "psycopg", "psycopg2")
DOORWAYS = {"mine", "select_mine", "insert_mine", "changing", "update_mine", "delete_mine"}
DOORWAYS |= {"finding"}


def source_files() -> dict[str, ast.Module]:
    root = Path(todo_server.__file__).parent
    return {
        str(path.relative_to(root)): ast.parse(path.read_text())
        for path in root.rglob("*.py")
        if path.relative_to(root).parts[0] != "migrations"
    }


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


@pytest.mark.parametrize("path", sorted(source_files()))
def test_statements_on_owned_rows_begin_at_the_doorway_alone(path):
    if path in {"database/rows.py", "database/statement.py"} or path.startswith("models/"):
        return
    tree = source_files()[path]
    imported = list(imports(tree))
    touches_owned_rows = DOORWAYS & {name for _, name in imported}
    for module, name in imported:
        assert not module.startswith(CLOSED), f"{module} goes around the doors"
        if module.startswith(LIBRARIES):
            assert name, "import the names that are needed"
            assert name not in CONNECTIONS
            assert name not in BEGINNINGS or not touches_owned_rows, "use the ``*_mine`` functions"
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("Statement")):
                pytest.fail("only `compiled` makes statements")
            case ast.Attribute(ast.Name(model), "__table__"):
                assert "user_id" not in getattr(models, model).__table__.c, "use its door"
            case ast.Attribute(ast.Name("asyncpg"), name) if not path.startswith("database/"):
                assert name.endswith("Error"), "only database/ talks to PostgreSQL"


# --------------------------------------------------- the third layer: PostgreSQL's row security

USERS = [f"user {number}" for number in range(5)]
PLANNERS = {
    "as it comes": {},
    "no sequential scans": {"enable_seqscan": "off"},
    "no index scans": {"enable_indexscan": "off", "enable_indexonlyscan": "off"},
    "no scan by an index": {
        "enable_indexscan": "off",
        "enable_indexonlyscan": "off",
        "enable_bitmapscan": "off",
    },
    "sequential scans alone": {
        "enable_indexscan": "off",
        "enable_indexonlyscan": "off",
        "enable_bitmapscan": "off",
        "enable_tidscan": "off",
    },
    "generic plans": {"plan_cache_mode": "force_generic_plan"},
    "custom plans": {"plan_cache_mode": "force_custom_plan"},
    "compiled": {"jit": "on", "jit_above_cost": "0", "jit_inline_above_cost": "0"},
    "parallel": {
        "debug_parallel_query": "on",
        "parallel_setup_cost": "0",
        "parallel_tuple_cost": "0",
        "min_parallel_table_scan_size": "0",
        "min_parallel_index_scan_size": "0",
    },
    "no sorting, hashing or materialising": {
        "enable_sort": "off",
        "enable_hashagg": "off",
        "enable_material": "off",
        "enable_memoize": "off",
    },
}


def task_of(number: int, n: int = 1) -> uuid.UUID:
    """The id of a user's task in the database below."""
    return uuid.UUID(f"00000000-0000-7000-8000-0{number}{n:010}")


@pytest.fixture(scope="module", params=[1, 600], ids=["tiny", "larger"])
def crowded(request) -> str:
    """A database in which everybody has as many tasks, and statistics know it."""
    url = new_database()
    for number, user_id in enumerate(USERS):
        run(
            url,
            "INSERT INTO task SELECT $1, ('00000000-0000-7000-8000-' || $2 ||"
            " lpad(n::text, 10, '0'))::uuid, $1 || ' ' || n, NULL, n % 2 = 0, now(), now()"
            " FROM generate_series(1, $3::int) AS n",
            user_id,
            f"0{number}",
            request.param,
        )
    run(url, "VACUUM ANALYZE task")
    return url


@contextlib.asynccontextmanager
async def connection_to(url: str, **server_settings: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url, server_settings=server_settings)
    try:
        yield connection
    finally:
        await connection.close()


async def become(connection: asyncpg.Connection, user_id: str) -> None:
    await connection.execute("SELECT set_config('app.user_id', $1, true)", user_id)


@pytest.mark.parametrize("planner", PLANNERS)
def test_sql_without_any_condition_sees_the_own_rows_however_it_is_planned(planner, crowded):
    async def look() -> None:
        async with connection_to(crowded, **PLANNERS[planner]) as connection:
            query = "SELECT user_id, count(*) FROM my_task GROUP BY user_id"
            for _ in range(2):
                assert await connection.fetch(query) == []
                for user_id in USERS:
                    async with connection.transaction():
                        await become(connection, user_id)
                        ((seen, count),) = await connection.fetch(query)
                        assert (seen, count) == (user_id, total // len(USERS))

    total = run(crowded, "SELECT count(*) FROM task")[0]["count"]
    asyncio.run(look())


@pytest.mark.parametrize("planner", PLANNERS)
def test_reading_in_one_trip_sees_the_own_rows_however_it_is_planned(planner, crowded):
    """Here the identity is set by the very statement that reads."""
    unconditional = (
        "SELECT (SELECT convert_to(string_agg(user_id, ',' ORDER BY identity.user_id), 'UTF8')"
        " FROM my_task) FROM (SELECT set_config('app.user_id', $1, true) AS user_id OFFSET 0)"
        " AS identity"
    )

    async def look() -> None:
        async with connection_to(crowded, **PLANNERS[planner]) as connection:
            # Oftener than PostgreSQL tries custom plans before it makes a generic one.
            for user_id in (*USERS, "nobody", *USERS):
                for statement in listings:
                    body, *_ = await connection.fetchval(
                        statement.sql,
                        *statement.arguments({"limit": 9, "owner": user_id, "session": None}),
                    )
                    seen = set(re.findall(rb'"user_id":"([^"]*)"', body))
                    assert seen <= {user_id.encode()}
                seen_by_all = await connection.fetchval(unconditional, user_id)
                assert set((seen_by_all or b"").split(b",")) <= {user_id.encode(), b""}

    listings = [s for s in STATEMENTS.values() if "limit" in s.names and "key" not in s.names]
    listings = [s for s in listings if "task_id" not in s.names]
    assert listings
    asyncio.run(look())


@pytest.mark.parametrize("planner", PLANNERS)
def test_changing_in_one_trip_meets_the_own_row_however_it_is_planned(planner, crowded):
    """Here the identity is set by the very statement that changes."""
    given: dict[str, Any] = {"session": None, "now": datetime.now(UTC), "set_description": True}
    given |= {"title": None, "description": "mine", "completed": None}

    async def change() -> None:
        async with connection_to(crowded, **PLANNERS[planner]) as connection:
            for number, user_id in [*enumerate(USERS), (0, "nobody"), *enumerate(USERS)]:
                others = "SELECT * FROM task WHERE user_id <> $1 ORDER BY user_id, id"
                before = await connection.fetch(others, user_id)
                for statement, whose in itertools.product(changes, range(len(USERS))):
                    values = {**given, "owner": user_id, "task_id": task_of(whose)}
                    body = await connection.fetchval(statement.sql, *statement.arguments(values))
                    is_own = whose == number and user_id in USERS
                    assert (body is not None) == is_own
                    assert body is None or f'"user_id":"{user_id}"'.encode() in body
                assert await connection.fetch(others, user_id) == before

    changes = [STATEMENTS[f"todo_server.services.tasks.{n}"] for n in ("_UPDATE", "_COMPLETE")]
    asyncio.run(change())


@pytest.fixture(scope="module")
def filled() -> str:
    url = new_database()
    fill_every_table(url)
    return url


@contextlib.asynccontextmanager
async def undone(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A transaction that never was; checks, as one who sees all, that the victim kept all."""
    async with connection_to(url) as connection:
        before = await everything_of(connection, "victim")
        assert before
        transaction = connection.transaction()
        await transaction.start()
        yield connection
        assert await everything_of(connection, "victim") == before
        await transaction.rollback()


@pytest.mark.parametrize("table", owned_tables())
@pytest.mark.parametrize("who", ["stranger", "nobody"])
def test_every_door_opens_to_the_own_rows_alone(who, table, filled):
    async def try_the_door() -> None:
        async with undone(filled) as connection:
            if who == "stranger":
                await become(connection, who)
            seen = await connection.fetch(f"SELECT user_id FROM my_{table}")
            assert [row["user_id"] for row in seen] == ([] if who == "nobody" else [who])
            changed = await connection.execute(f"UPDATE my_{table} SET user_id = user_id")
            deleted = await connection.execute(f"DELETE FROM my_{table}")
            assert (changed, deleted) == (f"UPDATE {len(seen)}", f"DELETE {len(seen)}")

    asyncio.run(try_the_door())


FOUND_BY = {"account": ("victim@example.com", "email"), "refresh_token": ("76696374696d", "digest")}


def test_every_table_in_which_a_row_is_found_is_named_here():
    tables = SQLModel.metadata.tables.items()
    found_by = {name: t.info["found_by"] for name, t in tables if "found_by" in t.info}
    assert found_by == {name: column for name, (_, column) in FOUND_BY.items()}


@pytest.mark.parametrize("table", FOUND_BY)
@pytest.mark.parametrize("known", [True, False])
def test_whoever_knows_what_a_row_is_found_by_sees_that_row_and_changes_none(known, table, filled):
    async def find() -> None:
        async with undone(filled) as connection:
            wanted = FOUND_BY[table][0] if known else ""
            await connection.execute("SELECT set_config('app.found_by', $1, true)", wanted)
            for door in owned_tables():
                seen = await connection.fetch(f"SELECT user_id FROM my_{door}")
                assert [row[0] for row in seen] == (["victim"] if known and door == table else [])
                update = f"UPDATE my_{door} SET user_id = user_id"
                assert await connection.execute(update) == "UPDATE 0"
                assert await connection.execute(f"DELETE FROM my_{door}") == "DELETE 0"

    asyncio.run(find())


CHANGES = [
    "UPDATE my_task SET title = 'changed'",
    "DELETE FROM my_task",
    "UPDATE my_task SET completed = true WHERE user_id <> current_setting('app.user_id', true)",
    "DELETE FROM my_task USING my_task AS other WHERE my_task.id = other.id",
    "WITH gone AS (DELETE FROM my_task RETURNING *) UPDATE my_task SET title = 'changed'",
]


@pytest.mark.parametrize("sql", CHANGES)
@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_sql_without_any_condition_changes_no_other_row(sql, who, filled):
    async def change() -> None:
        async with undone(filled) as connection:
            if who == "stranger":
                await become(connection, who)
            strangers = await everything_of(connection, "stranger")
            await connection.execute(sql)
            if who == "nobody":
                assert await everything_of(connection, "stranger") == strangers

    asyncio.run(change())


async def fill(database: Database) -> None:
    await some_tasks(database, VICTIM)
    await some_tasks(database, STRANGER)


NEW = "'00000000-0000-7000-8000-000000000000', 'new', NULL, false, now(), now()"


@pytest.mark.parametrize(
    "sql",
    [
        f"INSERT INTO my_task VALUES ('victim', {NEW})",
        f"INSERT INTO my_task VALUES ('', {NEW})",
        "UPDATE my_task SET user_id = 'victim'",
        "INSERT INTO my_task SELECT 'victim', id, title, NULL, false, now(), now() FROM my_task",
        (
            "WITH mine AS (SELECT * FROM my_task) INSERT INTO my_task SELECT 'x', id, title,"
            " description, completed, created_at, updated_at FROM mine"
        ),
    ],
)
def test_a_row_cannot_be_written_for_somebody_else(sql, two_users):
    async def write() -> None:
        async with connection_to(two_users) as connection, connection.transaction():
            await become(connection, STRANGER.user_id)
            await connection.execute(sql)

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        asyncio.run(write())


@pytest.mark.parametrize("identity", [None, ""])
def test_nobody_can_write_a_row(identity, two_users):
    async def write(owner: str) -> None:
        async with connection_to(two_users) as connection, connection.transaction():
            if identity is not None:
                await become(connection, identity)
            await connection.execute(f"INSERT INTO my_task VALUES ($1, {NEW})", owner)

    for owner in ("victim", ""):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            asyncio.run(write(owner))


@pytest.fixture(scope="module")
def two_users() -> str:
    url = new_database()
    run_with_database(url, fill)
    return url


def test_a_task_with_the_id_of_anothers_tells_nothing_of_it(two_users):
    taken = rows_of(two_users, VICTIM)[0]["id"]

    async def write() -> None:
        async with connection_to(two_users) as connection, connection.transaction():
            await become(connection, STRANGER.user_id)
            row = "'own', NULL, false, now(), now()"
            await connection.execute(f"INSERT INTO my_task VALUES ('stranger', $1, {row})", taken)

    asyncio.run(write())
    assert [row["title"] for row in rows_of(two_users, STRANGER) if row["id"] == taken] == ["own"]


def test_a_function_in_a_condition_is_not_shown_the_rows_of_others(two_users):
    shown: list[str] = []

    async def look() -> None:
        async with connection_to(two_users) as connection:
            connection.add_log_listener(lambda _, message: shown.append(message.message))
            await connection.execute(
                "CREATE FUNCTION pg_temp.look(owner text) RETURNS bool LANGUAGE plpgsql"
                " COST 0.0000001 AS $$BEGIN RAISE NOTICE '%', owner; RETURN true; END$$"
            )
            async with connection.transaction():
                await become(connection, STRANGER.user_id)
                await connection.fetch("SELECT 1 FROM my_task WHERE pg_temp.look(user_id)")

    asyncio.run(look())
    assert set(shown) == {STRANGER.user_id}


def test_other_ways_to_the_rows_are_closed_too(two_users):
    """COPY, cursors, prepared statements and temporary tables know the identity as well."""

    async def look() -> None:
        async with connection_to(two_users) as connection:
            assert await connection.fetchval("SELECT count(*) FROM my_task") == 0
            async with connection.transaction():
                await become(connection, STRANGER.user_id)
                cursor = await connection.cursor("SELECT user_id FROM my_task")
                statement = await connection.prepare("SELECT user_id FROM my_task")
                rows = [*await cursor.fetch(99), *await statement.fetch()]
                await connection.execute("CREATE TEMP TABLE seen AS SELECT * FROM my_task")
                rows += await connection.fetch("SELECT user_id FROM seen")
                assert {row["user_id"] for row in rows} == {STRANGER.user_id}
                copied: list[bytes] = []

                async def keep(data: bytes) -> None:
                    copied.append(data)

                await connection.copy_from_query("SELECT user_id FROM my_task", output=keep)
                assert set(b"".join(copied).split()) == {STRANGER.user_id.encode()}
            assert await statement.fetch() == []

    asyncio.run(look())


async def _commits(connection: asyncpg.Connection) -> None:
    await connection.execute("BEGIN")
    await become(connection, "victim")
    await connection.execute("COMMIT")


async def _rolls_back(connection: asyncpg.Connection) -> None:
    await connection.execute("BEGIN")
    await become(connection, "victim")
    await connection.execute("ROLLBACK")


async def _fails(connection: asyncpg.Connection) -> None:
    await connection.execute("BEGIN")
    await become(connection, "victim")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await connection.execute("SELECT 1 / 0")
    await connection.execute("COMMIT")


async def _rolls_back_to_a_savepoint(connection: asyncpg.Connection) -> None:
    await connection.execute("BEGIN; SAVEPOINT before")
    await become(connection, "victim")
    await connection.execute("ROLLBACK TO before")
    assert await connection.fetch("SELECT * FROM my_task") == []
    await connection.execute("COMMIT")


async def _is_one_statement(connection: asyncpg.Connection) -> None:
    await become(connection, "victim")


@pytest.mark.parametrize(
    "transaction",
    [_commits, _rolls_back, _fails, _rolls_back_to_a_savepoint, _is_one_statement],
    ids=lambda f: f.__name__.strip("_").replace("_", " "),
)
def test_nothing_is_left_of_an_identity_after_a_transaction_that(transaction, two_users):
    async def look() -> None:
        async with connection_to(two_users) as connection:
            await transaction(connection)
            left = await connection.fetchval("SELECT current_setting('app.user_id', true)")
            assert left in (None, "")
            assert await connection.fetch("SELECT * FROM my_task") == []

    asyncio.run(look())


def test_nothing_is_left_of_an_identity_after_any_use_of_the_doors(two_users):
    whose = Statement("SELECT coalesce(current_setting('app.user_id', true), '')", ())

    async def use(database: Database) -> None:
        task_id, _ = await tasks.create_task(VICTIM, database, TaskCreate(title="one"))
        for use_of_a_door in (
            tasks.get_task(VICTIM, database, task_id),
            tasks.list_tasks(VICTIM, database, Listing()),
            tasks.complete_task(VICTIM, database, task_id, Completion()),
            tasks.update_task(VICTIM, database, task_id, TaskUpdate(title="two")),
            tasks.create_task(VICTIM, database, TaskCreate(title="three")),
            tasks.delete_task(VICTIM, database, task_id),
        ):
            await use_of_a_door
            assert await database.read(STRANGER, whose) == ""
        with pytest.raises(errors.TaskNotFoundError):
            await tasks.delete_task(VICTIM, database, task_id)
        assert await database.read(STRANGER, whose) == ""

    async def with_one_connection() -> None:
        database = Database(two_users, pool_size=1)
        try:
            await use(database)
        finally:
            await database.close()

    asyncio.run(with_one_connection())


@pytest.mark.parametrize(
    "user_id",
    [
        "o'brien",
        "' OR '1'='1",
        "x'; DROP TABLE task; --",
        "\\x76696374696d",
        "victim%",
        "victim ",
        "VICTIM",
        "$1",
        "%s{0}:owner",
        "日本 \N{GRINNING FACE}",
        "e\N{COMBINING ACUTE ACCENT}",
        "x" * 255,
    ],
)
def test_an_id_means_itself_and_nobody_else(user_id, two_users):
    owner = Identity(user_id)
    before = rows_of(two_users, VICTIM)

    async def use(database: Database) -> None:
        task_id, _ = await tasks.create_task(owner, database, TaskCreate(title="one"))
        await tasks.complete_task(owner, database, task_id, Completion())
        page = await tasks.list_tasks(owner, database, Listing())
        assert page.body.count(b'"title"') == page.body.count(b'"title":"one"') == 1
        assert b'"completed":true' in page.body
        await tasks.delete_task(owner, database, task_id)
        assert (await tasks.list_tasks(owner, database, Listing())).body == b"[]"

    run_with_database(two_users, use)
    assert rows_of(two_users, VICTIM) == before


# -------------------------------------------------------------- what every owned table must have

UNBOUND = """
SELECT relname FROM pg_class
JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'user_id' AND NOT attisdropped
WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
  AND NOT (relrowsecurity AND relforcerowsecurity
           AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polcmd = '*'))
"""
DOORLESS = """
SELECT relname FROM pg_class AS owned
JOIN pg_attribute ON attrelid = owned.oid AND attname = 'user_id' AND NOT attisdropped
WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
  AND NOT EXISTS (
      SELECT FROM pg_class AS door JOIN pg_roles ON pg_roles.oid = door.relowner
      WHERE door.relname = 'my_' || owned.relname AND door.relkind = 'v'
        AND door.relnamespace = owned.relnamespace
        AND NOT (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole)
        AND door.reloptions IS NULL)
"""
CROSSING = """
SELECT conname FROM pg_constraint
WHERE contype = 'f' AND (conrelid, conindid) IS NOT NULL
  AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid AND attname = 'user_id')
  AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = confrelid AND attname = 'user_id')
  AND NOT EXISTS (
      SELECT FROM unnest(conkey, confkey) AS pair(here, there)
      JOIN pg_attribute AS h ON h.attrelid = conrelid AND h.attnum = here
      JOIN pg_attribute AS t ON t.attrelid = confrelid AND t.attnum = there
      WHERE h.attname = 'user_id' AND t.attname = 'user_id')
"""


@pytest.mark.parametrize("fault", [UNBOUND, DOORLESS, CROSSING], ids=["bound", "door", "keys"])
def test_every_table_with_an_owner_is_bound_has_its_door_and_keeps_to_one_owner(
    fault, database_url
):
    assert run(database_url, fault) == []


def test_every_model_with_an_owner_is_a_table_of_the_database(database_url):
    found = run(
        database_url,
        "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
        " WHERE attname = 'user_id' AND relkind = 'r'"
        " AND relnamespace = current_schema()::regnamespace",
    )
    assert {row["relname"] for row in found} == set(owned_tables()) != set()


def test_a_table_that_was_forgotten_would_be_found():
    url = new_database()
    run(url, "CREATE TABLE note (user_id text, id int UNIQUE, PRIMARY KEY (user_id, id))")
    run(
        url,
        "CREATE TABLE item (user_id text, note_id int CONSTRAINT crosses REFERENCES note (id),"
        " FOREIGN KEY (user_id, note_id) REFERENCES note (user_id, id))",
    )
    run(url, "ALTER TABLE item ENABLE ROW LEVEL SECURITY")
    assert {row[0] for row in run(url, UNBOUND)} == {"item", "note"}
    assert {row[0] for row in run(url, DOORLESS)} == {"item", "note"}
    assert [row[0] for row in run(url, CROSSING)] == ["crosses"]


# ----------------------------------------------------------------------------------- all at once


def test_many_users_at_once_over_few_connections_each_see_only_their_own(database_url):
    async def live(client: httpx.AsyncClient, user_id: str) -> None:
        headers = {"Authorization": f"Bearer {token_for(user_id)}"}

        async def call(method: str, path: str = "", **options: Any) -> Any:
            url = f"/api/{user_id}/tasks{path}"
            response = await client.request(method, url, headers=headers, **options)
            assert response.is_success, response.text
            answer = response.json() if response.content else None
            for task in answer if isinstance(answer, list) else filter(None, [answer]):
                assert task["user_id"] == user_id
                assert task["title"].startswith(user_id)
            return answer

        for number in range(3):
            task = await call("POST", json={"title": f"{user_id} {number}"})
            await call("PATCH", f"/{task['id']}/complete")
            await call("PUT", f"/{task['id']}", json={"title": f"{user_id} changed"})
            assert await call("GET", f"/{task['id']}") == (await call("GET", "?limit=1"))[0]
            assert len(await call("GET", "?status=completed&sort=title")) == number + 1
        await call("DELETE", f"/{task['id']}")
        assert len(await call("GET")) == 2

    async def live_together() -> None:
        users = [f"{uuid.uuid4().hex}-{number}" for number in range(24)]
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            await asyncio.gather(*(live(client, user_id) for user_id in users))

    with RunningServer(settings(database_url, database_pool_size=3)) as server:
        asyncio.run(live_together())
