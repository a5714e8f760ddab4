"""What is at the address that the server prints: where to go from there."""

from pathlib import Path

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from todo_server import __version__
from todo_server.api.page import Page

router = APIRouter(tags=["operation"])
_HTML = Path(__file__).with_name("home.html").read_text().replace("{version}", __version__)


class Home(BaseModel):
    """What this is, and the paths of what explains it."""

    name: str = Field(description="Always `todo-server`.", examples=["todo-server"])
    version: str = Field(description="Of the server.", examples=[__version__])
    documentation: str = Field(description="A page for people.", examples=["/docs"])
    contract: str = Field(description="The OpenAPI document.", examples=["/openapi.json"])
    live: str = Field(description="Is it alive?", examples=["/livez"])
    ready: str = Field(description="Is it ready?", examples=["/readyz"])


_HOME = Home(
    name="todo-server",
    version=__version__,
    documentation="/docs",
    contract="/openapi.json",
    live="/livez",
    ready="/readyz",
)


@router.get(
    "/",
    summary="What is this?",
    operation_id="home",
    response_model=Home,
    response_description="What this is: a page for browsers, JSON for others.",
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
async def home(request: Request) -> Response:
    """Tell what is served and where; as HTML if `Accept` names it, and does not name JSON."""
    accepted = request.headers.get("accept", "")
    if "text/html" in accepted and "json" not in accepted:
        response: Response = Page(_HTML, {"img": "data:"})
    else:
        response = Response(_HOME.model_dump_json(), media_type="application/json")
    response.headers["Vary"] = "Accept"
    return response
