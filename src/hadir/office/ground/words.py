"""A sentence of the catalogue, or the policy's own words for a code that only it names; and a journal's name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import EXCUSE_KIND, own_excuse_names
from hadir.office.ground.staff_kinds import staff_kinds
from hadir.texts import Lang, catalogue, render

JOURNAL = re.compile(r"\b(?:[\w-]+/)+(?P<name>office|gate\w*)(?:/(?P<year>\d{4}))?\b", re.ASCII)
"""A journal's name, as records and leaves have it: `batola/gate1/2026`."""


def say(code: str, lang: Lang, params: Mapping[str, object] | None = None) -> str:
    """As `texts.render`; a kind of absence or of staff that has gone with its name is called by its code."""
    if code in catalogue():
        return render(code, lang, params)
    place, _, kind = code.rpartition(".")
    if place == EXCUSE_KIND.rstrip("."):
        return own_excuse_names(HERE.settings.policies).get(kind, {}).get(lang, kind)
    if place == "employment":
        return staff_kinds()[kind].name.get(lang, kind) if kind in staff_kinds() else kind
    return render(code, lang, params)


def journal_words(origin: str, lang: Lang) -> str:
    """`jurnal kantor` of `batola/office/2026`, `jurnal layanan absen gate1` of a gate's."""
    found = JOURNAL.fullmatch(origin)
    if found is None:
        return origin
    name, year = found.group("name"), found.group("year")
    told = render("journal.office" if name == "office" else "journal.gate", lang, {"name": name})
    return render("journal.of_year", lang, {"journal": told, "year": year}) if year else told
