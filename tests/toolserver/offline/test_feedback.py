"""Reviewers' words change the next draft as they say, or are owned up to."""

from __future__ import annotations

import re

import pytest

from toolserver.process.offline.words import word_count


def items(draft: str) -> list[str]:
    return [line for line in draft.splitlines() if line.startswith("- ")]


def headings(draft: str) -> list[str]:
    return re.findall(r"(?m)^## (.+)$", draft)


def not_followed(draft: str) -> str:
    return next((line for line in draft.splitlines() if line.startswith("Not followed: ")), "")


@pytest.mark.parametrize("words", ["Shorter, please.", "This is too long", "Please trim it", "More concise!",
                                   "Condense this."])
def test_shorter(changelogs, drafted, words) -> None:
    before = drafted(changelogs)
    after = drafted(changelogs, words, previous=before)
    assert word_count(after) < 0.75 * word_count(before)
    assert items(after)
    assert not not_followed(after)


def test_shorter_again_is_shorter_still(changelogs, drafted) -> None:
    first = drafted(changelogs)
    second = drafted(changelogs, "shorter", previous=first)
    both = drafted(changelogs, "shorter", "even shorter", previous=second)
    latest_alone = drafted(changelogs, "even shorter", previous=second)
    assert word_count(both) < word_count(second)
    assert word_count(latest_alone) < word_count(second)


@pytest.mark.parametrize(("words", "most"), [
    ("At most 250 words.", 250), ("Cut it to 180 words", 180), ("max 300 words", 300),
    ("Keep it under 220 words, please", 220), ("150 words or less", 150),
])
def test_a_number_of_words(changelogs, drafted, words, most) -> None:
    assert word_count(drafted(changelogs, words)) <= most


@pytest.mark.parametrize("words", ["Longer, please", "More detail", "It is too short", "Expand it", "In more depth"])
def test_longer(changelogs, drafted, words) -> None:
    before = drafted(changelogs)
    after = drafted(changelogs, words, previous=before)
    assert word_count(after) > 1.2 * word_count(before)
    assert len(items(after)) > len(items(before))


def test_more_detail_on_one_of_them(changelogs, drafted) -> None:
    before, after = drafted(changelogs), drafted(changelogs, "More detail on Hatchet, please")
    assert sum("hatchet" in item for item in items(after)) > sum("hatchet" in item for item in items(before))
    assert sum("dramatiq" in item for item in items(after)) == sum("dramatiq" in item for item in items(before))


def test_longer_than_there_is_to_say_is_owned_up_to(drafted) -> None:
    draft = drafted({"a.md": "- There is only this one thing to say\n"}, "Longer, please")
    assert "the documents say no more" in not_followed(draft)


@pytest.mark.parametrize("words", ["Remove the Starlette section", "drop Starlette", "Leave out starlette, please",
                                   "omit the part about Starlette", "no Starlette", "Don't mention Starlette"])
def test_remove_a_section(changelogs, drafted, words) -> None:
    draft = drafted(changelogs, words)
    assert not any("Starlette" in heading for heading in headings(draft))
    assert len(headings(draft)) == 3
    assert "Starlette" not in draft.splitlines()[0]


def test_remove_a_matter(changelogs, drafted) -> None:
    assert "Argon2" in drafted(changelogs)
    draft = drafted(changelogs, "Drop the Argon2 item and skip Limit Reached")
    assert "Argon2" not in draft
    assert "Limit Reached" not in draft
    assert len(headings(draft)) == 4


@pytest.mark.parametrize("words", ["Lead with Dramatiq", "Start with the Dramatiq section", "Put Dramatiq first",
                                   "Dramatiq should come first", "Move dramatiq to the top"])
def test_lead_with_a_section(changelogs, drafted, words) -> None:
    assert headings(drafted(changelogs, words))[0].startswith("Dramatiq")


def test_end_with_a_section(changelogs, drafted) -> None:
    assert headings(drafted(changelogs, "End with Hatchet"))[-1].startswith("Hatchet")


def test_lead_with_a_kind_of_change(changelogs, drafted) -> None:
    draft = drafted(changelogs, "Please lead with security")
    assert headings(draft)[0] == "Security"
    assert "Argon2" in draft.split("## ")[1]
    assert draft.count("Argon2") == 1, "what leads is not said twice"


def test_lead_with_a_matter(changelogs, drafted) -> None:
    draft = drafted(changelogs, "Start with Argon2")
    assert headings(draft)[0] == "Argon2"
    assert "Argon2" in draft.split("## ")[1]


@pytest.mark.parametrize("words", ["Add flapping notices", "Mention the flapping notices, please",
                                   "Include the flapping notices", "Say something about flapping notices",
                                   "The flapping notices are missing"])
def test_add_what_the_documents_hold(changelogs, drafted, words) -> None:
    assert "flapping" not in drafted(changelogs)
    draft = drafted(changelogs, words)
    assert "Send flapping notices to all team members" in draft
    assert "line 7](source:healthchecks-changelog.md#L7)" in draft


def test_what_was_asked_for_survives_a_cut_in_length(changelogs, drafted) -> None:
    draft = drafted(changelogs, "Mention the flapping notices. At most 150 words.")
    assert "flapping" in draft
    assert word_count(draft) <= 150


def test_add_what_they_do_not_hold_is_owned_up_to(changelogs, drafted) -> None:
    draft = drafted(changelogs, "Add something about quantum teleportation")
    assert "“Add something about quantum teleportation” (the documents say nothing about it)" in not_followed(draft)
    assert "quantum" not in draft.replace(not_followed(draft), "")


