"""What a site must have before a program of the office serves or judges. A lack is one sentence with what to do.

A site without its law would judge nobody, in silence; one without its name would refuse every page.
"""

from collections.abc import Iterable
from pathlib import Path

from hadir.config import Settings
from hadir.ledger.sqlite import is_missing
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import laws, shipped_laws
from hadir.office.ground.own_laws import OWN, OwnLawError, decree, own_set
from hadir.rules.reading import DocumentError
from hadir.site import Site, SiteError


class ConditionError(SiteError):
    """Something that a site cannot do without is missing; nothing was begun and nothing changed."""


def require_law(settings: Settings) -> None:
    """ConditionError unless every policy of the folder can be read, and there is one."""
    folder = settings.policies
    where = f"{folder} (HADIR_POLICIES, or what ships with Hadir)"
    try:
        found = shipped_laws(folder)
    except (OSError, DocumentError) as error:
        raise ConditionError(f"the law in {where} cannot be read, so nothing is judged: {error}") from error
    if not found:
        shipped_laws.cache_clear()  # whoever puts it there need not start again
        raise ConditionError(
            f"there is no law in {where}: without a policy file nobody could be judged. Name the right folder, "
            "or install Hadir again as docs/operating.md says"
        )


def require_named_law() -> None:
    """ConditionError when acts name a policy that is not there: whoever they concern would be judged by none.

    Django must be set up, and the tables be of this release.
    """
    from hadir.office.duties.kinds import TEXT_KINDS, LawKind  # noqa: PLC0415 - models wait for django.setup()
    from hadir.office.duties.models import LawAct  # noqa: PLC0415 - as above

    folder = HERE.settings.policies
    named = LawAct.objects.current().filter(kind=LawKind.DUTY).values_list("body__policy", flat=True).distinct()
    given = {str(name) for name in named if name is not None}
    if missing := sorted({name for name in given if not name.startswith(OWN)} - laws(folder).keys()):
        raise ConditionError(
            f"acts of this site rest on policies that are not in {folder}: {', '.join(missing)}. Bring their files "
            "back, or set HADIR_POLICIES to the folder that holds them"
        )
    for row in LawAct.objects.current().filter(kind__in=TEXT_KINDS):
        try:
            _read_text(row.shape)
        except (OwnLawError, KeyError) as error:
            raise ConditionError(f"the text that {row.ref} put in force cannot be read: {error}") from error


def _read_text(shape: object) -> None:
    from hadir.office.duties.kinds import Decree, OwnPolicy  # noqa: PLC0415 - models wait for django.setup()

    if isinstance(shape, OwnPolicy) and shape.version is not None:
        own_set(shape.version)
    elif isinstance(shape, Decree):
        decree(shape.text)


def require_journals(folders: Iterable[Path]) -> None:
    """ConditionError where a journal was begun and is gone: what it told must not be forgotten, nor begun anew."""
    if gone := [str(folder) for folder in folders if is_missing(folder)]:
        raise ConditionError(
            f"the journal that was begun in {', '.join(gone)} is gone: bring its file back, or hadir restore a backup "
            "into a new folder. Nothing was changed"
        )


def require_address(settings: Settings, site: Site) -> None:
    """ConditionError for a production site that does not know where people reach it."""
    if not (site.rehearsal or settings.public_url or site.address):
        raise ConditionError(
            f"{site.name} does not say where people reach it, and would refuse every page: set "
            "HADIR_PUBLIC_URL=https://presensi.example.go.id, or write it into site.json as public_url"
        )
