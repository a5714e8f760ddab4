"""Litestar + asyncpg, msgspec structs in and out, Litestar's own JWT middleware."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from litestar import Litestar, Router, delete, get, patch, post, put
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import Parameter
from litestar.security.jwt import JWTAuth, Token
from msgspec import UNSET, Meta, Struct, UnsetType

Title = Annotated[str, Meta(min_length=1, max_length=500)]
Description = Annotated[str, Meta(max_length=5000)]


class TaskCreate(Struct):
    title: Title
    description: Description | None = None


class TaskUpdate(Struct):
    title: Title | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    completed: bool | UnsetType = UNSET


class TaskComplete(Struct):
    completed: bool | None = None


class Task(Struct):
    id: UUID
    user_id: str
    title: str
    description: str | None
    completed: bool
    created_at: datetime
    updated_at: datetime


def read(record: asyncpg.Record | None) -> Task:
    if record is None:
        raise NotFoundException("Task not found")
    return Task(**record)


async def identify(token: Token, _connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return token.sub


def owner_only(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    if connection.user != connection.path_params["user_id"]:
        raise PermissionDeniedException("Forbidden")


@get("/")
async def list_tasks(
    state: State, user_id: str, limit: Annotated[int, Parameter(ge=1, le=200)] = 100
) -> list[Task]:
    rows = await state.pool.fetch(
        "SELECT * FROM peer_task WHERE user_id = $1 ORDER BY id DESC LIMIT $2", user_id, limit
    )
    return [Task(**row) for row in rows]


@post("/")
async def create_task(state: State, user_id: str, data: TaskCreate) -> Task:
    return read(
        await state.pool.fetchrow(
            "INSERT INTO peer_task (user_id, title, description) VALUES ($1, $2, $3) RETURNING *",
            user_id,
            data.title,
            data.description,
        )
    )


@get("/{task_id:uuid}")
async def get_task(state: State, user_id: str, task_id: UUID) -> Task:
    return read(
        await state.pool.fetchrow(
            "SELECT * FROM peer_task WHERE user_id = $1 AND id = $2", user_id, task_id
        )
    )


@put("/{task_id:uuid}")
async def update_task(state: State, user_id: str, task_id: UUID, data: TaskUpdate) -> Task:
    return read(
        await state.pool.fetchrow(
            "UPDATE peer_task SET title = coalesce($3, title),"
            " description = CASE WHEN $4 THEN $5 ELSE description END,"
            " completed = coalesce($6, completed), updated_at = now()"
            " WHERE user_id = $1 AND id = $2 RETURNING *",
            user_id,
            task_id,
            None if data.title is UNSET else data.title,
            data.description is not UNSET,
            None if data.description is UNSET else data.description,
            None if data.completed is UNSET else data.completed,
        )
    )


@delete("/{task_id:uuid}")
async def delete_task(state: State, user_id: str, task_id: UUID) -> None:
    read(
        await state.pool.fetchrow(
            "DELETE FROM peer_task WHERE user_id = $1 AND id = $2 RETURNING *", user_id, task_id
        )
    )


@patch("/{task_id:uuid}/complete")
async def complete_task(
    state: State, user_id: str, task_id: UUID, data: TaskComplete | None = None
) -> Task:
    return read(
        await state.pool.fetchrow(
            "UPDATE peer_task SET completed = coalesce($3, NOT completed), updated_at = now()"
            " WHERE user_id = $1 AND id = $2 RETURNING *",
            user_id,
            task_id,
            data.completed if data else None,
        )
    )


@asynccontextmanager
async def connected(app: Litestar) -> AsyncIterator[None]:
    size = int(os.environ["POOL_SIZE"])
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=size, max_size=size
    ) as app.state.pool:
        yield


auth = JWTAuth[str](
    retrieve_user_handler=identify,
    token_secret=os.environ["JWT_SECRET"],
    exclude=["/schema"],
)
tasks = Router(
    path="/api/{user_id:str}/tasks",
    guards=[owner_only],
    route_handlers=[list_tasks, create_task, get_task, update_task, delete_task, complete_task],
)
app = Litestar(route_handlers=[tasks], lifespan=[connected], on_app_init=[auth.on_app_init])
