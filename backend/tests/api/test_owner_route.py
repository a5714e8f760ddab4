"""A route that is documented by FastAPI and called without it gives all that it lets be declared.

What it does not give is refused when the endpoint is defined.
"""

import json
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Annotated, Any

import httpx
import pytest
from fastapi import (
    APIRouter,
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    FastAPI,
    Form,
    Header,
    Query,
    Request,
    Response,
)
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from todo_server.api import problems
from todo_server.api.middleware.request_log import RequestLog
from todo_server.api.openapi import document
from todo_server.api.parameters import TaskId
from todo_server.api.routing.dependencies import InAccounts, Mine
from todo_server.api.routing.open_route import OpenRoute
from todo_server.api.routing.owner_route import OwnerRoute, SignedInRoute
from todo_server.api.routing.query_reader import names_of
from todo_server.auth import trust_the_path
from todo_server.domain.task_query import Sort, TaskQuery
from todo_server.errors import UnauthenticatedError

PATH = "/api/{user_id}/things"
SOME_ID = "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"


class Thing(BaseModel):
    """What is shown of a thing."""

    name: str
    note: str | None = None


class SecretThing(Thing):
    """More than is shown."""

    secret: str = "secret"


OTHERS: dict[str, object] = {
    "a single parameter of the query": Annotated[int, Query()],
    "a header of several values": Annotated[list[str], Header()],
    "a header that the document hides": Annotated[str, Header(include_in_schema=False)],
    "a query that the document hides": Annotated[TaskQuery, Query(include_in_schema=False)],
    "a cookie": Annotated[str, Cookie()],
    "an unknown dependency": Annotated[None, Depends(lambda: None)],
    "tasks in the background": BackgroundTasks,
    "the response": Response,
    "the connection": HTTPConnection,
    "a form": Annotated[str, Form()],
    "a member of the body": Annotated[str, Body(embed=True)],
}


async def with_request(request: Request) -> Response:
    return Response(request.url.path)


async def with_two_bodies(
    request: Request, one: Annotated[int, Body()], other: Annotated[int, Body()]
) -> Response:
    return Response(f"{request.url.path} {one} {other}")


async def with_two_queries(
    one: Annotated[TaskQuery, Query()], other: Annotated[TaskQuery, Query()]
) -> Response:
    return Response(f"{one} {other}")


async def with_another_answer(request: Request) -> str:
    return request.url.path


def without_await(request: Request) -> Response:
    return Response(request.url.path)


WRONG = [with_two_bodies, with_two_queries, with_another_answer, without_await]


def with_parameter(kind: object) -> Callable[..., Awaitable[Response]]:
    async def endpoint(request: Request, wanted: object) -> Response:
        return Response(f"{request.url.path} {wanted}")

    endpoint.__annotations__["wanted"] = kind
    return endpoint


@pytest.mark.parametrize(
    "endpoint",
    [*map(with_parameter, OTHERS.values()), *WRONG],
    ids=[*OTHERS, *(endpoint.__name__ for endpoint in WRONG)],
)
@pytest.mark.parametrize("route", [OwnerRoute, SignedInRoute])
def test_what_an_endpoint_would_not_be_given_is_refused_when_it_is_defined(route, endpoint):
    path = PATH if route is OwnerRoute else "/api/things"
    with pytest.raises((TypeError, AssertionError)) as refused:
        APIRouter(route_class=route).get(path)(endpoint)
    # FastAPI itself takes no query model beside another parameter of the query.
    assert refused.type is TypeError or endpoint is with_two_queries


def test_a_dependency_of_the_whole_router_is_refused_as_nobody_would_call_it():
    router = APIRouter(route_class=OwnerRoute, dependencies=[Depends(lambda: None)])
    with pytest.raises(TypeError, match="not served"):
        router.get(PATH)(with_request)


def test_an_owner_is_named_by_the_path_where_the_route_says_so_and_nowhere_else():
    for route, path in ((OwnerRoute, "/api/things"), (SignedInRoute, PATH)):
        with pytest.raises(TypeError, match="for other paths"):
            APIRouter(route_class=route).get(path)(with_request)


async def with_everything(  # noqa: PLR0917 - FastAPI names them
    task_id: TaskId,
    thing: Thing,
    query: Annotated[TaskQuery, Query()],
    request: Request,
    mine: Mine,
    accounts: InAccounts,
    if_match: Annotated[str | None, Header()] = None,
    x_once: Annotated[str, Header(alias="X-Once")] = "none",
) -> Response:
    """Tell everything that it was given."""
    given = [
        *(str(task_id), thing.name, query.sort, query.order, query.limit, request.method),
        *(str(mine), str(accounts), if_match, x_once),
    ]
    return Response(json.dumps(given))


async def as_a_model() -> Thing:
    """Give more than it has declared."""
    return SecretThing(name="a thing")


