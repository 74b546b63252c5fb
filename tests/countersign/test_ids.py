from countersign.ids import new_id, parse_id


def test_ids_sort_by_the_time_they_were_made():
    made = [new_id() for _ in range(100)]
    assert made == sorted(made)
    assert {i.version for i in made} == {7}


def test_a_malformed_id_is_a_missing_one():
    assert parse_id("../etc/passwd") is None
    assert parse_id(None) is None
