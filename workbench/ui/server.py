"""The workbench as a web server on this machine alone: Streamlit's pages and the photos they show."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import importlib
import os
import pkgutil
import re
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import streamlit as st
from anyio import CapacityLimiter, to_thread
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from workbench.errors import WorkbenchError
from workbench.settings import Settings
from workbench.ui import guard, place, reporting, theme

ADDRESS = "127.0.0.1"
SCRIPT = Path(__file__).with_name("app.py")
PHOTO_ID = re.compile(r"[0-9a-f]{32}")
FOREVER = "private, max-age=31536000, immutable"
DAY = "private, max-age=86400"
PICTURES = {"/photo/320": "320", "/photo/1600": "1600", "/eyes": "eyes", "/zoom": "zoom"}
"""Where each kind of picture is: this, and the photo's id."""
OWN = ("/photo/", "/eyes/", "/zoom/", "/healthz")
ZOOMS_AT_ONCE = 2
M_MMAP_THRESHOLD = -3


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
    _give_memory_back()
    reporting.log_to(reporting.log_file(settings))
    address = f"http://{ADDRESS}:{settings.port}"
    print(f"Eye Spy is at {address}  (Ctrl-C stops it)", flush=True)
    app = application(settings, open_at=address if browser and _desktop() else None)
    try:
        app.run(config=options(settings))
    except KeyboardInterrupt:
        pass


def application(settings: Settings, *, open_at: str | None = None) -> st.App:
    """The ASGI app: the pages, the pictures of photos, and `/healthz`, all behind the guard.

    Pictures: `/photo/320/{id}`, `/photo/1600/{id}`, `/eyes/{id}`, `/zoom/{id}` (see `pictures`). What cannot be
    shown is 404, a photo without a face has no eyes: 204.
    """

    @asynccontextmanager
    async def started(_: st.App) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, _warm_up, settings)
        if open_at:
            loop.run_in_executor(None, webbrowser.open, open_at)
        yield

    return st.App(
        SCRIPT,
        routes=[*_picture_routes(settings), Route("/healthz", _healthy), Route("/", partial(_last_place, settings))],
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


def _warm_up(settings: Settings) -> None:
    """Do what the first page needs while the browser still loads its scripts: a second less to wait."""
    here = str(Path(__file__).parent)
    for module in pkgutil.iter_modules([here], "workbench.ui."):
        if module.name != f"workbench.ui.{SCRIPT.stem}":  # that one draws a page
            importlib.import_module(module.name)
    from workbench.ui import ahead, frame

    with contextlib.suppress(WorkbenchError):  # the page tells it
        frame.open_archive(settings)
    ahead.of(settings)


def _picture_routes(settings: Settings) -> list[Route]:
    # Making a picture decodes a photo: a few at a time, so that memory does not grow with the screen.
    few, fewer = CapacityLimiter(settings.workers + 1), CapacityLimiter(ZOOMS_AT_ONCE)

    async def picture(kind: str, request: Request) -> Response:
        from workbench.ui import pictures  # with _warm_up: the server answers before they are read

        photo = request.path_params["photo"]
        if not PHOTO_ID.fullmatch(photo):
            return await _nothing(request)
        found = await to_thread.run_sync(pictures.kept, settings, kind, photo)
        if found is None:
            limiter = fewer if kind == pictures.ZOOM else few
            found = await to_thread.run_sync(pictures.made, settings, kind, photo, limiter=limiter)
        return await _nothing(request) if found is None else _shown(found, DAY if kind == pictures.EYES else FOREVER)

    shown = [Route(f"{place}/{{photo}}", partial(picture, kind)) for place, kind in PICTURES.items()]
    return [*shown, *(Route(f"{place}{{rest:path}}", _nothing) for place in OWN[:-1])]


def _shown(jpeg: bytes, keep: str) -> Response:
    if not jpeg:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": keep})


async def _nothing(request: Request) -> Response:
    return PlainTextResponse("No such photo.", 404, headers={"Cache-Control": "no-store"})


async def _last_place(settings: Settings, request: Request) -> Response:
    """Leads to where the photographer was last; here and not on a page, so that the browser's way back works."""
    query = f"?{request.url.query}" if request.url.query else ""
    address = f"/{place.FIRST}{query}" if query else place.last(settings).address
    return RedirectResponse(address, 307, headers={"Cache-Control": "no-store"})


async def _healthy(request: Request) -> Response:
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


def _give_memory_back() -> None:
    """Return what decoding a photo took to the system at once: glibc keeps it, once for each thread (mallopt(3))."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 1 << 20)


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
