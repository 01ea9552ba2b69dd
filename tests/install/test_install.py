"""An operator follows the page and it works: from a bare machine to a tap through nginx and TLS."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.install.page import ROOT, Page, read_page

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


def needs_a_machine() -> None:
    lacking = [name for name in ("nginx", "openssl", "curl", "git", "ip") if shutil.which(name, path=PATH) is None]
    if os.geteuid() != 0:
        pytest.skip("the page is followed by root")
    if lacking:
        pytest.skip(f"this machine lacks {', '.join(lacking)}")
    trial = ["unshare", "--mount", "--net", "--pid", "--fork", "true"]
    if subprocess.run(trial, check=False, capture_output=True).returncode:
        pytest.skip("this machine gives no namespaces of one's own")


def check_tap(shown: dict[str, str]) -> None:
    """The phone holds a receipt, and the office names the journal that holds the tap."""
    tapped = re.search(r"Masuk (\d\d)[.:](\d\d) · Tercatat", shown["phone"])
    assert tapped, shown
    assert "Sari Wulandari" in shown["office"], shown
    assert re.search(rf"Masuk\s.*{tapped[1]}[.:]{tapped[2]}", shown["office"], re.DOTALL), shown
    assert "gate1" in shown["office"], shown


PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"


def test_the_page_leads_to_a_tap_through_nginx(tmp_path: Path) -> None:
    needs_a_machine()
    copy_of_the_source(tmp_path / "code.git")
    write_blocks(tmp_path, read_page("/mnt/code.git"))
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", str(HERE / "beside.sh")]
    done = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, check=False, env={**os.environ, "PATH": PATH}
    )
    said = {file.name: file.read_text()[-3_000:] for file in tmp_path.glob("*.out")}
    assert done.returncode == 0, f"{done.stdout}{done.stderr[-3_000:]}{said}"
    check_tap(json.loads((tmp_path / "tap.json").read_text()))
