"""Fills a new rehearsal folder with a regency and its past, from before Django is set up."""

from hadir.config import Settings
from hadir.site import SiteError
from rehearsal.demo.history import prepare_in_haste
from rehearsal.morning.plan import PEOPLE_MIN


def fill_regency(settings: Settings, *, people: int, seed: int, whole_month: bool = True) -> None:
    """Fill the empty rehearsal folder of these settings. SiteError for a production folder or one in use.

    Without a month it is the last working day alone: everybody works office hours, and nothing else happens.
    """
    if people < PEOPLE_MIN:
        raise SiteError(f"a regency has at least {PEOPLE_MIN} people")
    prepare_in_haste(settings)
    from rehearsal.demo.make import make_regency  # noqa: PLC0415 - after django.setup()

    make_regency(settings, people=people, seed=seed, whole_month=whole_month)
