"""Cursor pages: `{"next", "previous", "results"}`. Ids sort by time, so the id is the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from django.core.exceptions import ValidationError
from django.db import DataError
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination

from countersign.errors import Invalid, field_fault


class CursorPages(CursorPagination):
    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200

    def paginate_queryset(self, queryset, request, view=None):
        """Raises Invalid for a cursor that was not one of ours."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValidationError, DataError, ValueError) as error:
            fault = field_fault("cursor", "invalid", "This is no cursor of this list. Start again without it.")
            raise Invalid(fields=[fault]) from error


def one_page(rows: Sequence[object]) -> dict[str, object]:
    """A list that is short by its nature, in the shape of every other list."""
    return {"next": None, "previous": None, "results": rows}


@cache
def paged(serializer: type[serializers.Serializer]) -> serializers.Serializer:
    """How a page of these is described in the API's document."""
    page = inline_serializer(f"{serializer.__name__.removesuffix('Serializer')}Page", {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": serializer(many=True),
    })
    page.is_page = True
    return page
