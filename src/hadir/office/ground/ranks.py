"""The ranks of civil servants (*pangkat/golongan*): a list of codes with their names, read as people write them."""

import json
import re
from functools import cache
from importlib import resources

_CODE = re.compile(r"\b(IV|III|II|I)\s*[/.\- ]?\s*([a-e])\b", re.IGNORECASE)
_SHORT = {"tk": "tingkat", "tk.": "tingkat", "tkt": "tingkat"}


@cache
def ranks() -> dict[str, str]:
    """Every code with its name; PPPK have a class without one."""
    told = json.loads(resources.files(__package__).joinpath("ranks.json").read_text(encoding="utf-8"))
    return {**told["pns"], **dict.fromkeys(told["pppk"], "")}


def rank_code(text: str) -> str | None:
    """`III/a` of `Penata Muda (III/a)`, `IIIa` or `penata muda`; None where it is none of the list."""
    words = " ".join(text.split())
    if found := _CODE.search(words):
        code = f"{found[1].upper()}/{found[2].lower()}"
        return code if code in ranks() else None
    if words.upper() in ranks():
        return words.upper()
    name = " ".join(_SHORT.get(word, word) for word in words.casefold().split())
    return next((code for code, known in ranks().items() if known and known.casefold() == name), None)


def rank_text(code: str) -> str:
    """`Penata Muda, III/a` as a form prints it."""
    name = ranks().get(code, "")
    return f"{name}, {code}" if name else code
