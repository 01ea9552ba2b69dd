"""A defect of ours costs little: nobody waits for ever, nobody else is refused, the log says nothing of people."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadir.gate import batch_writer as writer_module
from hadir.gate.batch_writer import Receipted
from hadir.gate.log import Library, Log
from hadir.gate.program import EXIT_BROKEN
from hadir.gate.reading import Sent, Submission, read_sent
from hadir.gate.step import SentDetail, check_sent_detail
from hadir.ledger.details import Detail
from hadir.records.encoding import b64url
from hadir.records.jws import Claim
from hadir.records.kinds import PUNCH_KINDS, Kind
from hadir.records.leaf import Leaf
from hadir.records.refusals import Refused
from hadir.site import Site
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.gate.test_clock import Wall, writer_of
from tests.gate.test_garbage import OpenGate, post, punches

_ALPHABET = st.text(alphabet="ABCabc019-_.=+/ é", max_size=120)


@dataclass
class Notebook:
    """What was said."""

    lines: list[dict[str, object]] = field(default_factory=list)

    def write(self, event: str, **facts: object) -> None:
        self.lines.append({"event": event, **facts})

    def of(self, event: str) -> list[dict[str, object]]:
        return [line for line in self.lines if line["event"] == event]


def test_a_record_that_we_cannot_read_for_a_defect_of_ours_costs_nobody_else_his_receipt(
    site: Site, sari: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = sari.punch()

    def reads_all_but_one(sent: Sent, kinds: frozenset[Kind]) -> Submission | Refused:
        if sent.record == poison:
            raise ZeroDivisionError(poison)
        return read_sent(sent, kinds)

    monkeypatch.setattr(writer_module, "read_sent", reads_all_but_one)
    gate, notebook = OpenGate(site), Notebook()
    gate.writer.log = notebook.write
    assert gate.call(punches(sari.punch()), punches(poison), punches(sari.punch())) == [200, 503, 200]
    assert [line["what"] for line in notebook.of("defect")] == ["ZeroDivisionError"]
    assert "test_defects.py:" in str(notebook.of("defect"))
    assert poison not in json.dumps(notebook.lines)


def test_a_writer_with_a_defect_sends_everybody_away_and_ends_its_process(site: Site, sari: Phone) -> None:
    def verifies_nothing(_: Sequence[Claim]) -> list[bool]:
        raise ZeroDivisionError(sari.kid)

    broken, told, notebook = asyncio.Event(), list[object](), Notebook()
    writer = writer_of(site, Wall())
    writer.verify, writer.on_broken, writer.log = verifies_nothing, broken.set, notebook.write

    async def run() -> None:
        await writer.start()
        assert writer.ready
        writer.submit([Sent(sari.punch())], PUNCH_KINDS, told.append)
        await asyncio.wait_for(broken.wait(), 10)
        await asyncio.sleep(0)
        assert not writer.ready
        with pytest.raises(Refused, match="cannot_store"):
            writer.submit([Sent(sari.punch())], PUNCH_KINDS, told.append)
        await writer.stop("end of test")

    asyncio.run(run())
    assert [str(one) for one in told] == ["cannot_store"]
    (said,) = notebook.of("defect")
    assert (said["what"], str(said["place"]).partition(":")[0]) == ("ZeroDivisionError", "test_defects.py")
    assert sari.kid not in json.dumps(notebook.lines)


def test_a_detail_that_we_cannot_check_for_a_defect_of_ours_costs_nobody_else_his_answer(
    site: Site, sari: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checks_all_but_one(sent: SentDetail, leaves: Sequence[Leaf]) -> Detail:
        if sent.digest == "poison":
            raise ZeroDivisionError(sent.digest)
        return check_sent_detail(sent, leaves)

    monkeypatch.setattr(writer_module, "check_sent_detail", checks_all_but_one)
    gate, notebook, item = OpenGate(site), Notebook(), "018f0000-0000-7000-8000-000000000001"
    gate.writer.log = notebook.write
    details = [post(b"x" * 20, f"/v1/details/{item}/{digest}", "PUT") for digest in ("unknown", "poison", "unknown")]
    assert gate.call(details[0], punches(sari.punch()), *details[1:]) == [404, 200, 503, 404]
    assert [line["what"] for line in notebook.of("defect")] == ["ZeroDivisionError"]


def test_an_answer_that_cannot_be_given_costs_nobody_else_his_own(site: Site, sari: Phone) -> None:
    told, troubles, writer = list[object](), list[object](), writer_of(site, Wall())

    def fails(_: object) -> None:
        raise ZeroDivisionError(sari.kid)

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, trouble: troubles.append(trouble["exception"]))
        await writer.start()
        for done in (told.extend, fails, told.extend):
            writer.submit([Sent(sari.punch())], PUNCH_KINDS, done)
        await writer.stop("end of test")

    asyncio.run(run())
    assert [type(one) for one in told] == [Receipted, Receipted]
    assert [type(one) for one in troubles] == [ZeroDivisionError]


def test_what_a_library_says_of_a_defect_names_nobody() -> None:
    out = io.StringIO()
    logger, library = logging.getLogger("a library"), Library(Log(lambda: 7, out).write)
    logger.addHandler(library)
    try:
        msgspec.json.decode(b"Sari")
    except msgspec.DecodeError:
        logger.exception("Exception in callback done(%s)", "of Sari")
    logger.warning("slow")
    logger.removeHandler(library)
    defect, slow = (json.loads(line) for line in out.getvalue().splitlines())
    assert "Sari" not in out.getvalue()
    assert (defect["error"], defect["place"].partition(":")[0]) == ("DecodeError", "test_defects.py")
    assert (slow["text"], slow["level"]) == ("slow", "WARNING")


_DEFECTIVE = """
import sys

