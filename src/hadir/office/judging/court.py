"""The court of this installation, made once per process."""

from functools import cache

from hadir.office.judging.judging import Court
from hadir.office.ground.installation import HERE


@cache
def court() -> Court:
    return Court(site=HERE.site, policies=HERE.settings.policies)
