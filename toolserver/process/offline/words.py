"""Words compared loosely: case, plurals and common endings don't count."""

from __future__ import annotations

import re
from functools import lru_cache

STOP = frozenset(re.findall(r"\w+", """
    a about above after again all also an and any anything are as at be because been before being below between both
    but by can could did do does doing down during each everything few for from further get had has have having he her
    here him his how i if in into is it its itself just let like made make many may me might more most much must my no
    nor not now of off on once one only or other our out over own part please point same section shall she should so
    some something such than that the their them then there these they this those through to too under until up us very
    was we were what when where which while who will with would you your item items entry entries paragraph bullet
    bullets bit stuff thing things news line lines"""))
_ENDINGS = ("ingly", "edly", "ations", "ation", "ities", "ity", "ings", "ing", "ied", "ies", "ers", "er", "ed", "es",
            "s", "ly")


def word_count(markdown: str) -> int:
    """Words of the Markdown source, link targets left out: as the `length` check of a workflow counts them."""
    return len(re.findall(r"\w[\w'’.-]*", re.sub(r"\]\([^)]*\)", "]", markdown)))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    word = word.lower().strip("'’").removesuffix("'s").removesuffix("’s")
    ending = next((ending for ending in _ENDINGS if word.endswith(ending) and len(word) - len(ending) >= 4), "")
    word = word.removesuffix(ending)
    return word.rstrip("e") if len(word) > 4 else word


def stems(text: str) -> list[str]:
    """The content words of `text`, in order."""
    return [stem(word) for word in re.findall(r"[^\W_]+(?:['’.+#][^\W_]+)*", text.replace("_", " "))
            if word.lower() not in STOP]


def bare_words(text: str) -> list[str]:
    """Every word and number, lower case, markup and punctuation gone: for comparing quotes with their source."""
    return re.findall(r"[^\W_]+", text.lower())
