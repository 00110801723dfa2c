"""Who may talk to the server, and what its answers tell a browser.

The page shows clients' faces, so other sites that the photographer has open must neither read it nor act on
it: a wrong Host (DNS rebinding) and a foreign Origin are refused before anything else runs.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = re.compile(r"(127\.0\.0\.1|localhost)(:\d{1,5})?")
OWN_SITE = ("same-origin", "none")
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)

FIXED = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


def content_policy(index: str) -> str:
    """The Content-Security-Policy for Streamlit's start page `index` (its HTML).

    `blob:` scripts are how components v2 load, styles are written by scripts, and the inline scripts of the
    start page are allowed by their hash.
    """
    hashes = (hashlib.sha256(script.encode()).digest() for script in INLINE_SCRIPT.findall(index))
    allowed = " ".join(f"'sha256-{base64.b64encode(each).decode()}'" for each in hashes)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' blob: {allowed}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "media-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def installed_policy() -> str:
    """The policy for the Streamlit that is installed here."""
    import streamlit

    return content_policy((Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8"))


def refusal(headers: Headers, *, acts: bool) -> tuple[int, str] | None:
    """Status and sentence when a request must be refused, else None.

    `acts` is true where the browser's own word on the site counts as well: our photos, web sockets, and all
    that is not GET. A plain GET of the page itself may come from a link on any site.
    """
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not HOST.fullmatch(hosts[0]):
        return 400, "Eye Spy answers only to 127.0.0.1 and localhost."
    if any(not _same_origin(origin, hosts[0]) for origin in headers.getlist("origin")):
        return 403, "Another site may not use Eye Spy."
    if acts and headers.get("sec-fetch-site", "none") not in OWN_SITE:
        return 403, "Another site may not use Eye Spy."
    return None


def _same_origin(origin: str, host: str) -> bool:
    parts = urlsplit(origin)
    return parts.scheme == "http" and parts.netloc == host


class Guard:
    """ASGI middleware: refuses what `refusal` says, and puts the headers on every answer.

    `own` are the paths that nobody else may ask for, not even to show a picture.
    """

    def __init__(self, app: ASGIApp, policy: str, own: Iterable[str] = ()) -> None:
        self.app = app
        self.headers: Mapping[str, str] = {**FIXED, "Content-Security-Policy": policy}
        self.own = tuple(own)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        acts = scope.get("method") not in ("GET", "HEAD") or scope["path"].startswith(self.own)
        refused = refusal(Headers(scope=scope), acts=acts)
        if refused is None:
            return await self.app(scope, receive, self._with_headers(send))
        if scope["type"] == "websocket":
            await receive()
            return await send({"type": "websocket.close", "code": 1008})
        status, why = refused
        return await PlainTextResponse(why, status)(scope, receive, self._with_headers(send))

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers[name] = value
            await send(message)

        return sending
