"""`hadir doctor`: what would stop or weaken this site, and what to do. It changes nothing."""

import argparse

from hadir.cli.command import Commands, add_command, settings_of, tell
from hadir.cli.findings import DoctorFinding, Patient, Severity, findings
from hadir.site import SiteError, open_site
from hadir.texts import LANGS, Lang, render


def add_doctor(commands: Commands) -> None:
    """Register this command."""
    text = "what would stop or weaken this site, and what to do; changes nothing"
    as_json = 'print {"ok","findings":[{"code","severity","do"}]}'
    # `runs_on`: what is wrong in the folder is told here, and not put right.
    doctor = add_command(commands, "doctor", _doctor, text, as_json=as_json, runs_on=True)
    doctor.add_argument("--lang", choices=LANGS, default="id", help="the language of what to do")


def _doctor(arguments: argparse.Namespace) -> int:
    """0 when nothing stops or weakens the site."""
    settings, lang = settings_of(arguments), arguments.lang
    try:
        found = findings(Patient(open_site(settings.data), settings))
    except SiteError as error:
        found = [DoctorFinding("site_unreadable", Severity.STOPS, {"why": error})]
    is_well = all(one.severity is Severity.NOTE for one in found)
    told = [{"code": one.code, "severity": one.severity.value, "do": _do(one, lang)} for one in found]
    lines = [f"{render(f'doctor.severity.{one.severity}', lang)}  {_do(one, lang)}" for one in found]
    well = render("doctor.well" if is_well else "doctor.not_well", lang)
    tell(arguments, {"ok": is_well, "findings": told}, [*lines, well])
    return 0 if is_well else 1


def _do(finding: DoctorFinding, lang: Lang) -> str:
    params = finding.params
    if finding.code == "gate_not_ready":
        params = {**params, "why": render(f"gate.reason.{params['code']}", lang)}
    return render(f"doctor.{finding.code}", lang, params)
