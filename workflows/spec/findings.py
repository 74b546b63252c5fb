"""What validation found: all faults and warnings at once, each with its path into the document."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate

from countersign.errors import Invalid, field_fault
from workflows.spec import bounds

Fault = dict[str, str]


@dataclass
class Findings:
    """A path that is `quiet` (its value was already reported and replaced by a stand-in) is not reported again.

    Of very many the first ones are kept: nobody reads ten thousand.
    """

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    quiet: set[str] = field(default_factory=set)

    @property
    def are_full(self) -> bool:
        return len(self.faults) >= bounds.FAULTS

    def fault(self, path: str, code: str, detail: str) -> None:
        _add(self.faults, field_fault(path, code, detail), quiet=self._is_quiet(path))

    def warn(self, path: str, code: str, detail: str) -> None:
        _add(self.warnings, field_fault(path, code, detail), quiet=self._is_quiet(path))

    def extend(self, faults: list[Fault]) -> None:
        for fault in faults:
            self.fault(fault["field"], fault["code"], fault["detail"])

    def in_order(self) -> Findings:
        """Sorted by place in the document."""
        self.faults.sort(key=_place)
        self.warnings.sort(key=_place)
        return self

    def raise_faults(self) -> None:
        """Raises Invalid when there are any."""
        if self.faults:
            count = len(self.faults)
            raise Invalid(f"This workflow has {count} {'fault' if count == 1 else 'faults'}. See `fields`.",
                          code="spec_invalid", fields=self.faults)

    def _is_quiet(self, path: str) -> bool:
        return any(above in self.quiet for above in accumulate(path.split("."), "{}.{}".format))


def _add(found: list[Fault], one: Fault, *, quiet: bool) -> None:
    if not quiet and len(found) < bounds.FAULTS and one not in found:
        found.append(one)


def _place(fault: Fault) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in fault["field"].split(".")]
