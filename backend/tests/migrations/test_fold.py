"""What SQL folds text to: for search, and for the names of tags."""

# ruff: noqa: RUF001 - letters that look like others are what this is about

import unicodedata
import uuid
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.databases import run, url_of
from tests.properties import PROPERTY
from todo_server.domain.case_folding import letters, name_key
from todo_server.migrations.fold import CREATE_FOLD, CREATE_LOWER_KEY, CREATE_LOWER_KEYS

FOLDED = {
    "nothing": ("", ""),
    "ascii": ("Buy 6 Eggs_%", "buy 6 eggs_%"),
    "german": ("Größe STRASSE Straße ẞ", "grosse strasse strasse ss"),
    "composed": ("Café", "cafe"),
    "decomposed": ("Cafe\u0301", "cafe"),
    "vietnamese": ("Tiếng Việt ĐƯỜNG", "tieng viet đuong"),
    "turkish": ("Iİıi ISPARTA İstanbul ısparta", "iiii isparta istanbul isparta"),
    "polish and danish keep what is no mark": ("Łódź SMØRREBRØD", "łodz smørrebrød"),
    "greek": ("ΣΟΦΟΣ σοφός Ὀδυσσεύς ΐ ᾳ ϐ", "σοφοσ σοφοσ οδυσσευσ ι α β"),
    "cyrillic": ("ЁЖИК Йод Їжак Ћуприја", "ежик иод іжак ћуприја"),
    "armenian": ("ՀԱՅԵՐԵՆ և", "հայերեն եւ"),
    "georgian": ("ᲡᲐᲥᲐᲠᲗᲕᲔᲚᲝ Ⴀ", "საქართველო ⴀ"),
    "cherokee": ("ꮳꮃꭹ ᏸ", "ᏣᎳᎩ Ᏸ"),
    "deseret and adlam": ("𐐔𐐇 𞤀", "𐐼𐐯 𞤢"),
    "arabic with harakat": ("مُحَمَّدٌ", "محمد"),
    "arabic with hamza above": ("أحمد آمن سؤال", "احمد امن سوال"),
    "arabic with tatweel": ("كتـــاب", "كتاب"),
    "arabic ligatures and forms": ("ﷲ ﻻ", "الله لا"),
    "persian with a non-joiner": ("می\u200cخواهم", "میخواهم"),
    "hebrew points": ("שָׁלוֹם", "שלום"),
    "hebrew presentation form": ("שׁ", "ש"),
    "syriac": ("ܐܰܒ", "ܐܒ"),
    "hindi keeps vowels and viramas": ("हिन्दी विद्या", "हिन्दी विद्या"),
    "hindi loses nukta, composed or not": ("ज़रूरी \u0958", "जरूरी क"),
    "bengali": ("বাংলা", "বাংলা"),
    "tamil": ("தமிழ்", "தமிழ்"),
    "thai keeps vowels and tones": ("ซื้อนม ม้า", "ซื้อนม ม้า"),
    "chinese": ("买牛奶，然后", "买牛奶,然后"),
    "chinese for compatibility": ("\uf900", "豈"),
    "japanese": ("がっこう パソコン", "かっこう ハソコン"),
    "half-width kana": ("ﾊﾟｿｺﾝ", "ハソコン"),
    "full-width latin": ("ＡＢＣ１２３", "abc123"),
    "korean": ("한", "\u1112\u1161\u11ab"),
    "ligatures": ("ﬁle ﬂoß ŉ Ǆ ĳ", "file floss ʼn dz ij"),
    "letters as symbols": ("Ⓐ ℌ 𝐁 Ⅷ K ™ ½", "a h b viii k tm 1⁄2"),
    "family": ("👩\u200d👩\u200d👧", "👩👩👧"),
    "heart": ("❤\ufe0f", "❤"),
    "skin tones stay": ("👍🏽", "👍🏽"),
    "flag of tags": ("🏴\U000e0067\U000e0062\U000e007f", "🏴"),
    "keycap": ("1\ufe0f\u20e3", "1"),
    "soft hyphen and byte-order mark": ("\ufeffauf\u00adlegen", "auflegen"),
    "space that does not break": ("a\u00a0b", "a b"),
    "marks alone": ("\u0301\u0308", ""),
    "an accent alone": ("´", " "),
    "zalgo": ("Z\u0351\u036b\u0343a\u0300\u0315l\u035bgo", "zalgo"),
    "quotes and backslashes": ("Ä'\"\\$$", "a'\"\\$$"),
}
KEYS = {
    "ascii": ("Home", "home"),
    "accents stay": ("ÄPFEL École", "äpfel école"),
    "decomposed is composed": ("E\u0301cole", "école"),
    "sharp s": ("STRASSE Straße ẞ", "strasse strasse ss"),
    "turkish": ("İSTANBUL ıI", "istanbul ii"),
    "sigma": ("ΣΟΦΌΣ σοφός", "σοφόσ σοφόσ"),
    "cyrillic": ("ЁЖИК", "ёжик"),
    "wide stays wide": ("Ａ", "ａ"),
    "kana keeps its voicing": ("ガ", "ガ"),
    "korean is composed": ("한", "한"),
    "emoji": ("👩\u200d💻 ❤\ufe0f", "👩\u200d💻 ❤\ufe0f"),
}
FORMS: dict[str, list[Literal["NFC", "NFD", "NFKC", "NFKD"]]] = {
    "fold": ["NFC", "NFD", "NFKC", "NFKD"],
    "lower_key": ["NFC", "NFD"],
}
MANY = settings(PROPERTY, max_examples=50)  # of up to 20 texts
WITHOUT = {
    *("COMBINING", "HEBREW", "ARABIC", "SYRIAC", "SAMARITAN", "MANDAIC", "NKO", "VEDIC"),
    *("IDEOGRAPHIC", "VARIATION", "ETHIOPIC", "COPTIC"),
}
VEDIC_ACCENTS = set("\u0951\u0952\u0953\u0954")
INVISIBLE_MARKS = set("\u17b4\u17b5\u180b\u180c\u180d\u180f")
NUKTA = 7  # a combining class


