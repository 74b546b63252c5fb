"""Where everything is. Apps are named by string: the kernel imports none of them."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularRedocView

from countersign import health
from countersign.api.document import ApiDocument
from countersign.web_app.views import web_app

api = [
    path("", include("tenants.api.urls")),
    path("", include("approvals.api.urls")),
    path("", include("workflows.api.urls")),
    path("", include("toolserver.host.api.urls")),
    path("schema/", ApiDocument.as_view(), name="schema"),
    path("docs/", SpectacularRedocView.as_view(url_name="schema", template_name="docs.html"), name="docs"),
]

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("_allauth/", include("allauth.headless.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include(api)),
    # Not the machines' own: what is missing there is a problem document, not a page.
    re_path(r"^(?!api/|_allauth/|accounts/|static/|assets/)", web_app, name="web-app"),
]

handler404 = "countersign.health.not_found"
handler500 = "countersign.health.failed"
