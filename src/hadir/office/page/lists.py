"""Long lists: what their address asks for, and a page of them with the addresses of the pages beside it."""

from abc import ABC, abstractmethod
from collections.abc import Container, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_ROWS = 50
SEARCH_LENGTH_MAX = 100
PAGE = "halaman"


def query(parts: Mapping[str, object]) -> str:
    """`?cari=sari&halaman=2` of the parts that say something; `?` where none does: the list as it begins."""
    return "?" + urlencode({name: value for name, value in parts.items() if value not in {None, ""}})


def searched(given: Mapping[str, str], length_max: int = SEARCH_LENGTH_MAX) -> str:
    return given.get("cari", "").replace("\0", "").strip()[:length_max]


def one_of(given: Mapping[str, str], name: str, known: Container[str]) -> str:
    """What a part of the address says, if it is known; nonsense in an address filters nothing."""
    return value if (value := given.get(name, "")) in known else ""


class Addressed(ABC):
    """A filter that stands in an address: `parts` are the members that say it."""

    __slots__ = ()

    @property
    @abstractmethod
    def parts(self) -> Mapping[str, object]: ...

    def query(self, **changes: object) -> str:
        """The address with changes; `None` takes a part away."""
        return query({**self.parts, **changes})


class SentencePart(NamedTuple):
    """`12 hadir`, in the sentence above a list, leading to the rows behind the number."""

    text: str
    query: str
    is_chosen: bool


class ListPage(Page[Any]):
    """A page of a list. `kept` are the parts of the address that its neighbours keep."""

    kept: Mapping[str, object]
    name: str

    @property
    def before(self) -> str:
        return query({**self.kept, self.name: self.number - 1 if self.number > 2 else None})

    @property
    def after(self) -> str:
        return query({**self.kept, self.name: self.number + 1})


def page_of(
    request: HttpRequest,
    rows: QuerySet[Any] | Sequence[Any],
    kept: Mapping[str, object] | None = None,
    *,
    name: str = PAGE,
    size: int = PAGE_ROWS,
) -> ListPage:
    """The page that the address asks for; the first or the last where there is no such page."""
    found = Paginator(rows, size).get_page(request.GET.get(name))
    page = ListPage(found.object_list, found.number, found.paginator)
    page.kept, page.name = kept or {}, name
    return page
