"""Whoever is sent away because the gate is busy or ill is told when to come back."""

import asyncio
import re

import pytest

from hadir.gate.admission import RETRY_SECONDS_MAX
from hadir.gate.app import Gate
from hadir.gate.asgi import Message, send_response
from hadir.gate.proofs import Proofs
from hadir.gate.wire import WireResponse
from hadir.records.refusals import Refusal
from hadir.site import Site
from tests.gate.test_clock import Wall, writer_of


@pytest.mark.parametrize("refusal", list(Refusal), ids=lambda refusal: str(refusal.code))
def test_only_a_passing_refusal_says_when_to_come_back(site: Site, refusal: Refusal) -> None:
    writer = writer_of(site, Wall())
    signer, folder = site.gate_signer(), site.journal_folder("gate1")
    gate = Gate(writer, signer, key_list_note=site.key_list_note, root=site.root_key(), proofs=Proofs(folder))
    for head in (gate.refusal(refusal).head.decode(), as_asgi(gate.refusal(refusal))):
        told = re.search(r"^retry-after: (\d+)\r$", head, flags=re.MULTILINE)
        assert (told is not None) == (refusal.status == 503)
        assert told is None or 1 <= int(told.group(1)) <= RETRY_SECONDS_MAX


def as_asgi(response: WireResponse) -> str:
    """The header lines as another server is given them."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(send_response(response, send))
    return "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in sent[0]["headers"])
