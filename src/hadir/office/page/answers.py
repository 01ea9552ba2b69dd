"""What is wrong with a request, as an answer: the one place where an act's error becomes a page and a status."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from hadir.office.ground.act_error import ActError

Trouble = ActError | Mapping[str, str] | None
"""An act's error, or a form's: field -> code of the catalogue; the field is empty for what no field can mend."""
WHOLE_FORM = frozenset({"", "__all__", "general"})
"""Where forms put what belongs to no field."""


def errors_in(trouble: Trouble) -> Mapping[str, str]:
    return trouble.errors if isinstance(trouble, ActError) else trouble or {}


def status_of(trouble: Trouble) -> int:
    """200 where nothing is wrong; 400 where the sender can mend a field; 409 where it is what the office holds."""
    errors = errors_in(trouble)
    if not errors:
        return 200
    return 409 if errors.keys() <= WHOLE_FORM else 400


def form_page(request: HttpRequest, template: str, context: Mapping[str, Any], trouble: Trouble = None) -> HttpResponse:
    """A page with a form, and what is wrong with what was sent: `errors` by field, `trouble` the first of them.

    A form that was only looked at is no failed request, even where it says that its act has become impossible.
    """
    errors = errors_in(trouble)
    told = {"errors": errors, "trouble": next(iter(errors.values()), ""), **context}
    return render(request, template, told, status=status_of(trouble) if request.method == "POST" else 200)


def carry_out(act: Callable[[], object], ask: Callable[[ActError], HttpResponse], done: str) -> HttpResponse:
    """What a form asks for: done, and on to the address `done`; or its page again, with why it was not."""
    try:
        act()
    except ActError as error:
        return ask(error)
    return HttpResponseRedirect(done)