@pytest.fixture(scope="module", params=["", "LOCALE 'C'"], ids=["usual locale", "locale C"])
def url(request):
    name = f"test_{uuid.uuid4().hex}"
    sql = f"CREATE DATABASE {name} TEMPLATE template0 ENCODING UTF8 {request.param}"
    run(url_of("postgres"), sql)
    for statement in (CREATE_FOLD, CREATE_LOWER_KEY, CREATE_LOWER_KEYS):
        run(url_of(name), statement)
    return url_of(name)


def folded(url: str, texts: list[str], function: str = "fold") -> list[str]:
    """Fold each text in the database."""
    rows = run(url, f"SELECT {function}(it) FROM unnest($1::text[]) AS it", texts)
    return [row[0] for row in rows]


def storable(**options) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"], **options))


def is_old(text: str) -> bool:
    """Tell whether every version of PostgreSQL and of Python knows all characters."""
    return all(unicodedata.ucd_3_2_0.category(character) != "Cn" for character in text)


# Half random, half of what is likely to meet: marks of all kinds, joiners, and what decomposes.
MIXED = st.text(
    st.sampled_from(
        "aIİıßẞςΣÅéﬁﷲﹱـ가각が゛ﾞक़्\u0e38\u0e48\u0f73\u0301\u0323\u0345\u0307\u200d\ufe0f\u20e3"
    )
)
TEXTS = st.lists(storable() | MIXED, min_size=1, max_size=20)
OLD_TEXTS = st.lists((storable() | MIXED).filter(is_old), min_size=1, max_size=20)


def test_every_script_is_folded_for_search(url):
    assert dict(zip(FOLDED, folded(url, [t for t, _ in FOLDED.values()]), strict=True)) == {
        name: expected for name, (_, expected) in FOLDED.items()
    }


def test_names_are_equal_without_regard_to_case(url):
    made = folded(url, [t for t, _ in KEYS.values()], "lower_key")
    assert dict(zip(KEYS, made, strict=True)) == {n: expected for n, (_, expected) in KEYS.items()}


def test_a_list_of_names_keeps_its_order_and_null_is_null(url):
    names = ["b", "Ä", "a", "A", "", "Σ"]
    sql = "SELECT lower_keys($1), lower_keys('{}'), lower_keys(NULL), fold(NULL), lower_key(NULL)"
    assert list(run(url, sql, names)[0]) == [["b", "ä", "a", "a", "", "σ"], [], None, None, None]


