"""The office's one background worker, in seven steps, and once a month an eighth beside them.

1. Acts: make records of the log-ins that failed, and move the outbox into the office journal.
2. Read: follow all journals, this one too, and judge what they touch.
3. Outages: propose what the journals and the phones measured.
4. Roster: when a decision on a device or an erasure was made, publish it to the gates.
5. Uploads: each hour, forget what nobody carried out, or mended, for a week.
6. Signatures: look at some of the leaves that were read by a release that did not look.
7. Trials: try a policy that somebody wants to publish on a few more people.
8. Comparison: in a night of each month, hold the office's tables against its journal.
"""

from dataclasses import dataclass, field
from threading import Event

from django.db.models import Q

from hadir.clock import Clock
from hadir.ledger import Journal
from hadir.office.accounts.log_ins import settle
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.writer import move_outbox
from hadir.office.comparing.actions import Comparer
from hadir.office.devices.roster import REISSUE_AFTER_MS, publish_roster
from hadir.office.erasing.actions import publish_erasures
from hadir.office.excuses.models import ExcuseUpload
from hadir.office.follower.apart import look_back
from hadir.office.follower.following import follow_all
from hadir.office.intake.models import FileUpload
from hadir.office.judging.judging import JudgeContext
from hadir.office.law_pages.trials import Trier
from hadir.office.outages.measuring import propose_outages
from hadir.office.register.models import StaffUpload
from hadir.records.days import DAY_MS
from hadir.records.note import Signer

PAUSE_SECONDS = 0.5
BREATH_SECONDS = 0.15
"""Between two passes of a busy morning. Who else writes to SQLite looks every tenth of a second whether he may: without
it hardly anybody finds the moment, and a log-in takes seconds."""
ROSTER_PAUSE_MS = 3_000
"""Many decisions in a row become one roster; a revocation still reaches the gates within seconds."""

PHONES_PAUSE_MS = 30_000
UPLOADS_PAUSE_MS, UPLOADS_KEPT_MS = 3_600_000, 7 * DAY_MS
BATCHES_IN_A_ROW = 4
"""On a busy morning there is always one more to judge. After so many the rest has its turn: acts go into the journal,
and rosters to the gates, which wait for a revocation."""


def forget_uploads(now_ms: int) -> None:
    """Files that were shown and not carried out, and rows that were left out of a list: they are full of names."""
    before = Q(at_ms__lte=now_ms - UPLOADS_KEPT_MS)
    FileUpload.objects.filter(before).delete()
    for lists in (StaffUpload.objects.filter(before), ExcuseUpload.objects.filter(before)):
        lists.filter(done_at_ms=None).delete()
        lists.exclude(data=b"").update(data=b"")


@dataclass
class Worker:
    context: JudgeContext
    clock: Clock
    journal: Journal
    office: Signer
    published_seq: int = -1
    published_ms: int = 0
    published_mono_ms: int = -ROSTER_PAUSE_MS
    phones_to_ask: bool = False
    asked_mono_ms: int = -PHONES_PAUSE_MS
    tidied_mono_ms: int = -UPLOADS_PAUSE_MS
    trier: Trier = field(default_factory=Trier)

    def step(self) -> bool:
        """Do once what there is to do. Returns whether there was anything to read or to try."""
        now_ms = self.clock.now_ms()
        settle(now_ms)
        move_outbox(self.journal, now_ms=now_ms)
        read = follow_all(self.context, now_ms=now_ms, batches_max=BATCHES_IN_A_ROW)
        self._propose(now_ms, fresh=read > 0)
        self._publish(now_ms)
        self._tidy(now_ms)
        looked = look_back(self.context)
        return self.trier.step(self.context) or read > 0 or looked > 0

    def run(self, stop: Event) -> None:
        comparer = Comparer(self.context.site)
        with self.trier:
            while not stop.is_set():
                comparer.look(self.clock.now_ms(), self.clock.mono_ms())
                stop.wait(BREATH_SECONDS if self.step() else PAUSE_SECONDS)

    def _propose(self, now_ms: int, *, fresh: bool) -> None:
        """What the phones say is read as a whole, hence not after every few taps of a morning."""
        self.phones_to_ask |= fresh
        mono_ms = self.clock.mono_ms()
        ask = self.phones_to_ask and mono_ms - self.asked_mono_ms >= PHONES_PAUSE_MS
        if fresh or ask:
            propose_outages(now_ms, ask_phones=ask)
        if ask:
            self.phones_to_ask, self.asked_mono_ms = False, mono_ms

    def _tidy(self, now_ms: int) -> None:
        mono_ms = self.clock.mono_ms()
        if mono_ms - self.tidied_mono_ms >= UPLOADS_PAUSE_MS:
            forget_uploads(now_ms)
            self.tidied_mono_ms = mono_ms

    def _publish(self, now_ms: int) -> None:
        mono_ms = self.clock.mono_ms()
        decided = OutboxRow.objects.filter(Q(act__startswith="device.") | Q(act__startswith="erasure.")).order_by(
            "-seq"
        )
        seq = decided.values_list("seq", flat=True).first() or 0
        due = seq != self.published_seq or now_ms - self.published_ms >= REISSUE_AFTER_MS
        if not due or mono_ms - self.published_mono_ms < ROSTER_PAUSE_MS:
            return
        site = self.context.site
        publish_erasures(site.roster_folder, self.office)
        publish_roster(site.roster_folder, office=self.office, site=site.name, now_ms=now_ms)
        self.published_seq, self.published_ms, self.published_mono_ms = seq, now_ms, mono_ms