@pytest.mark.parametrize(("words", "wanted", "unwanted"), [
    ("Only security, please", "Argon2", "Gotify"), ("Just the fixes", "prefetch queue", "Gotify"),
    ("Only new features", "Idempotency Keys", "prefetch queue"), ("Keep only Healthchecks", "Argon2", "prefetch queue"),
])
def test_only_one_kind(changelogs, drafted, words, wanted, unwanted) -> None:
    draft = drafted(changelogs, words)
    assert wanted in draft
    assert unwanted not in draft


@pytest.mark.parametrize("words", ["Title it “Release radar”", 'Call it "Release radar"',
                                   "Change the title to Release radar", "The title should be Release radar",
                                   "Rename the newsletter to 'Release radar'."])
def test_title(changelogs, drafted, words) -> None:
    assert drafted(changelogs, words).startswith("# Release radar\n")


def test_a_title_asked_for_stays_when_other_things_are_asked_for(changelogs, drafted) -> None:
    second = drafted(changelogs, "Title it “Release radar”", instructions="Title: Newsletter")
    third = drafted(changelogs, "Shorter", previous=second, instructions="Title: Newsletter")
    assert third.startswith("# Release radar\n")


def test_fewer_and_more_items(changelogs, drafted) -> None:
    usual = len(items(drafted(changelogs)))
    assert len(items(drafted(changelogs, "Fewer items"))) < usual < len(items(drafted(changelogs, "More items please")))
    assert len(items(drafted(changelogs, "At most 2 items per section"))) == 8
    assert len(items(drafted(changelogs, "three items each"))) == 12


def test_without_issue_numbers(changelogs, drafted) -> None:
    assert re.search(r"\(#\d+", drafted(changelogs))
    assert not re.search(r"\(#\d+", drafted(changelogs, "Remove the issue numbers"))


def test_without_the_lead(changelogs, drafted) -> None:
    assert "This issue covers" in drafted(changelogs)
    assert "This issue covers" not in drafted(changelogs, "Drop the intro")


def test_a_simple_tone(changelogs, drafted) -> None:
    before, after = drafted(changelogs), drafted(changelogs, "Use a simpler tone, less technical")
    assert "Here is what is new in" in after
    assert after.count("`") < before.count("`")
    assert "(#" not in after


def test_for_other_readers(changelogs, drafted) -> None:
    assert "For system administrators: this issue covers" in drafted(changelogs, "Write it for system administrators")


def test_several_wishes_at_once(changelogs, drafted) -> None:
    draft = drafted(changelogs, "Please make it shorter: at most 250 words, and lead with security.")
    assert word_count(draft) <= 250
    assert headings(draft)[0] == "Security"
    draft = drafted(changelogs, "- Drop Starlette\n- Put Dramatiq first\n- Call it “Radar”\n- Mention flapping notices")
    assert draft.startswith("# Radar\n")
    assert [heading.split()[0] for heading in headings(draft)] == ["Dramatiq", "Hatchet", "Healthchecks"]
    assert "flapping" in draft
    assert not not_followed(draft)


def test_later_words_outrank_earlier_ones(changelogs, drafted) -> None:
    draft = drafted(changelogs, "Drop Starlette", "Keep Starlette after all; title it “Two”", "Title it “Three”")
    assert any("Starlette" in heading for heading in headings(draft))
    assert draft.startswith("# Three\n")


def test_what_no_rule_understands_is_owned_up_to(changelogs, drafted) -> None:
    draft = drafted(changelogs, "Make the logo blue. Lead with Dramatiq. It feels off.")
    assert headings(draft)[0].startswith("Dramatiq")
    assert "“Make the logo blue”" in not_followed(draft)
    assert "“It feels off”" in not_followed(draft)


def test_thanks_are_no_wish(changelogs, drafted) -> None:
    assert not not_followed(drafted(changelogs, "Looks good. Thanks! Shorter, please."))


@pytest.mark.parametrize(("note", "holds"), [
    ("It has 440 words; it may have 200 at most.", lambda draft: word_count(draft) <= 200),
    ("It has 440 words; it needs at least 600.", lambda draft: word_count(draft) >= 600),
    ("It has 4 `## ` sections; it needs at least 6.", lambda draft: len(headings(draft)) >= 6),
    ("It has 20 list items; it needs at least 28.", lambda draft: len(items(draft)) >= 28),
    ("No `## ` section is about “Security”.", lambda draft: "Security" in headings(draft)),
    ("It does not say “flapping notices”.", lambda draft: "flapping notices" in draft),
    ("It must not say “Gotify”, “Argon2”.", lambda draft: "Gotify" not in draft and "Argon2" not in draft),
    ("These list items hold no link: “x”.", lambda draft: all("](source:" in item for item in items(draft))),
])
def test_the_notes_of_a_supervisors_checks_are_followed(changelogs, drafted, note, holds) -> None:
    draft = drafted(changelogs, f"- length: {note}\nSummary: 1 of 3 checks failed.", source="supervisor")
    assert holds(draft)
    assert not not_followed(draft)


def test_what_a_check_wants_and_cannot_have_is_owned_up_to(changelogs, drafted) -> None:
    draft = drafted(changelogs, "It does not say “quantum teleportation”.", source="supervisor")
    assert "quantum teleportation" in not_followed(draft)
    draft = drafted(changelogs, "It has 4 `## ` sections; it needs at least 90.", source="supervisor")
    assert "at least 90 sections" in not_followed(draft)


@pytest.mark.parametrize("words", ["shorter", "lead with security", "drop the tool server notes",
                                   "mention the viewer role", "only new features", "Title it “Ours”", "at most 2 items",
                                   "simple tone", "longer"])
def test_the_shipped_notes_follow_feedback_too(notes, drafted, words) -> None:
    before = drafted(notes)
    after = drafted(notes, words, previous=before)
    assert after != before
    if words != "longer":  # of three short notes, two say all that they have
        assert not not_followed(after)
