"""Whose log-in a request came by. Every other app asks `request.actor`."""

from __future__ import annotations

from hadir.office.accounts.models import User
from hadir.office.page.requests import OfficeRequest


def user_of(request: OfficeRequest) -> User:
    """The log-in of a page that only somebody who is logged in gets."""
    assert isinstance(request.user, User)
    return request.user
