"""The kinds of records, version 1 (docs/record-format.md sections 1 to 3).

Numbers never change and are never used again.
"""

from enum import IntEnum


class Kind(IntEnum):
    """What a leaf holds."""

    PUNCH = 1
    DELIVERY = 2
    USER_VERIFICATION = 3
    COUNTERSIGNATURE = 4
    KIOSK_PUNCH = 5
    TERMINAL_LINE = 6
    FILE_LINE = 7
    MANUAL_LIST = 8
    GATE_START = 16
    GATE_STOP = 17
    GATE_PULSE = 18
    ROSTER_LOADED = 19
    CLOCK_STATE = 20
    FLAG = 21
    DETAIL_FINDING = 22
    DETAIL_ERASED = 23
    JOURNAL_OPENED = 24
    JOURNAL_SEALED = 25
    ERASURE_DONE = 26
    DECISION = 32
    STAFF_FACT = 33
    OFFICE_ROWS = 34


#: The `typ` of a phone's record -> its kind.
KIND_OF_TYP = {
    "hadir-punch+jws": Kind.PUNCH,
    "hadir-delivery+jws": Kind.DELIVERY,
    "hadir-user-verification+jws": Kind.USER_VERIFICATION,
    "hadir-countersignature+jws": Kind.COUNTERSIGNATURE,
    "hadir-kiosk-punch+jws": Kind.KIOSK_PUNCH,
}

PUNCH_KINDS = frozenset({Kind.PUNCH, Kind.KIOSK_PUNCH})
WITNESS_KINDS = frozenset({Kind.DELIVERY, Kind.USER_VERIFICATION, Kind.COUNTERSIGNATURE})
