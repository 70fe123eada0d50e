"""``GET /docs``: the description as a page that may load what it names and nothing else."""

import base64
import hashlib
import re

from fastapi import APIRouter, Response
from fastapi.openapi.docs import get_swagger_ui_html

_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_VIEWER = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/"


def router(title: str) -> APIRouter:
    """The one page; the viewer's script comes from its makers' public address."""
    routes = APIRouter()
    page = bytes(
        get_swagger_ui_html(openapi_url="/openapi.json", title=title, swagger_favicon_url="data:,").body
    )
    policy = _policy(page)

    @routes.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return Response(page, media_type="text/html", headers={"content-security-policy": policy})

    return routes


def _policy(page: bytes) -> str:
    """A content security policy that allows the page's own script by its digest."""
    digests = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _SCRIPT.findall(page))
    own = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {_VIEWER} {own}; style-src {_VIEWER} 'unsafe-inline'; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
