"""A sentence of the catalogue, or, for a code that only a policy names, the policy's own words."""

from collections.abc import Mapping

from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import EXCUSE_KIND, own_excuse_names
from hadir.office.ground.staff_kinds import staff_kinds
from hadir.texts import Lang, catalogue, render


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
