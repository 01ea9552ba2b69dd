"""Slips on A4 sheets as one PDF: six to a page between cut lines, each with its code for the camera and the fingers."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from hadir.records.voucher import typed_lines
from hadir.texts import Lang, render

COLUMNS, ROWS = 2, 3
PER_PAGE = COLUMNS * ROWS
_WIDTH, _HEIGHT = A4[0] / COLUMNS, A4[1] / ROWS
_PAD = 8 * mm
_PRINTED = _WIDTH - 2 * _PAD
_QR = 37 * mm
_GAP = 4 * mm
_SANS, _BOLD, _MONO = "Helvetica", "Helvetica-Bold", "Courier-Bold"
_BRAND, _SOFT = (0.043, 0.431, 0.31), (0.28, 0.34, 0.31)
_NAME_LINES_MAX = 2
_QR_BORDER = 2


@dataclass(frozen=True, slots=True)
class PrintedSlip:
    number: int
    name: str
    unit: str
    voucher: str
    last_day: date


def slip_address(public_url: str, voucher: str) -> str:
    """What the camera opens. The voucher is the fragment, which never reaches a server or its log."""
    return f"{public_url}/#v={voucher}"


def draw_sheets(slips: Sequence[PrintedSlip], *, public_url: str, lang: Lang, rehearsal: bool) -> bytes:
    """The slips in their order, left to right and down."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, pageCompression=1, lang="id-ID" if lang == "id" else "en")
    canvas.setTitle(render("slips.sheet.title", lang, {"n": len(slips)}))
    canvas.setAuthor("Hadir")
    for place, slip in enumerate(slips):
        on_page = place % PER_PAGE
        if place and not on_page:
            _end_page(canvas)
        left = on_page % COLUMNS * _WIDTH
        top = A4[1] - on_page // COLUMNS * _HEIGHT
        _Card(canvas, left + _PAD, top - _PAD, lang).draw(slip, public_url, rehearsal=rehearsal)
    _end_page(canvas)
    canvas.save()
    return file.getvalue()


def _end_page(canvas: Canvas) -> None:
    """Where to cut."""
    canvas.setDash(2, 3)
    canvas.setLineWidth(0.4)
    canvas.setStrokeColorRGB(*_SOFT)
    for column in range(1, COLUMNS):
        canvas.line(column * _WIDTH, 4 * mm, column * _WIDTH, A4[1] - 4 * mm)
    for row in range(1, ROWS):
        canvas.line(4 * mm, row * _HEIGHT, A4[0] - 4 * mm, row * _HEIGHT)
    canvas.showPage()


