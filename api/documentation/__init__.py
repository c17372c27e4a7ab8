"""/docs: Swagger's interface from this process; no script or style is inline, none comes from elsewhere."""

from importlib import resources
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)
_SWAGGER = Path(fastapi_offline.__file__).parent / "static"
_TYPES = {"page.html": "text/html", "start.js": "text/javascript", "style.css": "text/css"}


def _file(name: str) -> Response:
    content = (resources.files("api.documentation") / name).read_bytes()
    return Response(content, media_type=_TYPES[name])


@router.get("/docs")
def get_documentation() -> Response:
    """Show the routes, to be tried out."""
    return _file("page.html")


@router.get("/docs/start.js")
def get_script() -> Response:
    """Read the script that starts the interface."""
    return _file("start.js")


@router.get("/docs/style.css")
def get_style() -> Response:
    """Read the style sheet that replaces what the policy does not allow."""
    return _file("style.css")


def mount(app: FastAPI) -> None:
    """Serve the page and Swagger's files."""
    app.include_router(router)
    app.mount("/docs/assets", StaticFiles(directory=_SWAGGER))
