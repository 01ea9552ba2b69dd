"""Why an act was not done: one error for all acts of the office."""

from typing import Any


class ActError(Exception):
    """Expected trouble: the `code` of the sentence that says why, and the `field` of the form that its sender can mend.

    The rule of the answer's status, which `page.answers` follows: with a field the request is at fault (400); without
    one it is what the office holds (409), and the same request can be right at another time.
    """

    def __init__(self, code: str, *, field: str = "", faults: tuple[Any, ...] = ()) -> None:
        super().__init__(code)
        self.code, self.field, self.faults = code, field, faults

    @property
    def errors(self) -> dict[str, str]:
        """As a form's errors are shown: field -> code."""
        return {self.field: self.code}