@dataclass
class _Card:
    """One slip; `x` and `y` are the upper left corner of what may be printed on, then `y` where the next thing goes."""

    canvas: Canvas
    x: float
    y: float
    lang: Lang

    def draw(self, slip: PrintedSlip, public_url: str, *, rehearsal: bool) -> None:
        self._head(slip, rehearsal=rehearsal)
        top = self.y
        self._code(slip_address(public_url, slip.voucher), top)
        self._steps(public_url, top)
        self.y = top - _QR - 1 * mm
        self._typed(slip.voucher)
        self._foot(slip)

    def _head(self, slip: PrintedSlip, *, rehearsal: bool) -> None:
        mark = f"Hadir · {render('page.rehearsal', self.lang)}" if rehearsal else "Hadir"
        room = _PRINTED - stringWidth(mark, _BOLD, 8) - _GAP
        top = self.y
        self.canvas.setFillColorRGB(0, 0, 0)
        for line in _fitted(slip.name, _BOLD, 12, room, _NAME_LINES_MAX):
            self._line(line, _BOLD, 12, 13)
        self.canvas.setFillColorRGB(*_SOFT)
        for line in _fitted(slip.unit, _SANS, 8.5, _PRINTED, 1):
            self._line(line, _SANS, 8.5, 11)
        self.canvas.setFillColorRGB(*_BRAND)
        self.canvas.setFont(_BOLD, 8)
        self.canvas.drawRightString(self.x + _PRINTED, top - 11, mark)
        self.canvas.setStrokeColorRGB(*_BRAND)
        self.canvas.setDash()
        self.canvas.setLineWidth(1)
        self.canvas.line(self.x, self.y - 1 * mm, self.x + _PRINTED, self.y - 1 * mm)
        self.y -= 3 * mm

    def _code(self, address: str, top: float) -> None:
        """Each row of the code as runs of dark squares, one path for all."""
        matrix = segno.make(address, error="m", micro=False).matrix
        side = _QR / (len(matrix) + 2 * _QR_BORDER)
        path = self.canvas.beginPath()
        for row, squares in enumerate(matrix, 1 + _QR_BORDER):
            for begin, length in _runs(squares):
                path.rect(self.x + (begin + _QR_BORDER) * side, top - row * side, length * side, side)
        self.canvas.setFillColorRGB(0, 0, 0)
        self.canvas.drawPath(path, stroke=0, fill=1)

    def _steps(self, public_url: str, top: float) -> None:
        self.y = top - 1 * mm
        self.canvas.setFillColorRGB(0, 0, 0)
        x, width = self.x + _QR + _GAP, _PRINTED - _QR - _GAP
        for number in (1, 2, 3):
            text = render(f"slips.step_{number}", self.lang, {"address": public_url})
            for place, line in enumerate(_fitted(text, _SANS, 8, width - 9, 6)):
                self.canvas.setFont(_SANS, 8)
                if not place:
                    self.canvas.drawString(x, self.y - 8, f"{number}.")
                self.canvas.drawString(x + 9, self.y - 8, _latin(line))
                self.y -= 9.6
            self.y -= 3

    def _typed(self, voucher: str) -> None:
        self.canvas.setFillColorRGB(*_SOFT)
        self._line(render("slips.typed_short", self.lang), _SANS, 7, 10)
        self.canvas.setFillColorRGB(0, 0, 0)
        for line in typed_lines(voucher):
            self._line(line, _MONO, 9, 10.4)

    def _foot(self, slip: PrintedSlip) -> None:
        self.y -= 1 * mm
        self.canvas.setFillColorRGB(*_SOFT)
        until = render("slips.sheet.foot", self.lang, {"n": slip.number, "day": slip.last_day})
        for line in _fitted(f"{until} {render('slips.foot', self.lang)}", _SANS, 6.6, _PRINTED, 3):
            self._line(line, _SANS, 6.6, 7.8)

    def _line(self, text: str, font: str, size: float, leading: float) -> None:
        self.canvas.setFont(font, size)
        self.canvas.drawString(self.x, self.y - size, _latin(text))
        self.y -= leading


def _runs(squares: Sequence[int]) -> list[tuple[int, int]]:
    """(begin, length) of each run of dark squares."""
    found: list[tuple[int, int]] = []
    for place, dark in enumerate(squares):
        if not dark:
            continue
        if found and sum(found[-1]) == place:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((place, 1))
    return found


def _fitted(text: str, font: str, size: float, width: float, lines_max: int) -> list[str]:
    """The text in as many lines as it needs; what does not fit ends with an ellipsis, never beyond the cut."""
    words = [part for word in text.split() for part in _broken(word, font, size, width)]
    lines = list(simpleSplit(_latin(" ".join(words)), font, size, width))
    if len(lines) <= lines_max:
        return lines
    last = lines[lines_max - 1]
    while stringWidth(f"{last} …", font, size) > width:
        last = last[:-1].rstrip()
    return [*lines[: lines_max - 1], f"{last} …"]


def _broken(word: str, font: str, size: float, width: float) -> list[str]:
    """A word that is wider than its line, in pieces."""
    parts = [""]
    for letter in word:
        if parts[-1] and stringWidth(parts[-1] + letter, font, size) > width:
            parts.append("")
        parts[-1] += letter
    return parts


def _latin(text: str) -> str:
    """The fonts that every reader has know Latin letters; any other is shown as a question mark, never as nothing."""
    return text.encode("cp1252", "replace").decode("cp1252")
