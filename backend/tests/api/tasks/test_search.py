"""GET /api/{user_id}/tasks?search=… in any script, and with what nobody would look for."""

# ruff: noqa: RUF001 - letters that look alike are the point

import time
import unicodedata
from typing import Any

import pytest

from tests.server import User

TEXTS = {
    "German": "Straße kehren und Müll hinausbringen",
    "Turkish": "Iğdır'a ılık çay, İstanbul'a SIĞIR",
    "Arabic": "شراء الحَلِيب وَالخُبز",
    "Chinese": "明天去超市买牛奶和面包",
    "Japanese": "東京タワーの写真をカメラで撮る",
    "Korean": "우유와 빵을 사다",
    "Hindi": "दूध और रोटी ख़रीदना",
    "Thai": "ซื้อนมและขนมปัง",
    "Greek": "Αγορά γάλακτος του Οδυσσέως",
    "Russian": "Ёлку купить и молоко",
    "Hebrew": "לִקְנוֹת חָלָב",
    "Emoji": "Feed the 🐈‍⬛ and the 👩🏽‍🚀",
    "Accents": "Café crème à la Zoë",
    "Signs": r"100% of a_b*c \ 'd' [e] (f)?",
}
FOUND = {
    "German": ["strasse", "STRASSE", "Straße", "STRAẞE", "mull", "MÜLL", "traß", "kehren müll"],
    "Turkish": ["istanbul", "ISTANBUL", "İSTANBUL", "ılık", "ilik", "sığır", "SIGIR", "igdir"],
    "Arabic": ["الحليب", "حليب", "الحَلِيب", "الخبز شراء", "خ"],
    "Chinese": ["牛奶", "超市", "买", "面包 牛奶", '"牛奶和面包"'],
    "Japanese": [
        "東京",
        "タワー",
        "カメラ",
        "写真",
        "ｶﾒﾗ",
    ],
    "Korean": ["우유", "빵", "빵을 우유"],
    "Hindi": ["दूध", "रोटी", "खरीदना"],
    "Thai": ["นม", "ขนมปัง"],
    "Greek": ["γαλακτος", "ΓΆΛΑΚΤΟΣ", "οδυσσεωσ", "ΟΔΥΣΣΈΩΣ"],
    "Russian": ["елку", "ЁЛКУ", "Молоко", "молоко елку"],
    "Hebrew": ["לקנות", "חלב"],
    "Emoji": ["🐈", "👩🏽‍🚀", "👩", "feed"],
    "Accents": ["cafe", "CAFÉ", "zoe", "Zoe\u0308", "creme", '"café crème"', "è", "z"],
    "Signs": ["%", "_", "\\", "*", "a_b", "100%", "'d'", "[e]", "(f)?", "b*c"],
}
NOT_FOUND = ["axb", "1000%of", "%%", "a%c", "__", ".*", "\\\\", '"cafe zoe"', "qqq", "牛面"]


@pytest.mark.parametrize("member", ["title", "description", "tag"])
def test_words_of_any_script_are_found_wherever_they_are(user: User, member: str):
    made = {}
    for language, text in TEXTS.items():
        for form in ("NFC", "NFD"):
            its = unicodedata.normalize(form, text)
            members: dict[str, dict[str, Any]] = {
                "title": {"title": its},
                "description": {"title": "x", "description": its},
                "tag": {"title": "x", "tags": [its.replace(",", "")]},
            }
            made[language, form] = user.create(**members[member])["id"]
    for language, words in FOUND.items():
        for word in words:
            found = {task["id"] for task in user.tasks(search=word)}
            assert {made[language, "NFC"], made[language, "NFD"]} <= found, (language, word)
    for word in NOT_FOUND:
        assert user.tasks(search=word) == [], word


def test_every_word_has_to_be_there_and_a_phrase_as_it_is(user: User):
    user.create("Buy oat milk", description="two litres", tags=["shop"])
    user.create("Milk the oats")
    for search, count in {
        "milk": 2,
        "milk oat": 2,
        '"oat milk"': 1,
        '"milk oat"': 0,
        "milk shop litres": 1,
        "  milk   milk ": 2,
        '"oat  milk': 1,
        '"milk two"': 0,  # from the title into the description
        '""': 2,
    }.items():
        assert len(user.tasks(q=search)) == count, search


def test_by_relevance_hits_in_the_title_come_first_then_the_newest(user: User):
    for title, description in (
        ("milk 1", None),
        ("bread", "milk"),
        ("Zoë milk 2", None),
        ("zoe", "milk"),
        ("milk 3", "x"),
    ):
        user.create(title, description=description)
    listed = [task["title"] for task in user.tasks(search="milk", sort="relevance")]
    assert listed == ["milk 3", "Zoë milk 2", "milk 1", "zoe", "bread"]
    newest = [task["title"] for task in user.tasks(search="milk")]
    assert newest == ["milk 3", "zoe", "Zoë milk 2", "bread", "milk 1"]
    assert user.tasks(sort="relevance") == user.tasks()


HOSTILE = {
    "percent signs": "%" * 200,
    "percent signs and a letter": "%a" * 100,
    "underscores": "_" * 200,
    "backslashes": "\\" * 200,
    "one letter": "a" * 200,
    "nearly what is there": "a" * 199 + "b",
    "nearly what is there, from behind": "b" + "a" * 199,
    "quotes": '"' * 200,
    "a quote and letters": '"' + "a " * 99,
    "a regular expression": "(a+)+$" * 33,
    "marks": "e" + "\u0301" * 199,
    "marks of every class": "a" + "\u0301\u0323\u0334" * 66,
    "what folds to much": "\ufdfa" * 200,
    "emoji": "👨‍👩‍👧‍👦" * 28,
    "twenty words": " ".join("a" * 9 + chr(97 + n) for n in range(20))[:200],
    "an injection": "'; DROP TABLE task; --" * 9,
    "JSON": '{"$ne": null}' * 15,
    "blanks": "\u00a0" * 200,
    "right to left": "\u202e" * 200,
}


@pytest.mark.parametrize("pattern", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_pattern_of_200_characters_is_answered(user: User, pattern: str):
    assert len(pattern) <= 200
    for n in range(20):
        user.create("a" * 500, description="a" * 5000 if n % 2 else "é" + "a" * 4999)
    started = time.monotonic()
    for sort in ("created_at", "relevance"):
        response = user.get(user.path, params={"search": pattern, "sort": sort})
        assert response.status_code == 200
    assert time.monotonic() - started < 20, "it hangs"
