"""The kinds of staff (PNS, PPPK …): data beside the policies, `policies/staff/*.yaml`."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from hadir.config import shipped
from hadir.office.ground.installation import HERE
from hadir.office.ground.yaml_texts import bounded_yaml
from hadir.texts import Lang

_KEPT_FOLDERS = 4
CODE_LENGTH_MAX = 10


class StaffKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How lists spell it, when it is meant without a word, and its name where the catalogue has none."""

    spelt: tuple[str, ...] = ()
    unsaid: str = ""
    name: dict[Lang, str] = {}


def staff_kinds() -> Mapping[str, StaffKind]:
    """Those of this installation."""
    return staff_kinds_in(HERE.settings.policies)


def unsaid_kind(*, has_nip: bool) -> str:
    """The kind of a person of whom nothing is said but whether there is a NIP."""
    wanted = "with_nip" if has_nip else "without_nip"
    return next(code for code, kind in staff_kinds().items() if kind.unsaid == wanted)


@lru_cache(_KEPT_FOLDERS)
def staff_kinds_in(policies: Path) -> Mapping[str, StaffKind]:
    """Code -> kind. Policies of one's own without kinds of their own have those that ship with Hadir."""
    own = policies / "staff"
    folder = own if own.is_dir() else shipped("policies") / "staff"
    found: dict[str, StaffKind] = {}
    for file in sorted(folder.glob("*.yaml")):
        found |= msgspec.convert(bounded_yaml(file.read_bytes(), file.name), dict[str, StaffKind])
    if any(len(code) > CODE_LENGTH_MAX for code in found):
        raise ValueError(f"{folder}: a code of a kind of staff has at most {CODE_LENGTH_MAX} letters")
    return found
