"""A sentence of the catalogue, or, for a code that only a policy names, the policy's own words."""

from __future__ import annotations

from collections.abc import Mapping

from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import EXCUSE_KIND, own_excuse_names
from hadir.texts import Lang, catalogue, render


def say(code: str, lang: Lang, params: Mapping[str, object] | None = None) -> str:
    """As `texts.render`; a kind of absence whose policy has gone with its name is called by its code."""
    if code.startswith(EXCUSE_KIND) and code not in catalogue():
        kind = code.removeprefix(EXCUSE_KIND)
        return own_excuse_names(HERE.settings.policies).get(kind, {}).get(lang, kind)
    return render(code, lang, params)
