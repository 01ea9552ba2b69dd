"""What an act of law may say: eleven kinds, and for each the shape of its content. The words are the rules' own."""

from datetime import time
from typing import Annotated

import msgspec
from django.db import models
from msgspec import Meta

from hadir.rules.calendars import FreeDayKind
from hadir.rules.policy import PairingMode

TEXT_LENGTH_MAX = 200
WEEKDAY_MAX = 6
_LISTED_MAX = 50

Text = Annotated[str, Meta(min_length=1, max_length=TEXT_LENGTH_MAX)]
Weekdays = Annotated[frozenset[Annotated[int, Meta(ge=0, le=WEEKDAY_MAX)]], Meta(max_length=7)]
"""As `date.weekday()` numbers them; empty for all."""


class LawKind(models.TextChoices):
    """Names: `law.kind.<value>`."""

    DUTY = "duty"
    """Which week or roster, and by which policy."""
    CALENDAR = "calendar"
    """A free day of a region, a unit, a school; or a free day on which a unit serves."""
    RAMADAN = "ramadan"
    """When Ramadan's hours hold: replaces the season that the shipped calendar expects."""
    CIRCULAR = "circular"
    """Other hours for some days."""
    DISPENSATION = "dispensation"
    """A group excused for some days. Why, few may read."""
    CEREMONY = "ceremony"
    REMOTE = "remote"
    """Days worked away from the office (WFH, WFA)."""
    ROLL_OUT = "roll_out"
    """Recording is obligatory from its first day on, and was not before."""
    DIRECTION = "direction"
    """Whose word it is whether a tap was an arrival."""
    POLICY = "policy"
    """A version of an own policy, in force from its first day on for whoever an act gives it to."""
    DECREE = "decree"
    """A calendar of one's own: a region's decree, or a corrected national calendar."""

    @property
    def name_code(self) -> str:
        return f"law.kind.{self.value}"


class LawShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an act of one kind says, beside whom it concerns and when."""


class DutyLaw(LawShape, frozen=True):
    """Either may be left to the next wider act: a group of nurses by roster has the regency's policy."""

    duty: Text | None = None
    policy: Text | None = None
    by_roster: bool = False

    @property
    def works(self) -> bool:
        """Whether it says which hours are owed."""
        return self.by_roster or self.duty is not None


class CalendarDay(LawShape, frozen=True):
    name: Text
    kind: FreeDayKind = FreeDayKind.LOCAL
    frees_staff: bool = True
    works: bool = False


class Ramadan(LawShape, frozen=True):
    """The period says it all."""


class CircularLaw(LawShape, frozen=True):
    """A side that is None stays as it is; `drops` are codes of ceremonies that are not held."""

    start: time | None = None
    end: time | None = None
    drops: Annotated[frozenset[Text], Meta(max_length=_LISTED_MAX)] = frozenset()


class DispensationLaw(LawShape, frozen=True):
    """All of each day, or the part between two clock times."""

    code: Text = "DISP"
    from_time: time | None = None
    until_time: time | None = None


class CeremonyLaw(LawShape, frozen=True):
    """`code` is the policy's row; `place` the unit at whose site it is held (None: anywhere).

    `on_day_off`: it is owed on free days too, as the flag is raised on 17 August.
    """

    name: Text
    code: Text
    starts: time
    ends: time
    place: int | None = None
    weekdays: Weekdays = frozenset()
    on_day_off: bool = False


class Remote(LawShape, frozen=True):
    """`code` is the letter of the recap; empty for the policy's."""

    code: Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)] = ""
    weekdays: Weekdays = frozenset()


class RollOut(LawShape, frozen=True):
    """The first day says it all."""


class DirectionRule(LawShape, frozen=True):
    """For phones and kiosks, and for terminals and their files. A manual list always says the direction itself."""

    phones: PairingMode = PairingMode.CHOSEN
    terminals: PairingMode = PairingMode.CHOSEN


class OwnPolicy(LawShape, frozen=True):
    """`version` is None where the policy is in force no longer; `text` and `extends` are digests of its texts."""

    name: Text
    version: Text | None = None
    text: Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)] = ""
    extends: dict[str, str] = {}


class Decree(LawShape, frozen=True):
    """`text` is the digest of the calendar's text."""

    name: Text
    text: Text


TEXT_KINDS = frozenset({LawKind.POLICY, LawKind.DECREE})
"""Kinds that put a text in force: always by two people, and undone by two."""
SHAPES: dict[LawKind, type[LawShape]] = {
    LawKind.DUTY: DutyLaw,
    LawKind.CALENDAR: CalendarDay,
    LawKind.RAMADAN: Ramadan,
    LawKind.CIRCULAR: CircularLaw,
    LawKind.DISPENSATION: DispensationLaw,
    LawKind.CEREMONY: CeremonyLaw,
    LawKind.REMOTE: Remote,
    LawKind.ROLL_OUT: RollOut,
    LawKind.DIRECTION: DirectionRule,
    LawKind.POLICY: OwnPolicy,
    LawKind.DECREE: Decree,
}
KIND_OF: dict[type[LawShape], LawKind] = {shape: kind for kind, shape in SHAPES.items()}
