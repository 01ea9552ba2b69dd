"""A policy tried on a real office before it is published: who would lose more, and that nothing is written."""

from pathlib import Path

import pytest

from hadir.office.judging.dry_run import Trial, proposed_folder, try_policy
from hadir.office.judging.judging import JudgeContext
from hadir.office.projection.models import VerdictRow
from hadir.rules.reading import DocumentError
from hadir.site import Site
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

SARI = demo.SARI
STRICT = """
policy: strict
title: {id: Percobaan, en: Trial}
extends: permentan-68-2012
values:
  late:
    TL1:
      - {from: 2026-01-01, value: {from_minutes: 1, percent: 3}, article: Percobaan, source: trial, certainty: I}
    TL2: [{from: 2026-01-01, value: {from_minutes: 31, percent: 3}, article: Percobaan, source: trial, certainty: I}]
    TL3: [{from: 2026-01-01, value: {from_minutes: 61, percent: 3}, article: Percobaan, source: trial, certainty: I}]
    TL4: [{from: 2026-01-01, value: {from_minutes: 91, percent: 3}, article: Percobaan, source: trial, certainty: I}]
"""


@pytest.fixture
def strict(tmp_path: Path) -> Path:
    file = tmp_path / "strict.yaml"
    file.write_text(STRICT, encoding="utf-8")
    return file


@pytest.fixture
def late(morning: Morning) -> None:
    """Sari was twelve minutes late on Tuesday."""
    morning.tap(SARI, "in", at(7, 42))
    morning.tap(SARI, "out", at(16, 5))
    morning.follow(at(16, 10))


def tried(context: JudgeContext, proposed: str) -> dict[int, tuple[str, str]]:
    with proposed_folder(context.policies, proposed) as folder:
        found = try_policy(Trial(context.site, context.policies, folder, 2026, 11), at(23, 30))
    return {one.person: (f"{one.before}", f"{one.after}") for one in found.changes}


def test_a_new_policy_is_tried_on_everybody_and_written_nowhere(
    site: Site, context: JudgeContext, late: None, strict: Path
) -> None:
    kept = list(VerdictRow.objects.values_list("person", "day", "body"))
    changes = tried(context, str(strict))
    assert SARI in changes
    before, after = changes[SARI]
    assert float(after) - float(before) == pytest.approx(2.5)
    assert list(VerdictRow.objects.values_list("person", "day", "body")) == kept


def test_a_file_in_the_place_of_a_set_concerns_those_who_are_under_it(
    context: JudgeContext, late: None, strict: Path
) -> None:
    own = strict.with_name("mimika.yaml")
    text = (context.policies / "mimika.yaml").read_text("utf-8")
    own.write_text(text, encoding="utf-8")
    assert tried(context, str(own)) == {}


def test_the_name_of_a_set_in_force_changes_nothing(context: JudgeContext, late: None) -> None:
    assert tried(context, demo.POLICY) == {}


def test_what_does_not_load_is_told_with_its_fault(context: JudgeContext, strict: Path) -> None:
    strict.write_text(STRICT.replace("percent: 3", "percent: 300"), encoding="utf-8")
    with pytest.raises(DocumentError, match="percentage"):
        tried(context, str(strict))
    with pytest.raises(DocumentError, match="neither a file nor one of"):
        tried(context, "nowhere")
