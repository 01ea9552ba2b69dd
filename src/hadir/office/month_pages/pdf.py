"""The regional form as PDF, landscape on A4 or F4: the codes by date, the sums, what waits, and who signs."""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    KeepTogether,
    LongTable,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from hadir.office.ground.ranks import rank_text
from hadir.office.ground.words import say
from hadir.office.month_pages.paper import Paper, PaperSigner
from hadir.office.month_pages.recap import RecapRow

F4 = (215 * mm, 330 * mm)
PAPERS = {"a4": landscape(A4), "f4": landscape(F4)}
MARGIN = 10 * mm
_NUMBER_WIDTH, _NAME_WIDTH, _REMARK_WIDTH = 8 * mm, 46 * mm, 30 * mm
_SMALL, _CELL, _TITLE = 6, 6.5, 11
_ROW_PAD = 1.4
_PEOPLE_ON_PAGE = 18
"""About so many rows: only to say how far it is."""
_WIDE = 1.7
"""A column of numbers such as `100,00`, in widths of a column that counts."""
_PLAIN = ParagraphStyle("plain", fontName="Helvetica", fontSize=8, leading=10)
_CELL_STYLE = ParagraphStyle("cell", fontName="Helvetica", fontSize=_CELL, leading=_CELL + 1)
_BOLD = ParagraphStyle("bold", parent=_PLAIN, fontName="Helvetica-Bold", spaceBefore=6)
_CENTRE = ParagraphStyle("centre", parent=_PLAIN, alignment=1)
_HEAD = ParagraphStyle("head", parent=_CENTRE, fontName="Helvetica-Bold", fontSize=_TITLE, leading=14)
_GREY = colors.Color(0.45, 0.45, 0.45)
_PALE = colors.Color(0.93, 0.95, 0.94)


class _Upright(Flowable):
    """A head written from below to above, so that a narrow column can have a name."""

    def __init__(self, text: str, height: float) -> None:
        super().__init__()
        self.text, self.height, self.width = text, height, _CELL

    def wrap(self, *_: object) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        canvas = self.canv
        canvas.saveState()
        canvas.rotate(90)
        canvas.setFont("Helvetica-Bold", _CELL)
        canvas.drawString(0, -_CELL + 1, self.text)
        canvas.restoreState()


def pdf(paper: Paper, size: str, *, done: Callable[[int], object] = int) -> bytes:
    """The bytes of the file; `size` is a key of `PAPERS`; `done` hears how many people are on finished pages."""
    out = BytesIO()
    pages = PAPERS[size]
    document = SimpleDocTemplate(
        out, pagesize=pages, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 4 * mm,
        title=f"{paper.title} {paper.subtitle}", author="Hadir", invariant=1,
    )  # fmt: skip
    width = pages[0] - 2 * MARGIN
    story = [
        *_title(paper, "months.paper.daily"),
        _daily(paper, width),
        CondPageBreak(pages[1]),
        *_title(paper, "months.paper.sums"),
        _sums(paper, width),
        *_waits(paper),
        KeepTogether(
            [
                _legend(paper),
                *(Paragraph(escape(text), _PLAIN) for text in paper.basis),
                Spacer(1, 4 * mm),
                _signatures(paper, width),
            ]
        ),
    ]
    document.setProgressCallBack(_teller(len(paper.rows), done))
    document.build(story, canvasmaker=_numbered(paper, pages[0]))
    return out.getvalue()


