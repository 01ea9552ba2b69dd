"""The court of this installation, made once per process."""

from functools import cache

from hadir.office.ground.installation import HERE
from hadir.office.judging.judging import Court


@cache
def court() -> Court:
    return Court(site=HERE.site, policies=HERE.settings.policies)
