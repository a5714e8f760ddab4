"""A route that is documented by FastAPI and called without it refuses what it would not serve."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import pytest
from fastapi import (
    APIRouter,
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    Form,
    Header,
    Query,
    Request,
    Response,
)
from starlette.requests import HTTPConnection

from todo_server.api.routing.owner_route import OwnerRoute

PATH = "/api/{user_id}/things"


OTHERS: dict[str, object] = {
    "a parameter of the query": Annotated[int, Query()],
    "a header": Annotated[str, Header()],
    "a cookie": Annotated[str, Cookie()],
    "a dependency": Annotated[None, Depends(lambda: None)],
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


async def with_another_name(it: Request) -> Response:
    return Response(it.url.path)


async def with_another_answer(request: Request) -> str:
    return request.url.path


def without_await(request: Request) -> Response:
    return Response(request.url.path)


WRONG = [with_two_bodies, with_another_name, with_another_answer, without_await]


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
def test_what_an_endpoint_would_not_be_given_is_refused_when_it_is_defined(endpoint):
    with pytest.raises(TypeError, match="more than an OwnerRoute gives"):
        APIRouter(route_class=OwnerRoute).get(PATH)(endpoint)


def test_a_path_that_names_no_owner_is_refused_when_it_is_defined():
    with pytest.raises(TypeError, match="more than an OwnerRoute gives"):
        APIRouter(route_class=OwnerRoute).get("/api/things")(with_request)


def test_an_endpoint_that_takes_the_request_alone_can_be_defined():
    APIRouter(route_class=OwnerRoute).get(PATH)(with_request)
