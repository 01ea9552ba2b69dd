"""A page of a long list, by the number in its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.paginator import Page
    from django.db.models import QuerySet
    from django.http import HttpRequest

PAGE_ROWS = 50


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], size: int = PAGE_ROWS) -> Page[Any]:
    """The page that the address asks for; the first or the last where there is no such page."""
    return Paginator(rows, size).get_page(request.GET.get("halaman"))
