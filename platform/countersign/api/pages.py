"""Cursor pages: `{"next", "previous", "results"}`. Ids sort by time, so the id is the cursor."""

from rest_framework.pagination import CursorPagination


class CursorPages(CursorPagination):
    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200
