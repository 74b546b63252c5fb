"""Dates as changelogs write them, and as a newsletter says them."""

from __future__ import annotations

import re
from dataclasses import dataclass

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")
_MONTH = "(" + "|".join(f"{month[:3]}(?:{month[3:]})?" for month in MONTHS) + r")\.?"
_FORMS = (
    re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"),
    re.compile(rf"(?P<name>{_MONTH})\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})", re.IGNORECASE),
    re.compile(rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<name>{_MONTH}),?\s+(?P<y>\d{{4}})", re.IGNORECASE),
    re.compile(rf"(?P<name>{_MONTH})\s+(?P<y>\d{{4}})", re.IGNORECASE),
)


@dataclass(frozen=True, order=True)
class Day:
    """`day` is 0 when only the month is known."""

    year: int
    month: int
    day: int = 0

    def __str__(self) -> str:
        return f"{self.day} {self.month_name} {self.year}" if self.day else f"{self.month_name} {self.year}"

    @property
    def month_name(self) -> str:
        return MONTHS[self.month - 1]


def find_date(text: str) -> tuple[Day, tuple[int, int]] | None:
    """The first date in `text`, and where it stands."""
    for form in _FORMS:
        for match in form.finditer(text):
            parts = match.groupdict()
            month = _month_number(parts["name"]) if "name" in parts else int(parts["m"])
            day = int(parts.get("d") or 0)
            if 1 <= month <= 12 and day <= 31 and 1970 <= int(parts["y"]) <= 2199:
                return Day(int(parts["y"]), month, day), match.span()
    return None


def date_range(first: Day, last: Day) -> str:
    """`29 May to 24 August 2025`: what both share is said once."""
    if first == last:
        return str(first)
    start = str(first) if first.year != last.year else str(first).removesuffix(f" {first.year}")
    return f"{start} to {last}"


def _month_number(name: str) -> int:
    return next(n for n, month in enumerate(MONTHS, 1) if month.lower().startswith(name.lower()[:3]))
