"""What the contract shows of what is there for whoever runs the server."""

from typing import Any

from todo_server import __version__

ANSWERS: dict[str, dict[str, Any]] = {
    "home": {
        "where to go": {
            "name": "todo-server",
            "version": __version__,
            "documentation": "/docs",
            "contract": "/openapi.json",
            "live": "/livez",
            "ready": "/readyz",
        }
    },
    "livez": {"alive": {"status": "ok"}},
    "readyz": {"ready": {"status": "ok"}},
}
