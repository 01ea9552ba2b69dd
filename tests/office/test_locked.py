"""Another program holds the database for longer than a request waits: a page that says so, and nothing half done."""

import json
import subprocess
import sys
from typing import Any

import pytest

SENT = "banyak dibuka, dan yang Anda kirim belum diterima. Kembali, lalu kirim lagi dalam {} detik."


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("locked") / "data"
    done = subprocess.run(
        [sys.executable, "-m", "tests.office.locked_office", str(folder)], check=True, stdout=subprocess.PIPE
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("when", ["sent", "sent_after_a_while"])
def test_what_was_sent_to_a_locked_office_is_not_taken_and_the_page_says_so(told: dict[str, Any], when: str) -> None:
    answer = told[when]
    assert answer["status"] == 503
    assert 3 <= answer["again_s"] <= 10
    assert SENT.format(answer["again_s"]) in answer["page"]
    assert 'http-equiv="refresh"' not in answer["page"], "what was sent is not sent twice"
    assert not answer["changed"]


def test_a_page_of_a_locked_office_asks_again_by_itself(told: dict[str, Any]) -> None:
    answer = told["asked"]
    assert answer["status"] == 503
    assert f'<meta http-equiv="refresh" content="{answer["again_s"]}">' in answer["page"]
    assert told["free"]["status"] == 200


def test_an_act_of_which_a_part_is_done_is_not_said_to_be_undone(told: dict[str, Any]) -> None:
    answer = told["half"]
    assert answer["changed"]
    assert answer["status"] == 500
    assert "mungkin belum tersimpan. Buka kembali halamannya" in answer["page"]
