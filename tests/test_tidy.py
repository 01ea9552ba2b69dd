"""The habits of the house, as tests."""

import ast
import json
import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

import hadir

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = sorted(path for path in (ROOT / "src" / "hadir").rglob("*.py") if "migrations" not in path.parts)
SOURCES = [*PRODUCT, *sorted((ROOT / "rehearsal" / "src").rglob("*.py"))]
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
BANNED_NAMES = {"utils", "util", "common", "helpers", "helper", "core", "services", "manager", "misc"}
DOCUMENTED_ROOMS = {"records", "rules", "ledger", "terminals"}


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_fit(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= FILE_LINES_MAX, "the file is too long"
    for node in functions(ast.parse(text)):
        assert node.end_lineno is not None
        assert node.end_lineno - node.lineno < FUNCTION_LINES_MAX, f"{node.name} is too long"


def test_no_room_has_a_name_that_says_nothing() -> None:
    names = {part for path in SOURCES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert not names & BANNED_NAMES


def test_public_names_of_the_exact_rooms_have_docstrings() -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in PRODUCT
        if DOCUMENTED_ROOMS & set(path.relative_to(ROOT / "src" / "hadir").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not missing


def test_a_public_class_name_stands_for_one_thing() -> None:
    found: dict[str, set[Path]] = {}
    for path in [*SOURCES, *(ROOT / "rehearsal" / "src").rglob("*.py")]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, set()).add(path.relative_to(ROOT))
    doubled = {name: sorted(map(str, paths)) for name, paths in found.items() if len(paths) > 1}
    assert not doubled


def test_no_bare_except_and_no_unfinished_word() -> None:
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"except\s*:|except (Base)?Exception\b(?!.*outermost)", text), path
        assert not re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", text), path


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_the_machine_it_was_written_on() -> None:
    foreign = re.compile("/work/" + r"(main|shared|wt)|/ro" + r"ot/|\.libr" + r"ary/|" + "farm" + r"-(studio|bench)")
    for path in tracked():
        if path.suffix in {".py", ".md", ".ts", ".tsx", ".json", ".yaml", ".toml", ".sh", ".html", ".css", ".txt", ""}:
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not foreign.search(text), path


def test_no_test_reads_outside_the_repository_but_by_the_samples_fixture() -> None:
    """A fresh clone, and everybody's machine, run the same tests."""
    tests = [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] == "tests"]
    outside = re.compile(r"[\"']sha" + r"red[\"'/]|Path\.ho" + r"me|expandu" + r"ser|\.\./sha" + r"red")
    found = {str(path.relative_to(ROOT)) for path in tests if outside.search(path.read_text(encoding="utf-8"))}
    assert found == {"tests/conftest.py"}
    above = {
        str(path.relative_to(ROOT))
        for path in tests
        for up in re.findall(r"parents\[(\d+)\]", path.read_text(encoding="utf-8"))
        if int(up) >= len(path.relative_to(ROOT).parts)
    }
    assert not above, "a folder above the repository"


def test_every_lint_exception_has_a_reason() -> None:
    for path in SOURCES:
        for line in path.read_text(encoding="utf-8").splitlines():
            found = re.search(r"# (noqa|type: ignore|ruff: noqa)(.*)$", line)
            if found and "ruff: noqa" not in found.group(0):
                assert re.search(r"- \w|\]  # \w", found.group(2)), f"{path}: {line.strip()}"


def test_the_catalogue_has_both_languages_with_the_same_parameters() -> None:
    for path in sorted((ROOT / "src" / "hadir" / "texts").glob("*.json")):
        for code, sentences in json.loads(path.read_text(encoding="utf-8")).items():
            assert sentences.keys() == {"id", "en"}, f"{path.name}: {code}"
            found = [sorted(set(re.findall(r"{(\w+)", sentences[lang]))) for lang in ("id", "en")]
            assert found[0] == found[1], f"{path.name}: {code}"


A_DAY_FROM_A_MOMENT = re.compile(r"fromtimestamp|utcfromtimestamp|fromordinal|// ?(86_?400_?000|_?DAY_MS)|\.date\(\)")
#: Cells of spreadsheets and typed dates: they carry no zone, and no moment stands behind them.
DAYS_WITHOUT_A_MOMENT = re.compile(r"strptime\(.*\.date\(\)|\bvalue\.date\(\)")