import hadir.gate.batch_writer
from hadir.cli import main


def step(*_: object, **__: object) -> None:
    raise ZeroDivisionError("of somebody")


hadir.gate.batch_writer.step = step
raise SystemExit(main(sys.argv[sys.argv.index("gate") :]))
"""


def test_a_gate_with_a_defect_ends_and_says_where(site: Site, sari: Phone, tmp_path: Path) -> None:
    script, log = tmp_path / "defective.py", tmp_path / "gate.log"
    script.write_text(_DEFECTIVE)
    with log.open("w") as out:
        gate = RunningGate(site, under=[sys.executable, str(script)], log=out)
        gate.start()
        try:
            assert gate.punch(sari.punch()).code == "cannot_store"
            assert gate.process is not None
            assert gate.process.wait(20) == EXIT_BROKEN
        finally:
            gate.stop()
    said = log.read_text()
    assert '"event": "defect", "what": "ZeroDivisionError", "place": "defective.py:' in said
    assert "the log says why" in said
    assert "of somebody" not in said


@given(st.lists(_ALPHABET, max_size=4), st.lists(_ALPHABET, max_size=2))
def test_any_text_is_a_record_or_a_refusal(parts: list[str], details: list[str]) -> None:
    assert isinstance(read_sent(Sent(".".join(parts), details), PUNCH_KINDS), Refused)


@given(
    st.binary(max_size=80), st.binary(max_size=200), st.integers(0, 400), st.sampled_from(["", "\x00", "{", '"', "é"])
)
def test_any_change_of_a_record_is_a_record_or_a_refusal(head: bytes, payload: bytes, at: int, odd: str) -> None:
    phone = Phone(7)
    whole = phone.punch()
    parts = whole.split(".")
    for record in (
        ".".join([b64url(head), parts[1], parts[2]]),
        ".".join([parts[0], b64url(payload), parts[2]]),
        whole[:at] + odd + whole[at + 1 :],
    ):
        assert isinstance(read_sent(Sent(record), PUNCH_KINDS), Submission | Refused)


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "jwk", "voucher"]), st.text() | st.none() | st.integers()))
def test_any_header_is_one_or_a_refusal(changes: dict[str, str | int | None]) -> None:
    phone = Phone(7)
    _, payload, signature = phone.punch().split(".")
    header = {"alg": "ES256", "kid": phone.kid, "typ": "hadir-punch+jws", **changes}
    record = f"{b64url(json.dumps(header).encode())}.{payload}.{signature}"
    assert isinstance(read_sent(Sent(record), PUNCH_KINDS), Submission | Refused)
