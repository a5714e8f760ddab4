"""FastAPI + SQLModel with an AsyncSession for each request and asyncpg."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import DateTime, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

SECRET = os.environ["JWT_SECRET"]
URL = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")
engine = create_async_engine(URL, pool_size=int(os.environ["POOL_SIZE"]), max_overflow=0)
new_session = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


def now() -> datetime:
    return datetime.now(UTC)


class TaskCreate(SQLModel):
    title: str = Field(min_length=1, max_length=500)
    description: str | None = Field(default=None, max_length=5000)


class TaskUpdate(SQLModel):
    title: str | None = Field(default=None, min_length=1, max_length=500)
    description: str | None = Field(default=None, max_length=5000)
    completed: bool | None = None


class TaskComplete(SQLModel):
    completed: bool | None = None


class TaskRead(SQLModel):
    id: UUID
    user_id: str
    title: str
    description: str | None
    completed: bool
    created_at: datetime
    updated_at: datetime


class Task(SQLModel, table=True):
    __tablename__ = "peer_task"

    user_id: str = Field(primary_key=True)
    id: UUID = Field(
        default=None, primary_key=True, sa_column_kwargs={"server_default": text("uuidv7()")}
    )
    title: str
    description: str | None = None
    completed: bool = False
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


async def get_owner(
    user_id: str, credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
) -> str:
    try:
        claims = jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Invalid token") from None
    if claims["sub"] != user_id:
        raise HTTPException(403, "Forbidden")
    return user_id


SessionDep = Annotated[AsyncSession, Depends(get_session)]
Owner = Annotated[str, Depends(get_owner)]
app = FastAPI()


async def find_task(session: AsyncSession, owner: str, task_id: UUID) -> Task:
    found = await session.exec(select(Task).where(Task.user_id == owner, Task.id == task_id))
    task = found.first()
    if task is None:
        raise HTTPException(404, "Task not found")
    return task


async def save_task(session: AsyncSession, task: Task) -> Task:
    session.add(task)
    await session.commit()
    return task


@app.get("/api/{user_id}/tasks", response_model=list[TaskRead])
async def list_tasks(
    session: SessionDep, owner: Owner, limit: Annotated[int, Query(ge=1, le=200)] = 100
):
    query = select(Task).where(Task.user_id == owner).order_by(Task.id.desc()).limit(limit)
    return (await session.exec(query)).all()


@app.post("/api/{user_id}/tasks", response_model=TaskRead, status_code=201)
async def create_task(session: SessionDep, owner: Owner, body: TaskCreate):
    return await save_task(session, Task(user_id=owner, **body.model_dump()))


@app.get("/api/{user_id}/tasks/{task_id}", response_model=TaskRead)
async def get_task(session: SessionDep, owner: Owner, task_id: UUID):
    return await find_task(session, owner, task_id)


@app.put("/api/{user_id}/tasks/{task_id}", response_model=TaskRead)
async def update_task(session: SessionDep, owner: Owner, task_id: UUID, body: TaskUpdate):
    task = await find_task(session, owner, task_id)
    task.sqlmodel_update(body.model_dump(exclude_unset=True))
    task.updated_at = now()
    return await save_task(session, task)


@app.delete("/api/{user_id}/tasks/{task_id}", status_code=204)
async def delete_task(session: SessionDep, owner: Owner, task_id: UUID) -> None:
    await session.delete(await find_task(session, owner, task_id))
    await session.commit()


@app.patch("/api/{user_id}/tasks/{task_id}/complete", response_model=TaskRead)
async def complete_task(
    session: SessionDep, owner: Owner, task_id: UUID, body: TaskComplete | None = None
):
    task = await find_task(session, owner, task_id)
    wanted = body.completed if body else None
    task.completed = not task.completed if wanted is None else wanted
    task.updated_at = now()
    return await save_task(session, task)
