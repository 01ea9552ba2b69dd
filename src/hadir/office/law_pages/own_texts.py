"""A text that somebody brings to put in force: looked through, kept while it waits, and proposed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hadir.office.duties.actions import make_law
from hadir.office.duties.kinds import Decree, LawKind, OwnPolicy
from hadir.office.duties.models import LawAct, LawUpload
from hadir.office.duties.permissions import MAKE_LAW
from hadir.office.ground.installation import HERE
from hadir.office.ground.own_laws import OWN, OwnVersion, keep_text, keep_version, named
from hadir.office.ground.yaml_texts import bounded_yaml, placed
from hadir.office.law_pages.trials import FILE_BYTES_MAX, VALUES_MAX
from hadir.office.roles import ActBy
from hadir.office.units.models import Unit
from hadir.rules.calendars import Calendar, parse_calendars
from hadir.rules.faults import Said
from hadir.rules.policy import PolicySet
from hadir.rules.policy_file import parse_policies
from hadir.rules.reading import DocumentError, Fault

NAME_LENGTH_MAX = 40
_FILE = "berkas"
"""The place of what is wrong with the whole text."""
_NAME = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{NAME_LENGTH_MAX - 1}}}")


@dataclass(frozen=True, slots=True)
class PolicyText:
    """An own policy that can be put in force: `name` as the office calls it, and what it extends, nearest first."""

    name: str
    policy: PolicySet
    extends: Mapping[str, Path]


def read_policy(data: bytes) -> PolicyText:
    """DocumentError with every fault at once."""
    twice: list[Fault] = []
    raw = _mapping(data, twice)
    given = raw.get("policy")
    shipped = {path.stem: path for path in sorted(HERE.settings.policies.glob("*.yaml"))}
    if not isinstance(given, str) or not _NAME.fullmatch(given):
        name, more = "own-policy", [Fault("policy", Said("slug"))]
    else:
        name = f"{OWN}{given.removeprefix(OWN)}"
        more = [Fault("policy", Said("own_name"))] if given in shipped else []
    if faults := [*twice, *more, *_faults_of(raw, name, shipped)]:
        raise DocumentError(placed(faults, data))
    chain = _chain(raw, shipped)
    return PolicyText(name, parse_policies({**_documents(chain), name: named(raw, name)})[name], chain)


def _mapping(data: bytes, twice: list[Fault]) -> dict[str, Any]:
    """What the text holds; each key that stands twice in it goes into `twice`."""
    raw = bounded_yaml(data, _FILE, bytes_max=FILE_BYTES_MAX, values_max=VALUES_MAX, twice=twice)
    if not isinstance(raw, dict):
        raise DocumentError([Fault(_FILE, Said("no_mapping"))])
    twice[:] = [replace(one, place=_within(one, _FILE)) for one in twice]
    return raw


def _within(fault: Fault, name: str) -> str:
    """Its place in the text, of which `name` is the name."""
    return fault.place.removeprefix(name).lstrip(".: ") or _FILE


def _faults_of(raw: dict[str, Any], name: str, shipped: Mapping[str, Path]) -> list[Fault]:
    """Those of the text itself, by their places in it."""
    try:
        parse_policies({**_documents(_chain(raw, shipped) or shipped), name: named(raw, name)})
    except DocumentError as error:
        own = [one for one in error.faults if one.place.partition(":")[0] == name]
        return [Fault(_within(one, name), one.message) for one in own or error.faults]
    return []


def _chain(raw: dict[str, Any], shipped: Mapping[str, Path]) -> dict[str, Path]:
    """The sets that ship and that the text extends, one after the other."""
    found: dict[str, Path] = {}
    above = raw.get("extends")
    while isinstance(above, str) and above in shipped and above not in found:
        found[above] = shipped[above]
        document = bounded_yaml(shipped[above].read_bytes(), above)
        above = document.get("extends") if isinstance(document, dict) else None
    return found


def _documents(chain: Mapping[str, Path]) -> dict[str, object]:
    return {name: bounded_yaml(path.read_bytes(), name) for name, path in chain.items()}


def read_decree(data: bytes) -> Calendar:
    """DocumentError with every fault at once."""
    faults: list[Fault] = []
    raw = _mapping(data, faults)
    name = raw.get("calendar")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DocumentError(placed([*faults, Fault("calendar", Said("slug"))], data))
    try:
        read = parse_calendars({name: raw})[name]
    except DocumentError as error:
        faults += [Fault(_within(one, name), one.message) for one in error.faults]
    if faults:
        raise DocumentError(placed(faults, data))
    return read


@transaction.atomic
def keep_upload(*, kind: LawKind, data: bytes, by: ActBy) -> LawUpload:
    """The text, looked through, in the place of what the same person had brought before. DocumentError: its faults."""
    if not by.actor.paths(MAKE_LAW[kind].roles) or by.actor.person is None:
        raise PermissionDenied
    name = read_policy(data).name if kind is LawKind.POLICY else read_decree(data).name
    LawUpload.objects.filter(by=by.number).delete()
    return LawUpload.objects.create(kind=kind, name=name, data=data, by_id=by.number, at_ms=by.at_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """For whom and from which day a text is proposed, and on what it rests."""

    unit: Unit
    from_date: date
    document: str
    article: str = ""


@transaction.atomic
def propose_text(*, upload: LawUpload, proposal: Proposal, by: ActBy) -> LawAct:
    """Keep the text for good and propose the act that puts it in force: nothing holds of it before a second person
    agrees. What is on disk and in no act does no harm.
    """
    data = bytes(upload.data)
    shape = kept_policy(data) if upload.kind == LawKind.POLICY else _decree(data)
    draft = LawAct.saying(
        shape, unit=proposal.unit, from_date=proposal.from_date, document=proposal.document, article=proposal.article
    )
    row = make_law(draft=draft, by=by)
    upload.delete()
    return row


def kept_policy(data: bytes) -> OwnPolicy:
    """What an act says of the text, once it and what it extends are on disk."""
    read = read_policy(data)
    extends = {name: keep_text(path.read_bytes()) for name, path in read.extends.items()}
    version = OwnVersion(policy=read.name, text=keep_text(data), extends=extends)
    return OwnPolicy(name=read.name, version=keep_version(version), text=version.text, extends=extends)


def _decree(data: bytes) -> Decree:
    return Decree(name=read_decree(data).name, text=keep_text(data))
