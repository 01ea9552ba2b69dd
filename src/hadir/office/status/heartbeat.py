"""Whether taps are being taken, from the gates' own journals. No name and no number of a person is read."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hadir.ledger.sqlite import readers
from hadir.office.ground.installation import HERE
from hadir.office.page.requests import OfficeRequest
from hadir.office.projection.models import MeasuredOutage, ServerFact
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.rules.clocks import Period
from hadir.site import Site

SILENT_AFTER_MS = 150_000
"""A gate writes a pulse each minute: two that are missing are a silence."""
SHOWN_OUTAGES = 5
OUTAGE_MS_MIN = 120_000
OFFICE_FOLDER = "office"
_DOUBTED_CLOCKS = frozenset({"wrong", "stepped"})


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """`since_ms` is when the present state began; None while no gate ever spoke. `clock_in_doubt`: the phones found a
    gate's clock wrong, or it jumped, and nothing has cleared it since.
    """

    is_up: bool
    since_ms: int | None
    outages: list[Period]
    clock_in_doubt: bool = False


def heartbeat(site: Site, now_ms: int) -> Heartbeat:
    """Read from the journals themselves, so that a follower that lags tells nothing wrong."""
    last = max(_last_leaves(site), key=lambda leaf: leaf.received_at_ms, default=None)
    rows = MeasuredOutage.objects.order_by("-until_ms")[: SHOWN_OUTAGES * 4]
    long_enough = [Period(row.from_ms, row.until_ms) for row in rows if row.until_ms - row.from_ms >= OUTAGE_MS_MIN]
    outages = long_enough[:SHOWN_OUTAGES]
    if last is None:
        return Heartbeat(is_up=False, since_ms=None, outages=outages)
    if last.kind is Kind.GATE_STOP or now_ms - last.received_at_ms > SILENT_AFTER_MS:
        return Heartbeat(is_up=False, since_ms=last.received_at_ms, outages=outages)
    starts = ServerFact.objects.filter(kind=Kind.GATE_START).order_by("-received_at_ms")
    said = ServerFact.objects.filter(kind=Kind.CLOCK_STATE, origin=last.origin).order_by("-index").first()
    return Heartbeat(
        is_up=True,
        since_ms=starts.values_list("received_at_ms", flat=True).first(),
        outages=outages,
        clock_in_doubt=said is not None and said.body["clock"] in _DOUBTED_CLOCKS,
    )


def _last_leaves(site: Site) -> list[Leaf]:
    """The newest leaf of each gate's journal."""
    # The office's later journals are `office-<turn>`.
    gates = (folder for folder in site.journal_folders() if folder.name.partition("-")[0] != OFFICE_FOLDER)
    return [leaf for reader in readers(gates) for leaf in reader.read(max(reader.size() - 1, 0), 1)]


@login_not_required
@require_GET
def status(request: OfficeRequest) -> HttpResponse:
    """Up or down, since when, and what to do: for everybody, without a log-in."""
    context = {"beat": heartbeat(HERE.site, request.now_ms), "zone": HERE.site.zone, "now_ms": request.now_ms}
    return render(request, "status/status.html", context)
