"""`hadir doctor`: what would stop or weaken this site, and what to do. It changes nothing."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from hadir.cli.findings import Finding, Patient, Severity, findings
from hadir.config import read_settings
from hadir.site import SiteError, open_site
from hadir.texts import LANGS, Lang, render


def add_doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register this command."""
    doctor = commands.add_parser("doctor", help="what would stop or weaken this site, and what to do; changes nothing")
    doctor.add_argument("--data", type=Path, required=True)
    doctor.add_argument("--lang", choices=LANGS, default="id", help="the language of what to do")
    doctor.add_argument("--json", action="store_true", help='print {"ok","findings":[{"code","severity","do"}]}')
    doctor.set_defaults(command=_doctor, runs_on=True)  # nothing is put right here, but told


def _doctor(arguments: argparse.Namespace) -> int:
    """0 when nothing stops or weakens the site."""
    settings = replace(read_settings(), data=arguments.data.absolute())
    try:
        found = findings(Patient(open_site(settings.data), settings))
    except SiteError as error:
        found = [Finding("site_unreadable", Severity.STOPS, {"why": error})]
    is_well = all(one.severity is Severity.NOTE for one in found)
    if arguments.json:
        told = [{"code": one.code, "severity": one.severity.value, "do": _do(one, arguments.lang)} for one in found]
        sys.stdout.write(json.dumps({"ok": is_well, "findings": told}, ensure_ascii=False) + "\n")
    else:
        for one in found:
            weight = render(f"doctor.severity.{one.severity}", arguments.lang)
            sys.stdout.write(f"{weight}  {_do(one, arguments.lang)}\n")
        sys.stdout.write(render("doctor.well" if is_well else "doctor.not_well", arguments.lang) + "\n")
    return 0 if is_well else 1


def _do(finding: Finding, lang: Lang) -> str:
    params = finding.params
    if finding.code == "gate_not_ready":
        params = {**params, "why": render(f"gate.reason.{params['code']}", lang)}
    return render(f"doctor.{finding.code}", lang, params)
