"""Pages for people: the documentation at /docs, served without the internet."""

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from todo_server.api.openapi import document
from todo_server.api.route import JSONRoute

router = APIRouter(route_class=JSONRoute, include_in_schema=False)
_ASSETS = "/docs/assets"


@router.get("/docs")
async def docs() -> HTMLResponse:
    """Show Swagger UI."""
    return get_swagger_ui_html(
        openapi_url="openapi.json",
        title="todo-server",
        swagger_js_url=f"{_ASSETS[1:]}/swagger-ui-bundle.js",
        swagger_css_url=f"{_ASSETS[1:]}/swagger-ui.css",
        swagger_favicon_url=f"{_ASSETS[1:]}/favicon.png",
        swagger_ui_parameters={"persistAuthorization": True, "displayRequestDuration": True},
    )


def install(app: FastAPI) -> None:
    """Serve the documentation, the document behind it, and Swagger UI's own files."""
    app.router.routes.extend(router.routes)
    app.add_route("/openapi.json", lambda _: JSONResponse(document(app)), include_in_schema=False)
    spec = find_spec("fastapi_offline")
    assert spec is not None and spec.origin is not None  # noqa: S101, PT018 - a dependency
    app.mount(_ASSETS, StaticFiles(directory=Path(spec.origin).parent / "static"))
