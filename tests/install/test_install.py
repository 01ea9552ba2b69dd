"""An operator follows the page and it works: from a bare machine to a tap through nginx and TLS."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from tests.conftest import KeepFigures
from tests.install import machine
from tests.install.page import ROOT, Page, read_page, told
from tests.journeys.conftest import until

HERE = Path(__file__).resolve().parent
pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


def copy_of_the_source(repository: Path) -> None:
    """What an operator clones: this source tree as it stands, whether it is committed or not."""
    git = ["git", f"--git-dir={repository}", f"--work-tree={ROOT}", "-c", "user.name=t", "-c", "user.email=t@example"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "as it stands"]):
        subprocess.run([*git, *words], check=True, capture_output=True, cwd=ROOT)
    subprocess.run(["git", f"--git-dir={repository}", "config", "core.bare", "true"], check=True)


def write_blocks(work: Path, page: Page) -> None:
    """In the short form the packages of this source tree's environment are used: no registry is asked."""
    for name, script in (("before", page.before), ("after", page.after), ("release", page.release)):
        text = script.replace("scripts/setup.sh env\n", "bash /mnt/environment.sh\n")
        (work / f"{name}.sh").write_text("set -eux\n" + text, encoding="utf-8")
    variables = {"TREE": ROOT, "PYTHON": sys.executable, "PACKAGES": sysconfig.get_path("purelib")}
    (work / "env.sh").write_text("".join(f"{key}={value}\n" for key, value in variables.items()), encoding="utf-8")
    for file in ("inside.sh", "environment.sh"):
        shutil.copy(HERE / file, work)


def needs_a_machine(folder: Path) -> None:
    lacking = [name for name in ("nginx", "openssl", "curl", "git", "ip") if shutil.which(name, path=PATH) is None]
    if os.geteuid() != 0:
        pytest.skip("the page is followed by root")
    if lacking:
        pytest.skip(f"this machine lacks {', '.join(lacking)}")
    layer = "mkdir u w r && mount -t overlay none -o lowerdir=/,upperdir=u,workdir=w r"
    trial = f"mount -t tmpfs none {folder} && cd {folder} && {layer}"
    space = ["unshare", "--mount", "--net", "--pid", "--fork", "sh", "-c", trial]
    if subprocess.run(space, check=False, capture_output=True).returncode:
        pytest.skip("this machine gives no namespaces of one's own, or cannot lay a layer over its root")


def check_tap(shown: dict[str, str]) -> None:
    """The phone holds a receipt, and the office names the journal that holds the tap."""
    tapped = re.search(r"Masuk (\d\d)[.:](\d\d) · Tercatat", shown["phone"])
    assert tapped, shown
    assert "Sari Wulandari" in shown["office"], shown
    assert re.search(rf"Masuk\s.*{tapped[1]}[.:]{tapped[2]}", shown["office"], re.DOTALL), shown
    assert "gate1" in shown["office"], shown


def write_all(work: Path, page: Page) -> None:
    for name, script in (("before", page.before), ("after", page.after), ("release", page.release)):
        (work / f"{name}.sh").write_text("set -eux\n" + script, encoding="utf-8")


def check_health(said: str) -> None:
    """`hadir doctor` finds nothing that the page left undone: the clock and the disk are the machine's own."""
    found = {finding["code"] for finding in json.loads(said)["findings"]}
    assert found <= {"clock_in_doubt", "disk_low"}, said


PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"


def test_the_page_leads_to_a_tap_through_nginx(tmp_path: Path) -> None:
    needs_a_machine(tmp_path)
    copy_of_the_source(tmp_path / "code.git")
    write_blocks(tmp_path, read_page("/mnt/code.git"))
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", str(HERE / "beside.sh")]
    done = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, check=False, env={**os.environ, "PATH": PATH}
    )
    said = {file.name: file.read_text()[-3_000:] for file in tmp_path.glob("*.out")}
    assert done.returncode == 0, f"{done.stdout}{done.stderr[-3_000:]}{said}"
    check_tap(json.loads((tmp_path / "tap.json").read_text()))
    check_health((tmp_path / "doctor.json").read_text())


