"""The documentation at /docs, served without the internet."""

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from todo_server.api.openapi import document
from todo_server.api.page import Page
from todo_server.api.routing.open_route import OpenRoute

router = APIRouter(route_class=OpenRoute, include_in_schema=False)
_ASSETS = "/docs/assets"
# Nothing that somebody types is kept: `persistAuthorization` would write passwords and tokens
# into the browser's storage.
_PAGE = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>todo-server: documentation</title>
<link rel="icon" href="{_ASSETS[1:]}/favicon.png">
<link rel="stylesheet" href="{_ASSETS[1:]}/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{_ASSETS[1:]}/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({{
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
}})
</script>
</body>
</html>
"""
_SOURCES = {"script": "'self'", "style": "'self'", "img": "'self' data:", "connect": "'self'"}


@router.get("/docs")
async def docs() -> Response:
    """Show Swagger UI."""
    return Page(_PAGE, _SOURCES)


def install(app: FastAPI) -> None:
    """Serve the documentation, the document behind it, and Swagger UI's own files."""
    app.router.routes.extend(router.routes)
    app.add_route("/openapi.json", lambda _: JSONResponse(document(app)), include_in_schema=False)
    spec = find_spec("fastapi_offline")
    assert spec is not None and spec.origin is not None  # noqa: S101, PT018 - a dependency
    app.mount(_ASSETS, StaticFiles(directory=Path(spec.origin).parent / "static"))
