"""Expected trouble: every way in which a program of Hadir may say no, as a code.

A refusal never makes a phone delete a tap. Texts stand in `hadir.texts` under `refusal.<code>`; the lines for operators
in `docs/operating.md`. A test holds the three together.
"""

from enum import Enum


class Refusal(Enum):
    """(code, HTTP status). The code is what programs read; people read the catalogue."""

    BAD_HTTP = ("bad_http", 400)
    HEAD_TOO_LARGE = ("head_too_large", 431)
    BAD_JSON = ("bad_json", 400)
    DUPLICATE_MEMBER = ("duplicate_member", 400)
    NOT_FINITE = ("not_finite", 400)
    TOO_DEEP = ("too_deep", 400)
    WRONG_TYPE = ("wrong_type", 400)
    EMPTY_BATCH = ("empty_batch", 400)
    TOO_MANY = ("too_many", 400)
    BODY_TOO_LARGE = ("body_too_large", 413)
    BODY_TOO_SLOW = ("body_too_slow", 408)
    UNSUPPORTED_MEDIA = ("unsupported_media", 415)
    ENCODED_BODY = ("encoded_body", 415)
    NOT_FOUND = ("not_found", 404)
    METHOD = ("method", 405)

    BAD_RECORD = ("bad_record", 400)
    RECORD_TOO_LARGE = ("record_too_large", 413)
    BAD_HEADER = ("bad_header", 400)
    WRONG_ALGORITHM = ("wrong_algorithm", 400)
    WRONG_KIND = ("wrong_kind", 400)
    UNSUPPORTED_VERSION = ("unsupported_version", 400)
    BAD_PAYLOAD = ("bad_payload", 400)
    BAD_KEY = ("bad_key", 400)
    UNKNOWN_KEY = ("unknown_key", 401)
    BAD_VOUCHER = ("bad_voucher", 401)
    VOUCHER_PERSON = ("voucher_person", 401)
    BAD_SIGNATURE = ("bad_signature", 401)

    BAD_DETAIL = ("bad_detail", 400)
    DETAIL_TOO_LARGE = ("detail_too_large", 413)
    DETAIL_UNNAMED = ("detail_unnamed", 404)
    BAD_NONCE = ("bad_nonce", 400)
    BAD_RANGE = ("bad_range", 400)

    BUSY = ("busy", 503)
    CANNOT_STORE = ("cannot_store", 503)
    STOPPING = ("stopping", 503)

    @property
    def code(self) -> str:
        return self.value[0]

    @property
    def status(self) -> int:
        return self.value[1]


class Refused(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """Raised where input is read; caught where it is answered.

    `place` says where in the input, for the log of the sender.
    """

    def __init__(self, refusal: Refusal, place: str = "") -> None:
        super().__init__(f"{refusal.code}: {place}" if place else refusal.code)
        self.refusal = refusal
        self.place = place

    def as_answer(self) -> "Refused":
        """Itself, without the frames that it was raised in: they may hold what will hold it."""
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)
