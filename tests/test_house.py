"""The arrows of the house, checked by import-linter."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_arrows_point_down_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


COMPARING = ROOT / "src" / "hadir" / "office" / "comparing"
COMPARES = ("differing", "folding", "log_ins", "raw")
LIST_OF_COLUMNS = "hadir.office.acts.truth"


def office_imports(path: Path) -> set[str]:
    """Modules of the office that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import hides where it leads"
            found |= {str(node.module), *(f"{node.module}.{one.name}" for one in node.names)}
    return {name for name in found if name.startswith("hadir.office")}


def test_what_compares_tables_shares_no_code_with_what_writes_them() -> None:
    """A mistake of both would hide itself. They share one list, of which columns are truth, and it holds no code."""
    own = {f"hadir.office.comparing.{name}" for name in COMPARES}
    for name in COMPARES:
        strange = {
            one for one in office_imports(COMPARING / f"{name}.py")
            if not any(one == allowed or one.startswith(f"{allowed}.") for allowed in (*own, LIST_OF_COLUMNS))
        }  # fmt: skip
        assert not strange, f"{name} imports {strange}"
    assert not office_imports(ROOT / "src" / "hadir" / "office" / "acts" / "truth.py")
