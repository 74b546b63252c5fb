"""Whether rules are met by different people: a bipartite matching of seats to people.

Kuhn's augmenting paths (H. W. Kuhn, "The Hungarian method for the assignment problem", 1955): a seat takes a free
person who has its role, or one whose present seat can take somebody else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

Person = TypeVar("Person")
Rules = Iterable[tuple[UUID, int]]
"""Role and how many different people with it."""


@dataclass(frozen=True)
class Quorum:
    """How far people fill the rules: `met`, and how many each rule still lacks, in the rules' order."""

    filled: tuple[int, ...]
    lacks: tuple[int, ...]

    @property
    def met(self) -> bool:
        return not any(self.lacks)


def quorum(rules: Rules, people: Mapping[Person, Collection[UUID]]) -> Quorum:
    """Seat as many people as possible, each once. `people` maps a person to the roles they may decide in.

    Where several fillings are equally large, earlier rules are filled first.
    """
    rules = list(rules)
    seats = [(index, role) for index, (role, count) in enumerate(rules) for _ in range(count)]
    candidates = {role: [person for person, roles in people.items() if role in roles] for role, _ in rules}
    taken: dict[Person, int] = {}

    def seat_person(seat: int, tried: set[Person]) -> bool:
        for person in candidates[seats[seat][1]]:
            if person in tried:
                continue
            tried.add(person)
            if person not in taken or seat_person(taken[person], tried):
                taken[person] = seat
                return True
        return False

    filled = [0] * len(rules)
    for seat, (index, _) in enumerate(seats):
        filled[index] += seat_person(seat, set())
    return Quorum(tuple(filled), tuple(count - have for (_, count), have in zip(rules, filled, strict=True)))