@pytest.mark.timeout(3_600)
def test_the_page_on_a_bare_debian_with_systemd(
    tmp_path: Path, pytestconfig: pytest.Config, keep_figures: KeepFigures
) -> None:
    """The long form: packages from their registries, and units with all that they forbid."""
    if not pytestconfig.getoption("--long"):
        pytest.skip("--long boots a bare Debian, which takes minutes")
    lacking = [tool for tool in machine.TOOLS if shutil.which(tool, path=PATH) is None]
    assert os.geteuid() == 0, "the long form needs root"
    assert not lacking, f"this machine lacks {', '.join(lacking)}"
    root, work = tmp_path / "root", tmp_path / "work"
    work.mkdir()
    given = pytestconfig.getoption("--bare-debian")
    if given:
        subprocess.run(["cp", "-a", given, str(root)], check=True)
    else:
        machine.make_bare(root)
    copy_of_the_source(work / "code.git")
    write_all(work, read_page("/mnt/code.git"))
    with machine.running(root, work) as bare:
        figures = follow(bare, work)
    keep_figures("install", figures)
    shutil.rmtree(root)


def follow(bare: machine.Machine, work: Path) -> dict[str, object]:
    """Every block of the page, the first tap between them, and what only real units show."""
    begun = time.monotonic()
    before = block(bare, "before")
    blocks_s = time.monotonic() - begun
    _, login, password = told(before)
    clicks = [sys.executable, "-m", "tests.install.first_tap", login, password]
    tapped = bare.beside(*clicks, cwd=ROOT)
    assert tapped.returncode == 0, tapped.stderr
    check_tap(json.loads(tapped.stdout))
    tap_s = time.monotonic() - begun
    block(bare, "after")
    check_health(bare.run("/opt/hadir/.venv/bin/hadir", "doctor", "--data", "/var/lib/hadir", "--json").stdout)
    the_office_cannot_touch_the_gate(bare)
    the_gate_comes_back_by_itself(bare, "KILL", restarts=1)
    the_gate_comes_back_by_itself(bare, "STOP", restarts=2)
    block(bare, "release")
    units = ["hadir-gate", "hadir-office", "hadir-follower", "hadir-exports", "nginx"]
    assert bare.run("systemctl", "is-active", *units).returncode == 0
    assert bare.run("systemctl", "--failed", "--no-legend", "hadir*").stdout.strip() == ""
    return {
        "debian": bare.run("cat", "/etc/debian_version").stdout.strip(),
        "systemd": bare.run("systemctl", "--version").stdout.split()[1],
        "blocks_s": round(blocks_s),
        "bare_to_tap_s": round(tap_s),
    }


def block(bare: machine.Machine, name: str) -> str:
    done = bare.run("bash", f"/mnt/{name}.sh")
    logs = "" if done.returncode == 0 else bare.run("journalctl", "-n", "60", "--no-pager").stdout
    assert done.returncode == 0, f"{name}: {done.stdout[-1_500:]}{done.stderr[-3_000:]}{logs[-6_000:]}"
    return done.stdout


def the_office_cannot_touch_the_gate(bare: machine.Machine) -> None:
    office = ["setpriv", "--reuid=hadir-office", "--regid=hadir-office", "--init-groups"]
    gate = "/var/lib/hadir/journals/gate1"
    assert bare.run(*office, "cat", "/var/lib/hadir/keys/gate1.key").returncode != 0
    assert bare.run(*office, "touch", f"{gate}/new").returncode != 0
    assert bare.run(*office, "cat", f"{gate}/details.sqlite").returncode != 0
    assert bare.run(*office, "head", "-c", "16", f"{gate}/journal.sqlite").returncode == 0
    for file in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"):
        assert bare.run(*office, "sh", "-c", f": >>{gate}/{file}").returncode != 0, file


def the_gate_comes_back_by_itself(bare: machine.Machine, signal: str, *, restarts: int) -> None:
    """Killed, or so that it hangs and the unit's watchdog must see it."""
    bare.run("systemctl", "kill", f"--signal={signal}", "hadir-gate")
    ask = ["systemctl", "show", "--value", "--property=NRestarts", "hadir-gate"]
    until(lambda: bare.run(*ask).stdout.strip() == str(restarts), seconds=240, what=f"a start after SIG{signal}")
    ready = ["curl", "--fail", "--silent", "--max-time", "5", "http://127.0.0.1:8001/readyz"]
    until(lambda: "true" in bare.run(*ready).stdout, seconds=60, what="the gate")
