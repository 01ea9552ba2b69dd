"""A page of a unit, asked for without naming one."""

from __future__ import annotations

from django.http import HttpResponseRedirect
from django.urls import reverse

from hadir.office.page.requests import OfficeRequest
from hadir.office.roles import Rule
from hadir.office.units.queries import chosen_unit


def first_unit(request: OfficeRequest, rule: Rule, page: str) -> HttpResponseRedirect:
    """To the page of the unit that the chooser asks for, or of the reader's first."""
    return HttpResponseRedirect(reverse(page, args=[chosen_unit(request, rule).number]))