def test_python_says_of_each_character_the_same_as_sql(url):
    storables = (c for c in map(chr, range(1, 0x30000)) if unicodedata.category(c) != "Cs")
    known = [c for c in storables if is_old(c)]
    names = [f"{c}{mark}" for mark in ("", "\u0307", "\u0345\u0301") for c in known]
    assert [name_key(name) for name in names] == folded(url, names, "lower_key")


@MANY
@given(OLD_TEXTS)
def test_python_says_of_names_the_same_as_sql(url, texts: list[str]):
    assert [name_key(text) for text in texts] == folded(url, texts, "lower_key")


@MANY
@given(TEXTS)
def test_what_is_folded_stays_as_it_is(url, texts: list[str]):
    for function in ("fold", "lower_key"):
        once = folded(url, texts, function)
        assert folded(url, once, function) == once


@MANY
@given(OLD_TEXTS)
def test_it_does_not_matter_how_a_text_is_composed(url, texts: list[str]):
    for function, forms in FORMS.items():
        composed = [unicodedata.normalize(form, text) for form in forms for text in texts]
        made = folded(url, texts + composed, function)
        assert made == made[: len(texts)] * (1 + len(forms))


@MANY
@given(OLD_TEXTS)
def test_it_does_not_matter_in_which_case_a_text_is(url, texts: list[str]):
    # The iota below is a mark, and a letter in capitals: it is left out.
    texts = [unicodedata.normalize("NFD", text).replace("\u0345", "") for text in texts]
    cases = [text.casefold() for text in texts] + [text.upper() for text in texts]
    made = folded(url, texts + cases)
    assert made == made[: len(texts)] * 3


def test_every_letter_that_python_folds_is_folded_alike():
    known = {
        chr(point): folding
        for point in range(0x80, 0x110000)
        if chr(point) != "\u0345"
        and len(folding := chr(point).casefold()) == 1
        and folding != chr(point) == unicodedata.normalize("NFD", chr(point))
    }
    frozen = {a: b for a, b in letters() if unicodedata.category(a) != "Cn"}
    assert frozen == known | {"ẞ": "ß"}


def test_marks_are_dropped_where_they_may_be_left_out_and_stay_elsewhere(url):
    marks = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) in {"Mn", "Me"}]
    dropped = [
        mark
        for mark in marks
        if unicodedata.name(mark).split()[0] in WITHOUT
        or unicodedata.combining(mark) == NUKTA
        or mark in VEDIC_ACCENTS | INVISIBLE_MARKS
    ]
    made = folded(url, [f"é{mark}x" for mark in marks])
    assert [mark for mark, text in zip(marks, made, strict=True) if text == "ex"] == dropped


@pytest.mark.parametrize(
    "text",
    [
        "\u0301\u0323",
        "\u0e48\u0e38",
        "\u0f73",
        "é\u200d",
        "Я",
        "𞤀",
        "ﷺ",
        "ß",
        "가",
        "a\u00ad\u0301",
    ],
    ids=ascii,
)
def test_a_long_text_is_folded_at_once(url, text: str):
    long = text * (100_000 // len(text))  # in the square of it, this would take minutes
    assert run(url, "SELECT fold($1)", long, statement_timeout="10s")


def test_a_stored_column_and_an_index_may_hold_what_is_folded(url):
    table = """CREATE TABLE note (title text, tags text[],
        folded text GENERATED ALWAYS AS (fold(title)) STORED,
        tag_keys text[] GENERATED ALWAYS AS (lower_keys(tags)) STORED)"""
    run(url, table)
    run(url, "CREATE INDEX ON note (fold(title), lower_key(title))")
    run(url, "INSERT INTO note VALUES ('Ärger', '{Über,HOME}')")
    # Whoever writes need not have the schema in their path.
    run(url, "INSERT INTO public.note VALUES ('Ä', '{Ü}')", search_path="")
    rows = run(url, "SELECT folded, tag_keys FROM note")
    assert [tuple(row) for row in rows] == [("arger", ["über", "home"]), ("a", ["ü"])]
