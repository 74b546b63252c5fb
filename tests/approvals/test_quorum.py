"""Rules are met by different people: the matching, against every possible seating tried out."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.quorum import quorum

ROLES = ["editor", "legal", "cfo"]
rules_of = st.lists(st.tuples(st.sampled_from(ROLES), st.integers(1, 3)), min_size=1, max_size=3,
                    unique_by=lambda rule: rule[0])
people_of = st.lists(st.sets(st.sampled_from(ROLES)), max_size=6).map(lambda roles: dict(enumerate(roles)))


def met_by_trying_everything(rules, people) -> bool:
    seats = [role for role, count in rules for _ in range(count)]
    return any(all(seat in people[person] for seat, person in zip(seats, order, strict=False))
               for order in permutations(people, len(seats)))


@given(rules_of, people_of)
@settings(max_examples=300, deadline=None)
def test_it_is_met_exactly_when_some_seating_of_different_people_meets_it(rules, people):
    assert quorum(rules, people).met == met_by_trying_everything(rules, people)


@given(rules_of, people_of)
@settings(max_examples=200, deadline=None)
def test_what_it_counts_is_whole_and_never_more_than_there_are_people(rules, people):
    found = quorum(rules, people)
    assert [have + lack for have, lack in zip(found.filled, found.lacks, strict=True)] == [n for _, n in rules]
    assert sum(found.filled) <= sum(1 for roles in people.values() if roles)
    for (role, _), have in zip(rules, found.filled, strict=True):
        assert have <= sum(1 for roles in people.values() if role in roles)


@given(rules_of, people_of, st.data())
@settings(max_examples=200, deadline=None)
def test_another_person_never_undoes_it(rules, people, data):
    before = quorum(rules, people)
    after = quorum(rules, {**people, "new": data.draw(st.sets(st.sampled_from(ROLES)))})
    assert sum(before.filled) <= sum(after.filled) <= sum(before.filled) + 1


def test_one_person_in_two_roles_counts_once():
    rules = [("editor", 1), ("legal", 1)]
    assert not quorum(rules, {"both": {"editor", "legal"}}).met
    assert quorum(rules, {"both": {"editor", "legal"}, "lawyer": {"legal"}}).met


def test_whoever_has_two_roles_makes_room_for_whoever_has_one():
    """The first seat takes the one person who alone could take the second: counting greedily would fail here."""
    rules = [("editor", 1), ("legal", 1)]
    assert quorum(rules, {"lawyer-editor": {"editor", "legal"}, "editor": {"editor"}}).met


def test_it_says_which_rule_lacks_how_many():
    assert quorum([("editor", 2), ("legal", 2)], {"a": {"editor"}, "b": {"editor"}, "c": {"legal"}}).lacks == (0, 1)