def test_a_moment_becomes_a_day_in_one_place_and_with_a_zone() -> None:
    """A role that begins today begins at midnight where people work, not at 08:00 when UTC's day does."""
    for path in PRODUCT:
        if path.relative_to(ROOT / "src" / "hadir") != Path("records/days.py"):
            for line in path.read_text(encoding="utf-8").splitlines():
                found = A_DAY_FROM_A_MOMENT.search(line) and not DAYS_WITHOUT_A_MOMENT.search(line)
                assert not found, f"{path}: {line.strip()}: hadir.records.days.local_date takes a moment and its zone"


TEMPLATES = sorted((ROOT / "src" / "hadir" / "office").rglob("templates/**/*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_shows_the_raw_end_of_a_period(path: Path) -> None:
    """`[from, until)` is for programs: people read the last day, by `period`, `span` or `window`."""
    shown = re.findall(r"{{\s*([\w.]*\buntil(?:_\w+)?)\b[^}]*}}", path.read_text(encoding="utf-8"))
    assert not [one for one in shown if not one.startswith(("given.", "values."))]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_dates_and_times_reach_people_by_the_page_s_own_tags(path: Path) -> None:
    """`day`, `short_day`, `moment`, `clock`, `minute` and `hour`; a program's form only where a program reads it."""
    text = path.read_text(encoding="utf-8")
    for_programs = r"""(?:value|max|min|datetime|href|hx-get)="(?:[^"{]|{{.*?}}|{%.*?%})*"|{% url .*?%}"""
    shown = re.sub(for_programs, "", text)
    assert not re.findall(r"\|(?:date|time):[\"'][^\"']*[-:/][^\"']*[\"']", shown)
    assert not re.findall(r"{{[^}]*\|clock_with_day", shown)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_what_htmx_asks_says_when_where_and_how(path: Path) -> None:
    """Nothing is inherited and nothing is left to defaults: a list that swallows its rows' clicks cannot be written."""
    for tag in re.findall(r"<(\w+)((?:[^<>{}]|{[{%].*?[%}]})*)>", path.read_text(encoding="utf-8")):
        name, attributes = tag
        if not re.search(r"\shx-(get|post|put|patch|delete)=", attributes):
            continue
        # What stands under a condition stands there together, or the condition stands around none of it.
        parts = re.findall(r"{% if [^%]*%}(.*?){% endif %}", attributes)
        whole = next((part for part in parts if re.search(r"\bhx-(get|post|put|patch|delete)=", part)), None)
        told = whole if whole is not None else re.sub(r"{% if [^%]*%}.*?{% endif %}", "", attributes)
        assert "hx-target=" in told, attributes
        assert "hx-swap=" in told, attributes
        assert name in {"a", "button", "form"} or "hx-trigger=" in told, attributes


def test_htmx_hands_nothing_down() -> None:
    base = (ROOT / "src" / "hadir" / "office" / "page" / "templates" / "page" / "base.html").read_text(encoding="utf-8")
    assert '"disableInheritance":true' in base
    assert not [path for path in TEMPLATES if "hx-inherit" in path.read_text(encoding="utf-8")]


def test_the_version_stands_in_one_place() -> None:
    """Package, rehearsals and phone are built with it; its section of the changelog has a date."""
    assert metadata.version("hadir") == metadata.version("hadir-rehearsal") == hadir.__version__
    spelt = re.compile(rf"(?<![\d.]){re.escape(hadir.__version__)}(?![\d.])")
    named = (
        "pyproject.toml",
        "rehearsal/pyproject.toml",
        "rehearsal/setup.py",
        "phone/package.json",
        "phone/src/version.ts",
    )
    assert [name for name in named if spelt.search((ROOT / name).read_text())] == []
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert re.fullmatch(rf"{re.escape(hadir.__version__)}, \d\d? [A-Z][a-z]+ \d{{4}}", heads[0])


def test_a_button_that_needs_a_script_cannot_be_pressed_before_the_script_is_there() -> None:
    """A press before that would be lost without a word; the script takes `disabled` away."""
    buttons = [(path.name, tag) for path in TEMPLATES for tag in re.findall(r"<button[^>]*>", path.read_text("utf-8"))]
    scripted = [(name, tag) for name, tag in buttons if re.search(r"data-(print|tick-all|key)\b", tag)]
    assert scripted
    assert [one for one in scripted if " disabled" not in one[1]] == []
