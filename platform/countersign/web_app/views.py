"""Every address that is nobody else's answers with the app; which page it is, the app finds in the address."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from countersign.web_app.places import BUILT

NOT_BUILT = ("The web app is not built. Start with ./countersign up, which builds it, or build it by hand: "
             "npm install --no-save && npm run build in frontend/. The API works without it: /api/v1/docs/\n")


@require_safe
@ensure_csrf_cookie
def web_app(request: HttpRequest) -> HttpResponse:
    page = BUILT / "index.html"
    if not page.is_file():
        return HttpResponse(NOT_BUILT, content_type="text/plain; charset=utf-8", status=503)
    return HttpResponse(page.read_bytes(), headers={"Cache-Control": "no-cache"})
