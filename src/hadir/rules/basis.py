"""What the reasons of a day rest on that is another government's, or that nobody has read: said once, at their end.

value ── article ──► regulations ──► borrowed: "Pinjaman dari Permentan 68/2012 sampai peraturan sendiri dibaca."
                                └──► unread:   "Belum dipastikan dari naskah resminya: PermenPANRB 4/2025."
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from hadir.rules.policy import Certainty, Policy, Provenance
from hadir.rules.reasons import Reason, ReasonCode, because

OWN_RULE = "Ketentuan Hadir"
"""How an article begins that Hadir decides itself: nothing to be read elsewhere, and nobody's to be borrowed."""
_REMARK = re.compile(r" *\([^)]*\)")
_REGULATION_ENDS = re.compile(r",| Pasal ")
_SAID = frozenset({ReasonCode.LAW_BORROWED, ReasonCode.LAW_UNREAD})

Named = Mapping[str, tuple[str, ...]]


def regulations_of(article: str) -> tuple[str, ...]:
    """The regulations that an article names: its words before a comma or `Pasal`, without what stands in brackets."""
    parts = _REMARK.sub("", article).split("; ")
    return tuple(dict.fromkeys(_REGULATION_ENDS.split(part, maxsplit=1)[0].strip() for part in parts))


def named(cited: Iterable[Provenance], own: str) -> tuple[Named, Named]:
    """By article, the regulations that are borrowed, and those that were not read, of what is in force in `own`."""
    cited = tuple(cited)
    mine = {name for one in cited if not one.borrowed and one.said_by == own for name in regulations_of(one.article)}
    decided = {name for one in cited if not one.borrowed and _is_decided(one) for name in regulations_of(one.article)}
    borrowed: dict[str, tuple[str, ...]] = {}
    unread: dict[str, tuple[str, ...]] = {}
    for one in cited:
        others = tuple(name for name in regulations_of(one.article) if name not in mine | decided)
        if one.borrowed and others:
            borrowed[one.article] = others
        if one.certainty is Certainty.INFERRED and not _is_decided(one):
            unread[one.article] = (one.article,)  # With its remark: what was inferred, no fault of the regulation.
        elif one.certainty is Certainty.KNOWN and not _is_decided(one):
            unread[one.article] = regulations_of(one.article)
    return borrowed, unread


def _is_decided(one: Provenance) -> bool:
    return one.article.startswith(OWN_RULE)


def with_basis(reasons: Iterable[Reason], policy: Policy) -> tuple[Reason, ...]:
    """The reasons, and at their end what of them is borrowed and what was not read."""
    told = [one for one in reasons if one.code not in _SAID]
    return (*told, *basis_of((one.article for one in told if one.article is not None), policy))


def articles_of_tables(policy: Policy) -> Iterator[str]:
    """What a month's percentage rests on: both tables, what is missing, the absence, the part of the allowance."""
    for side in (policy.arrival, policy.departure):
        yield from (row.article for row in side.classes)
        yield side.no_punch_article
    yield from (policy.absent.article, policy.month.share_article)


def basis_of(articles: Iterable[str], policy: Policy) -> Iterator[Reason]:
    """What of these articles is borrowed, and what was not read."""
    articles = dict.fromkeys(articles)
    for code, found in ((ReasonCode.LAW_BORROWED, policy.borrowed), (ReasonCode.LAW_UNREAD, policy.unread)):
        names = dict.fromkeys(name for article in articles for name in found.get(article, ()))
        if names:
            yield because(code, regulations=", ".join(names))
