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
from rest_framework.request import Request

from countersign.errors import Invalid, field_fault


class CursorPages(CursorPagination):
    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int:
        """Raises Invalid for what is no size."""
        asked = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not (asked.isascii() and asked.isdecimal() and asked.strip("0")):
            raise Invalid(fields=[field_fault("page_size", "invalid", "A whole number from 1 on.")])
        return self.max_page_size if len(asked) > 6 else min(int(asked), self.max_page_size)

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
def paged(serializer: type[serializers.Serializer], *, whole: bool = False) -> serializers.Serializer:
    """How a page of these is described in the API's document. A `whole` list is `one_page` always."""
    page = inline_serializer(f"{serializer.__name__.removesuffix('Serializer')}Page", {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": serializer(many=True),
    })
    page.is_page, page.has_cursors = True, not whole
    return page
