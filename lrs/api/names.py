"""Vietnamese names: the order people expect them in, and finding them without diacritics.

A person is called by the last word of the name, so lists are in its order, then in that of the
family name and what stands between. Letters are in the order of the Vietnamese alphabet (a, ă, â,
b, …); of words with the same letters the tones decide: none, huyền, hỏi, ngã, sắc, nặng.
"""

import unicodedata
from functools import lru_cache
from typing import Final

ALPHABET: Final = {
    letter: number
    for number, letter in enumerate("0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz", start=1)
}
TONES: Final = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}

Order = tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]


@lru_cache(65_536)
def folded(text: str) -> str:
    """Without diacritics and letter case: “Đỗ Thị Ánh” is “do thi anh”."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def matches(words: str, name: str) -> bool:
    """Whether each of the words, all of them folded, begins a word of the folded name."""
    parts = name.split()
    return all(any(part.startswith(word) for part in parts) for word in words.split())


@lru_cache(65_536)
def order_of(name: str) -> Order:
    """What people are sorted by: the given name first."""
    *before, given = name.split() or [""]
    return tuple(_word(word) for word in (given, *before))


@lru_cache(65_536)
def title_order(title: str) -> Order:
    """What titles are sorted by, such as those of units: from the first word on."""
    return tuple(_word(word) for word in title.split())


@lru_cache(16_384)
def _word(word: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    letters, tones = [], []
    for letter in unicodedata.normalize("NFC", word.casefold()):
        plain, tone = _without_tone(letter)
        letters.append(ALPHABET.get(plain) or 100 + ord(plain[0]))
        tones.append(tone)
    return tuple(letters), tuple(tones)


def _without_tone(letter: str) -> tuple[str, int]:
    tone = 0
    kept = []
    for mark in unicodedata.normalize("NFD", letter):
        if mark in TONES:
            tone = TONES[mark]
        else:
            kept.append(mark)
    return unicodedata.normalize("NFC", "".join(kept)) or letter, tone
