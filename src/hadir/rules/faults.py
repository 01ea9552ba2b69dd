"""What may be wrong in a document that a person wrote: a code with its parameters, and the sentence of a program.

Whoever shows it to a person says it in his language (`fault.…` in the catalogue), whose English is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

SENTENCES: Mapping[str, str] = {
    "unknown": "{key} is not known here",
    "missing": "is missing; nothing loads without it",
    "text": "must be a text of 1 to {most} characters",
    "day": "must be a day like 2023-04-12, not {raw}",
    "day_between": "must be a day between {least} and {most}, not {raw}",
    "clock": 'must be a clock time in quotes like "07:30", not {raw}',
    "no_clock": "there is no clock time {raw}",
    "whole": "must be a whole number from {least} to {most}, not {raw}",
    "one_of": "must be one of {words}, not {raw}",
    "texts": "must be a list of texts",
    "yes_or_no": "must be true or false, not {raw}",
    "fields": "must have {words} and nothing else",
    "no_mapping": "the file holds no mapping",
    "name": "must be {name}, like the file's name",
    "title": "must have id and en",
    "values": "must be a mapping of values",
    "no_value": "no such value is known",
    "dated": "must be a list of dated entries",
    "order": "the entries must stand in the order of their days, each day once",
    "entry": "must have from, value, article, source and certainty",
    "extends": "{name} is not a policy that can be extended here",
    "path_missing": "{path} is missing",
    "no_class": "{path} names {code}, which {table} does not have",
    "percentage": "must be a percentage from 0 to 100, not {raw}",
    "before": "{first} must be before {last}",
    "before_or_next_day": "{first} must be before {last}, or end_next_day be true",
    "weekdays": "days must be a list of {words}",
    "outage": "an outage has no code: it is a fact, not a policy",
    "bands": "days must be a list of {{from_day, percent}}",
    "band_order": "days must begin with day 1 and stand in order, each day once",
    "counted": "where a later day costs something else, counts and per must say which days are counted",
    "at_most": "must be at most {most} characters",
    "bytes": "has more than {most} bytes",
    "unfolds": "unfolds to more than {most} values, or {deep} in each other",
    "utf_8": "is not a readable text in UTF-8",
    "date_twice": "has a date twice",
    "mappings": "must be a list of mappings",
    "own_name": "must not be the name of a set that ships; choose one of your own",
    "gap": "costs nothing before minute {minutes}; cite the regulation under exceptions if it says so",
    "cheaper_later": "costs {percent} %, less than {other} % of {path}, which begins earlier",
    "same_minute": "begins at the same minute as {path}",
    "above_absence": "costs {percent} %, more than the {most} % of an absence",
    "slug": "must be a name of small letters, digits and hyphens",
    "neither": "is neither a file nor one of {words}",
    "unknown_near": "{key} is not known here; did you mean {near}?",
    "comma": (
        "{key} is read as {first}, and {rest} behind the comma stands by itself: write decimals with a "
        "point, as in 1.25"
    ),
    "point": "write decimals with a point and without quotes, as in 1.25, not {raw}",
    "fields_may": "must have {words}, may have {more}, and nothing else",
    "extends_near": "{name} is not a policy that can be extended here; did you mean {near}?",
    "twice": "{key} stands twice, in line {first} and in line {last}; only one of them would hold, so join them",
    "hole": (
        'ends on {day} and nothing takes its place, while {path} behind it goes on; write "off" from that '
        "day on if it was repealed"
    ),
    "class_not_held": "names {code}, which on {day} {table} does not have",
    "nothing_held": "nothing holds on {day}, while {path} does",
    "above_likely": "costs {percent} % a day, more than {most} %; cite the regulation under exceptions if it says so",
    "yaml_alias": "is not YAML, line {line}: the name behind * was never given with &",
    "yaml_letter": (
        "is not YAML, line {line}: a tab, or a sign that cannot begin a value; indent with blanks, and write "
        "texts in quotes"
    ),
    "yaml_colon": (
        "is not YAML, line {line}: a colon cannot stand here; the line before may lack its own, or the text "
        "needs quotes"
    ),
    "yaml_quote": "is not YAML: the quote that opens in line {line} is not closed",
    "yaml_bracket": (
        "is not YAML: the bracket that opens in line {line} is not closed, or a comma or a quote is missing in it"
    ),
    "yaml_indent": (
        "is not YAML, line {line}: it is indented otherwise than the lines that it belongs to, or something "
        "stands behind a closed quote"
    ),
    "yaml": "cannot be read as YAML from line {line}, column {column}, on",
}


class Said(str):
    """A sentence that remembers its code and what it was told."""

    __slots__ = ("code", "params")
    code: str
    params: Mapping[str, object]

    def __new__(cls, code: str, /, **params: object) -> Self:
        said = super().__new__(cls, SENTENCES[code].format_map(params))
        said.code, said.params = code, params
        return said
