"""The workbench as a web server on this machine alone: Streamlit's pages and the photos they show."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from anyio import CapacityLimiter, to_thread
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from workbench.errors import WorkbenchError
from workbench.settings import Settings
from workbench.ui import guard, reporting, theme

ADDRESS = "127.0.0.1"
SCRIPT = Path(__file__).with_name("app.py")
PHOTO_ID = re.compile(r"[0-9a-f]{32}")
FOREVER = "private, max-age=31536000, immutable"
OWN = ("/photo/", "/healthz")


class PortTaken(WorkbenchError):
    """Another program listens where the workbench should."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} is taken, perhaps by an Eye Spy that runs already: see http://{ADDRESS}:{port}. "
            f"To start another one, set EYESPY_PORT to a free port, for instance {port + 1}."
        )


def serve(settings: Settings, *, browser: bool = True) -> None:
    """Serve the workbench on 127.0.0.1 until Ctrl-C. Raises PortTaken.

    `browser` opens the page in the photographer's browser, where there is a screen and no EYESPY_NO_BROWSER.
    """
    _refuse_taken(settings.port)
    reporting.log_to(reporting.log_file(settings))
    address = f"http://{ADDRESS}:{settings.port}"
    print(f"Eye Spy is at {address}  (Ctrl-C stops it)", flush=True)
    app = application(settings, open_at=address if browser and _desktop() else None)
    try:
        app.run(config=options(settings))
    except KeyboardInterrupt:
        pass


def application(settings: Settings, *, open_at: str | None = None) -> st.App:
    """The ASGI app: the pages, `/photo/{size}/{id}` and `/healthz`, all behind the guard."""

    @asynccontextmanager
    async def started(_: st.App) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, _warm_up)
        if open_at:
            loop.run_in_executor(None, webbrowser.open, open_at)
        yield

    return st.App(
        SCRIPT,
        routes=[
            Route("/photo/{size}/{photo}", _photo_route(settings)),
            Route("/photo/{rest:path}", _nothing),
            Route("/healthz", _healthy),
        ],
        middleware=[Middleware(guard.Guard, policy=guard.installed_policy(), own=OWN)],
        on_script_error=reporting.report,
        lifespan=started,
    )


def options(settings: Settings) -> dict[str, str | int | bool]:
    """Streamlit's options: local, silent, and in the workbench's greys."""
    return {
        "server.address": ADDRESS,
        "server.port": settings.port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.enableStaticServing": False,
        "server.enableAgentApi": False,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        "logger.hideWelcomeMessage": True,
        **theme.OPTIONS,
    }


def _warm_up() -> None:
    """Import what the first page needs while the browser still loads its scripts: a second less to wait."""
    for needed in ("workbench.ui.frame", "workbench.ui.contact", "workbench.archive.previews"):
        importlib.import_module(needed)


def preview_bytes(settings: Settings, size: str, photo: str) -> bytes | None:
    """The JPEG of a photo's preview; None when the address is malformed, the photo unknown or away."""
    from workbench.archive import previews  # with _warm_up: the server answers before they are read
    from workbench.ui import frame

    if size not in {str(each) for each in previews.SIZES} or not PHOTO_ID.fullmatch(photo):
        return None
    try:
        path = previews.preview(settings, frame.open_archive(settings), photo, int(size))
        inside = path is not None and path.resolve().is_relative_to(settings.cache)
        return path.read_bytes() if path is not None and inside else None
    except (WorkbenchError, FileNotFoundError):
        return None


def _photo_route(settings: Settings) -> Callable[[Request], Awaitable[Response]]:
    # Making a preview decodes a photo: a few at a time, so that memory does not grow with the screen.
    limiter = CapacityLimiter(settings.workers + 1)

    async def photo(request: Request) -> Response:
        size, name = request.path_params["size"], request.path_params["photo"]
        found = await to_thread.run_sync(preview_bytes, settings, size, name, limiter=limiter)
        if found is None:
            return await _nothing(request)
        return Response(found, media_type="image/jpeg", headers={"Cache-Control": FOREVER})

    return photo


async def _nothing(request: Request) -> Response:
    return PlainTextResponse("No such photo.", 404, headers={"Cache-Control": "no-store"})


async def _healthy(request: Request) -> Response:
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


def _refuse_taken(port: int) -> None:
    with socket.socket() as trial:
        # As the server itself binds: a port that was only just left is free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((ADDRESS, port))
        except OSError as error:
            raise PortTaken(port) from error


def _desktop() -> bool:
    """Whether there is a screen to open a browser on, and nobody has said not to."""
    screen = sys.platform == "darwin" or any(os.environ.get(each) for each in ("DISPLAY", "WAYLAND_DISPLAY"))
    return screen and not os.environ.get("EYESPY_NO_BROWSER")
