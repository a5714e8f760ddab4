"""FastAPI + SQLModel with a session for each request, psycopg2 and the thread pool."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import DateTime, text
from sqlmodel import Field, Session, SQLModel, create_engine, select

SECRET = os.environ["JWT_SECRET"]
URL = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg2://")
# As many connections as the thread pool has threads: with fewer, requests that wait for one
# hold the threads that are needed for giving one back, and nothing moves any more.
THREADS = 40
engine = create_engine(URL, pool_size=THREADS, max_overflow=0)


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


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def get_owner(
    user_id: str, credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
) -> str:
    try:
        claims = jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Invalid token") from None
    if claims["sub"] != user_id:
        raise HTTPException(403, "Forbidden")
    return user_id


SessionDep = Annotated[Session, Depends(get_session)]
Owner = Annotated[str, Depends(get_owner)]
app = FastAPI()


def find_task(session: Session, owner: str, task_id: UUID) -> Task:
    task = session.exec(select(Task).where(Task.user_id == owner, Task.id == task_id)).first()
    if task is None:
        raise HTTPException(404, "Task not found")
    return task


def save_task(session: Session, task: Task) -> Task:
    session.add(task)
    session.commit()
    session.refresh(task)
    return task


@app.get("/api/{user_id}/tasks", response_model=list[TaskRead])
def list_tasks(session: SessionDep, owner: Owner, limit: Annotated[int, Query(ge=1, le=200)] = 100):
    query = select(Task).where(Task.user_id == owner).order_by(Task.id.desc()).limit(limit)
    return session.exec(query).all()


@app.post("/api/{user_id}/tasks", response_model=TaskRead, status_code=201)
def create_task(session: SessionDep, owner: Owner, body: TaskCreate):
    return save_task(session, Task(user_id=owner, **body.model_dump()))


@app.get("/api/{user_id}/tasks/{task_id}", response_model=TaskRead)
def get_task(session: SessionDep, owner: Owner, task_id: UUID):
    return find_task(session, owner, task_id)


@app.put("/api/{user_id}/tasks/{task_id}", response_model=TaskRead)
def update_task(session: SessionDep, owner: Owner, task_id: UUID, body: TaskUpdate):
    task = find_task(session, owner, task_id)
    task.sqlmodel_update(body.model_dump(exclude_unset=True))
    task.updated_at = now()
    return save_task(session, task)


@app.delete("/api/{user_id}/tasks/{task_id}", status_code=204)
def delete_task(session: SessionDep, owner: Owner, task_id: UUID) -> None:
    session.delete(find_task(session, owner, task_id))
    session.commit()


@app.patch("/api/{user_id}/tasks/{task_id}/complete", response_model=TaskRead)
def complete_task(
    session: SessionDep, owner: Owner, task_id: UUID, body: TaskComplete | None = None
):
    task = find_task(session, owner, task_id)
    wanted = body.completed if body else None
    task.completed = not task.completed if wanted is None else wanted
    task.updated_at = now()
    return save_task(session, task)
