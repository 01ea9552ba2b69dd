"""Texts of an office's own law in its data folder: policies and calendars, each under its digest, never edited.

    law/<sha256>.yaml                     a text, byte for byte as it was brought, or as it shipped
    law/own-<name>-<12 digits>.json       a version of an own policy: its text, and the texts that it extends

A version keeps the shipped texts that it extends: no release changes what it says (docs/decisions/0066). Its name says
its content, so whatever verdict names it can be judged again wherever the folder is. What is in force, acts of law say.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from hadir.ledger.sqlite import sync_path
from hadir.office.ground.installation import HERE
from hadir.office.ground.yaml_texts import bounded_yaml
from hadir.records.encoding import sha256
from hadir.rules.calendars import Calendar, parse_calendars
from hadir.rules.policy import PolicySet
from hadir.rules.policy_file import parse_policies
from hadir.rules.reading import DocumentError
from hadir.site import SiteError, write_durably

OWN = "own-"
"""How the names of own policies begin. No set that ships is called so."""
_VERSION = re.compile(r"own-[a-z0-9-]{1,40}-[0-9a-f]{12}")
_KEPT_SETS = 64


class OwnLawError(Exception):
    """A text of the office's own law is missing or is not what it was."""


@dataclass(frozen=True, slots=True)
class OwnVersion:
    """One version of an own policy: `text` and `extends` (by name) are digests of texts in the folder."""

    policy: str
    text: str
    extends: Mapping[str, str]

    @property
    def manifest(self) -> str:
        told = {"v": 1, "policy": self.policy, "text": self.text, "extends": dict(self.extends)}
        return json.dumps(told, sort_keys=True, separators=(",", ":"))

    @property
    def name(self) -> str:
        return f"{self.policy}-{sha256(self.manifest.encode()).hex()[:12]}"


def law_folder() -> Path:
    return HERE.site.law_folder


def law_folder_known() -> Path | None:
    """None where tools stand in no data folder."""
    with suppress(SiteError):
        return law_folder()
    return None


# --- keeping ----------------------------------------------------------------------------------------------------------


def keep_text(data: bytes) -> str:
    """The text's digest, once it is on disk."""
    digest = sha256(data).hex()
    path = _path(f"{digest}.yaml")
    if not path.exists():
        draft = path.with_name(f"{path.name}.draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_path(path.parent)
    return digest


def keep_version(version: OwnVersion) -> str:
    """The version's name, once it is on disk. Its texts are there already."""
    path = _path(f"{version.name}.json")
    if not path.exists():
        write_durably(path, version.manifest, mode=0o600)
        sync_path(path.parent)
    return version.name


def _path(name: str) -> Path:
    folder = law_folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / name


# --- reading ----------------------------------------------------------------------------------------------------------


def text_kept(digest: str) -> bytes:
    """The text of that digest. OwnLawError where it is missing or was changed."""
    return _text(law_folder(), digest)


def _text(folder: Path, digest: str) -> bytes:
    path = folder / f"{digest}.yaml"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OwnLawError(f"{path} is missing: restore it from a backup") from error
    if sha256(data).hex() != digest:
        raise OwnLawError(f"{path} is not what it was: restore it from a backup")
    return data


def own_names() -> tuple[str, ...]:
    """Every version that was ever proposed here."""
    with suppress(OSError, SiteError):
        found = (path.stem for path in law_folder().iterdir() if path.suffix == ".json")
        return tuple(sorted(name for name in found if _VERSION.fullmatch(name)))
    return ()


def versions_of(policy: str) -> tuple[str, ...]:
    return tuple(name for name in own_names() if name.rpartition("-")[0] == policy)


def own_set(name: str) -> PolicySet:
    """The version of that name as a policy set. OwnLawError where it cannot be read; KeyError for no such name."""
    if not _VERSION.fullmatch(name):
        raise KeyError(name)
    return _set(law_folder(), name)


@lru_cache(_KEPT_SETS)
def _set(folder: Path, name: str) -> PolicySet:
    path = folder / f"{name}.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        version = OwnVersion(told["policy"], told["text"], told["extends"])
    except FileNotFoundError as error:
        raise OwnLawError(f"{path} is missing: restore it from a backup") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OwnLawError(f"{path} cannot be read: restore it from a backup") from error
    if version.name != name:
        raise OwnLawError(f"{path} is not what it was: restore it from a backup")
    texts = {each: _text(folder, digest) for each, digest in version.extends.items()}
    documents = {each: _read(data, each) for each, data in texts.items()}
    own = _named(_read(_text(folder, version.text), name), name)
    try:
        return parse_policies({**documents, name: own}, are_in_force=True)[name]
    except DocumentError as error:
        raise OwnLawError(f"{path} does not load in this release: {error}") from error


def _read(data: bytes, name: str) -> object:
    """What a kept text holds. Older releases let a key stand twice, and the last held."""
    return bounded_yaml(data, name, twice=[])


def named(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The document under the name that it bears in the office."""
    return {**raw, "policy": name}


def _named(raw: object, name: str) -> object:
    return named(raw, name) if isinstance(raw, dict) else raw


def decree(digest: str) -> Calendar:
    """The calendar of that text. OwnLawError where it cannot be read."""
    return _decree(law_folder(), digest)


@lru_cache(_KEPT_SETS)
def _decree(folder: Path, digest: str) -> Calendar:
    raw = _read(_text(folder, digest), digest)
    name = str(raw.get("calendar")) if isinstance(raw, dict) else digest
    try:
        return parse_calendars({name: raw})[name]
    except DocumentError as error:
        raise OwnLawError(f"{folder / digest}.yaml does not load in this release: {error}") from error