def _teller(people: int, done: Callable[[int], object]) -> Callable[[str, Any], None]:
    """How far it is, as people: each stands on a page of codes and on one of sums."""
    pages = max(1, 2 * people // _PEOPLE_ON_PAGE)

    def told(what: str, value: Any) -> None:  # noqa: ANN401 - reportlab's own
        if what == "PAGE":
            done(min(people, people * int(value) // pages))

    return told


def _title(paper: Paper, part: str) -> list[Any]:
    return [
        Paragraph(escape(paper.title), _HEAD),
        Paragraph(escape(paper.subtitle), _CENTRE),
        Paragraph(escape(f"{say(part, paper.lang)} · {paper.state}"), _CENTRE),
        Spacer(1, 3 * mm),
    ]


def _daily(paper: Paper, width: float) -> LongTable:
    each = (width - _NUMBER_WIDTH - _NAME_WIDTH) / len(paper.days)
    head = [say("months.column.number", paper.lang), _name_head(paper), *(str(day.day) for day in paper.days)]
    rows = [[str(row.number), _name(row.row), *map(_fitting, row.daily)] for row in paper.rows]
    more: list[Any] = [("ALIGN", (2, 0), (-1, -1), "CENTER")]
    more += [
        ("BACKGROUND", (2 + place, 0), (2 + place, -1), _PALE)
        for place, day in enumerate(paper.days)
        if day.isoweekday() > 5
    ]
    return _table([head, *rows], [_NUMBER_WIDTH, _NAME_WIDTH, *([each] * len(paper.days))], more)


def _sums(paper: Paper, width: float) -> LongTable:
    shares = [_WIDE if column.is_text else 1.0 for column in paper.columns]
    each = (width - _NUMBER_WIDTH - _NAME_WIDTH - _REMARK_WIDTH) / sum(shares)
    height = max(len(head) for head in paper.heads) * _CELL * 0.56
    head: list[Any] = [say("months.column.number", paper.lang), _name_head(paper)]
    head += [_Upright(text, height) for text in paper.heads]
    head.append(say("months.column.remarks", paper.lang))
    rows = [
        [
            str(row.number),
            _name(row.row),
            *map(_fitting, row.sums),
            Paragraph(escape(row.remarks), _CELL_STYLE),
        ]
        for row in paper.rows
    ]
    widths = [_NUMBER_WIDTH, _NAME_WIDTH, *(each * share for share in shares), _REMARK_WIDTH]
    return _table([head, *rows], widths, [])


def _name_head(paper: Paper) -> str:
    return f"{say('today.column.name', paper.lang)} / NIP / {say('register.column.position', paper.lang)}"


def _name(row: RecapRow) -> Paragraph:
    below = [row.nip, ", ".join(part for part in (row.position, rank_text(row.rank)) if part)]
    lines = "".join(f"<br/><font size={_SMALL - 0.5}>{escape(line)}</font>" for line in below if line)
    return Paragraph(escape(row.name) + lines, _CELL_STYLE)


def _fitting(text: str) -> str | Paragraph:
    """A cell with two classes breaks between them."""
    return Paragraph(escape(text), _CELL_STYLE) if " " in text else text


def _table(rows: list[list[Any]], widths: list[float], more: list[Any]) -> LongTable:
    style = TableStyle([
        ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", _CELL),
        ("FONT", (0, 1), (-1, -1), "Helvetica", _CELL),
        ("GRID", (0, 0), (-1, -1), 0.3, _GREY),
        ("ALIGN", (2, 0), (-2, -1), "CENTER"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        *((f"{side}PADDING", (0, 0), (-1, -1), _ROW_PAD) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")),
        *more,
    ])  # fmt: skip
    return LongTable(rows, colWidths=widths, repeatRows=1, style=style)


def _waits(paper: Paper) -> list[Any]:
    """By name above the signature: what is not decided, and what earlier months cost or give back."""
    return [
        part
        for head, told in paper.sections
        for part in (Paragraph(escape(head), _BOLD), *(Paragraph(escape(text), _PLAIN) for text in told))
    ]


def _legend(paper: Paper) -> Paragraph:
    told = "; ".join(f"<b>{escape(letter)}</b> {escape(text)}" for letter, text in paper.legend)
    return Paragraph(f"<b>{escape(say('months.paper.legend', paper.lang))}</b>: {told}", _PLAIN)


def _signatures(paper: Paper, width: float) -> Table:
    left, right = paper.signers
    cells = [[_signature(left, ""), _signature(right, paper.place_day)]]
    return Table(cells, colWidths=[width / 2, width / 2], style=[("VALIGN", (0, 0), (-1, -1), "TOP")])


def _signature(signer: PaperSigner, above: str) -> list[Any]:
    return [
        Paragraph(escape(above) or "&nbsp;", _CENTRE),
        Paragraph(escape(signer.lead) or "&nbsp;", _CENTRE),
        Paragraph(escape(signer.office), _CENTRE),
        Spacer(1, 16 * mm),
        Paragraph(f"<b>{escape(signer.name)}</b>", _CENTRE),
        Paragraph(f"NIP {escape(signer.nip)}", _CENTRE),
    ]


def _numbered(paper: Paper, width: float) -> type[Canvas]:
    """A canvas that knows how many pages there are before it writes their numbers."""

    class Numbered(Canvas):
        def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - reportlab's own
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]  # reportlab's own, which its types leave out

        def save(self) -> None:
            for number, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                self.setFont("Helvetica", _SMALL)
                self.drawString(MARGIN, 6 * mm, f"{paper.subtitle}  {paper.digest}")
                told = say("months.paper.page", paper.lang, {"n": number, "all": len(self._pages)})
                self.drawRightString(width - MARGIN, 6 * mm, told)
                super().showPage()
            super().save()

    return Numbered
