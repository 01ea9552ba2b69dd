"""Numbers and adjustments of a month in templates."""

from collections.abc import Callable

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

from hadir.office.month_pages.plots import HeatMap, HeatRow
from hadir.office.month_pages.sheet import decimal, sum_text, warning_name, why_text
from hadir.office.month_pages.waiting import source_text
from hadir.office.page.templatetags.hadir import lang_of
from hadir.texts import date_words

register = template.Library()
_LETTERS_MAX = 4


def _spoken(words: Callable[..., str]) -> Callable[..., str]:
    """A tag that says in the page's language what `words` says in one."""

    def tag(context: Context, *values: object) -> str:
        return words(*values, lang_of(context))

    return tag


for name, words in (
    ("decimal", decimal),
    ("sanction", warning_name),
    ("silent_source", source_text),
    ("adjustment_sum", sum_text),
    ("adjustment_why", why_text),
):
    register.simple_tag(_spoken(words), takes_context=True, name=name)


def _fitted(letter: str, heat: HeatMap) -> str:
    """Two codes in one cell are drawn as narrow as the cell is."""
    return f' textLength="{heat.cell_width - 2}" lengthAdjust="spacingAndGlyphs"' if len(letter) > _LETTERS_MAX else ""


@register.simple_tag(takes_context=True)
def heat_cells(context: Context, line: HeatRow) -> SafeString:
    """The cells of one person. Thousands stand on a page: none asks the template, or the addresses, anew."""
    heat: HeatMap = context["heat"]
    name, days = escape(line.row.name), {cell.day: date_words(cell.day, lang_of(context)) for cell in line.cells}
    if not days:
        return SafeString()
    some = next(iter(days))
    before, after = reverse("person-day", args=[line.row.person, some]).split(some.isoformat())
    return SafeString(
        "".join(
            f'<a href="{before}{cell.day.isoformat()}{after}"'
            f' aria-label="{name}, {days[cell.day]}: {escape(cell.letter)}">'
            f'<rect class="heat-{cell.tone}" x="{cell.x}" y="{line.y}" width="{heat.cell_width}"'
            f' height="{heat.cell_height}" rx="3"/>'
            f'<text class="heat-code" x="{cell.text_x}" y="{line.text_y}"{_fitted(cell.letter, heat)}>'
            f"{escape(cell.letter)}</text></a>"
            for cell in line.cells
        )
    )
