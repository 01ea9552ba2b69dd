"""A page of a long list, by the number in its address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_ROWS = 50


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], size: int = PAGE_ROWS) -> Page[Any]:
    """The page that the address asks for; the first or the last where there is no such page."""
    return Paginator(rows, size).get_page(request.GET.get("halaman"))
