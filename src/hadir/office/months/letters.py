"""The letters that a region prints for the codes of its policy."""

from __future__ import annotations

from collections.abc import Mapping

from hadir.office.months.models import Letters


def current_letters() -> dict[str, str]:
    """{code: letter}, only for those that differ."""
    newest = Letters.objects.order_by("-pk").values_list("letters", flat=True).first()
    return dict(newest or {})


def printed(code: str, letters: Mapping[str, str]) -> str:
    return letters.get(code, code)
