"""An act that was not done says so by a code of the catalogue, and is answered by one rule."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import hadir
from hadir.office.ground.act_error import ActError
from hadir.office.page.answers import status_of
from hadir.office.roles import ActBy
from hadir.texts import catalogue

SOURCE = Path(hadir.__file__).parent / "office"


def raised() -> Iterator[tuple[str, str]]:
    """(file, code) of every act's error, and of every reason that is asked for."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in {"ActError", "reasoned"}:
                codes = [one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)]
                yield from ((file.name, code) for code in codes if isinstance(code, str) and "." in code)


def test_every_act_that_is_refused_has_its_sentence() -> None:
    found = list(raised())
    assert len(found) > 60
    assert not [(file, code) for file, code in found if code not in catalogue()]


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (None, 200),
        ({}, 200),
        (ActError("excuse.trouble.already_decided"), 409),
        (ActError("excuse.trouble.reason_needed", field="reason"), 400),
        ({"": "law.form.no_people"}, 409),
        ({"": "law.form.no_people", "reason": "form.required"}, 400),
    ],
)
def test_a_field_that_can_be_mended_is_the_requests_fault_and_all_else_the_states(
    trouble: ActError | dict[str, str] | None, status: int
) -> None:
    assert status_of(trouble) == status


def test_an_act_without_its_reason_is_the_requests_fault() -> None:
    with pytest.raises(ActError) as caught:
        ActBy.of(1, 0, "  ").reasoned("excuse.trouble.reason_needed")
    assert caught.value.errors == {"reason": "excuse.trouble.reason_needed"}
    assert ActBy.of(1, 0, " Sakit. ").reasoned("excuse.trouble.reason_needed").reason == "Sakit."