class Rows(str):
    """Stands for a handle."""

    __slots__ = ()
    is_replay = False

    def __new__(cls, user_id: str) -> "Rows":
        return super().__new__(cls, f"rows of {user_id}")


def an_app(
    route: type[OwnerRoute | OpenRoute], path: str, endpoint: Any, **options: Any
) -> FastAPI:
    app = FastAPI()
    router = APIRouter(route_class=route)
    router.add_api_route(path, endpoint, **options)
    app.router.routes.extend(router.routes)
    app.state.authenticate = trust_the_path()
    app.state.database = SimpleNamespace(of=lambda identity, *_: Rows(identity.user_id))
    app.state.accounts = "the accounts"
    problems.install(app)
    app.add_middleware(RequestLog)
    return app


def of_everything() -> FastAPI:
    return an_app(
        OwnerRoute,
        PATH + "/{task_id}",
        with_everything,
        methods=["POST"],
        operation_id="create_task",
        response_model=Thing,
    )


async def ask(app: FastAPI, method: str, url: str, **sent: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, url, **sent)


@pytest.mark.anyio
async def test_an_endpoint_is_given_all_that_it_declares():
    url = f"/api/ada/things/{SOME_ID}?sort_by=title&limit=3&unknown=1"
    sent = [("If-Match", '"a"'), ("If-Match", '"b"'), ("X-Once", "once")]
    response = await ask(of_everything(), "POST", url, json={"name": "it"}, headers=sent)
    assert response.json() == [
        *(SOME_ID, "it", [["title", None]], None, 3, "POST"),
        *("rows of ada", "the accounts", '"a", "b"', "once"),
    ]


@pytest.mark.anyio
async def test_headers_that_were_not_sent_are_their_defaults():
    url = f"/api/ada/things/{SOME_ID}"
    response = await ask(of_everything(), "POST", url, json={"name": "it"})
    assert response.json()[-2:] == [None, "none"]


@pytest.mark.anyio
async def test_all_that_is_wrong_is_told_at_once():
    url = "/api/ada/things/5?status=x&limit=0&status=all"
    response = await ask(of_everything(), "POST", url, json={})
    assert response.status_code == 422
    assert [(each["field"], each["code"]) for each in response.json()["details"]] == [
        ("task_id", "uuid_parsing"),
        *(("status", "invalid"), ("limit", "invalid"), ("status", "repeated")),
        ("name", "missing"),
    ]


@pytest.mark.anyio
async def test_nothing_is_read_before_it_is_settled_who_asks():
    async def nobody(*_: object) -> None:
        raise UnauthenticatedError

    app = of_everything()
    app.state.authenticate = nobody
    app.state.accounts = None
    response = await ask(app, "POST", "/api/ada/things/5?status=x", content=b"not JSON")
    assert response.status_code == 401


@pytest.mark.anyio
async def test_a_model_is_written_as_the_route_declares_it_and_what_is_ones_own_is_not_stored():
    app = an_app(
        SignedInRoute, "/things", as_a_model, status_code=202, response_model_exclude_none=True
    )

    async def somebody(*_: object) -> Any:
        return SimpleNamespace(user_id="ada", session_id=None)

    app.state.authenticate = somebody
    response = await ask(app, "GET", "/things")
    assert (response.status_code, response.json()) == (202, {"name": "a thing"})
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.anyio
async def test_an_open_route_has_no_handle_to_give():
    async def endpoint(mine: Mine) -> Thing:
        return Thing(name=str(mine))

    with pytest.raises(TypeError, match="OwnerRoute"):
        await ask(an_app(OpenRoute, "/things", endpoint), "GET", "/things")


def the_route(app: FastAPI) -> OwnerRoute:
    return next(route for route in app.router.routes if isinstance(route, OwnerRoute))


def test_a_route_documents_what_it_reads_and_what_it_raises():
    app = of_everything()
    operation = document(app)["paths"][the_route(app).path_format]["post"]
    assert [(each["name"], each["in"]) for each in operation["parameters"]] == [
        *(("task_id", "path"), ("user_id", "path")),
        *((name, "query") for name in TaskQuery.model_fields),
        *(("if-match", "header"), ("X-Once", "header")),
        *((further, "query") for _, *names in names_of(TaskQuery) for further in names),
        ("Idempotency-Key", "header"),
    ]
    (header,) = (each for each in operation["parameters"] if each["name"] == "if-match")
    assert header["schema"] == {"type": "string"}
    raised = {"400", "401", "403", "404", "413", "415", "422", "503"}
    assert set(operation["responses"]) >= raised
    assert operation["security"] == [{"bearerAuth": []}, {"password": []}]


def test_a_query_string_is_read_once():
    read = the_route(of_everything()).inputs.read_query
    assert read is not None
    assert read(b"sort=title") is read(b"sort=title")
    assert read(b"sort=title") == TaskQuery(sort=Sort.TITLE)
