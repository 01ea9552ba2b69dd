"""The context of this installation, made once per process."""

from functools import cache

from hadir.office.ground.installation import HERE
from hadir.office.judging.judging import JudgeContext


@cache
def judge_context() -> JudgeContext:
    return JudgeContext(site=HERE.site, policies=HERE.settings.policies)
