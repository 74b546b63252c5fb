from collections.abc import Iterator

from django.urls import URLPattern, get_resolver

from tenants.api.base import TenantView
from tenants.scopes import PEOPLE_ONLY, SCOPES


def tenant_views(patterns=None) -> Iterator[type[TenantView]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if not isinstance(pattern, URLPattern):
            yield from tenant_views(pattern.url_patterns)
        elif issubclass(view := getattr(pattern.callback, "view_class", object), TenantView):
            yield view


def test_every_view_names_scopes_that_a_token_can_have():
    views = list(tenant_views())
    assert len(views) > 10
    unknown = {(view.__name__, scope) for view in views for scope in view.scopes.values() if scope not in SCOPES}
    assert unknown == set()
    assert set(SCOPES) >= PEOPLE_ONLY


def test_what_no_view_asks_for_is_not_offered():
    asked = {scope for view in tenant_views() for scope in view.scopes.values()}
    assert set(SCOPES) - asked == set()
