r"""Functions of SQL that make text comparable: `fold` for search, `lower_key` for names of tags.

`fold(text)`: compatibility decomposition (NFKD) without marks, then full case folding, in which the
dotless i is i. So ä is a, ß is ss, a ligature its letters, wide Latin is Latin, a final sigma any.
Syllables of Korean come apart into letters, and so a search finds one by how it begins. Taken out,
too: what is drawn as nothing (joiners, direction marks, selectors of variants, tags, soft hyphens)
and the Arabic tatweel, which only stretches. So an emoji is found in all that it was joined into.

Marks are dropped where writers leave them out or readers look past them: in Latin, Greek, Cyrillic,
Arabic, Hebrew, Syriac, Ethiopic and the like, the accents of Vedic, the voicing of kana (か finds
が, as in Unicode's collation), and every nukta. They are kept in Indic scripts, Thai, Lao, Khmer,
Tibetan and so on: vowels, viramas and tones are marks there that everybody writes, and without them
a word is another word.

A word of nothing but what is dropped becomes ''; an accent that stands alone, a space.

`lower_key(text)`: the same case folding of composed text (NFC). Accents stay, but for the dot which
İ leaves over its i, and so do wide forms and ligatures. `lower_keys(text[])`: each of them.

All give the same in any database with encoding UTF8 of PostgreSQL 14 to 18, whatever its locale, as
they use no collation but C; so a dump can be restored anywhere. `fold` takes time in proportion to
the length. `lower_key` is for names: `normalize` sorts a run of marks in the square of its length.

Columns and indexes hold what these give: write other functions, rather than edit these.
"""

import json

from todo_server.domain.case_folding import LETTERS, ends, letters

# Taken out before decomposition: all of combining class 0, which keeps marks from being sorted, and
# what decomposes into a tatweel.
_NOTHING = """
    00AD 034F 0488-0489 061C 0640 17B4-17B5 180B-180F 1ABE 200B-200F 202A-202E 2060-206F 20DD-20E0
    20E2-20E4 A670-A672 FCF2-FCF4 FE00-FE0F FE71 FE77 FE79 FE7B FE7D FE7F FEFF 1BCA0-1BCA3
    1D173-1D17A E0000-E0FFF
"""
# Taken out on both sides of it: after, for those that were composed; before, as a long run of marks
# takes long to sort.
_MARKS = """
    0300-034E 0350-036F 0483-0487 0591-05BD 05BF 05C1-05C2 05C4-05C5 05C7 0610-061A 064B-065F 0670
    06D6-06DC 06DF-06E4 06E7-06E8 06EA-06ED 0711 0730-074A 07EB-07F3 07FD 0816-0819 081B-0823
    0825-0827 0829-082D 0859-085B 0897-089F 08CA-08E1 08E3-08FF 093C 0951-0954 09BC 0A3C 0ABC 0B3C
    0C3C 0CBC 1037 135D-135F 1AB0-1ABD 1ABF-1AFF 1B34 1BE6 1C37 1CD0-1CD2 1CD4-1CE0 1CE2-1CE8 1CED
    1CF4 1CF8-1CF9 1DC0-1DFF 20D0-20DC 20E1 20E5-20FF 2CEF-2CF1 2DE0-2DFF 302A-302D 3099-309A A66F
    A674-A67D A69E-A69F A8E0-A8F1 A9B3 FB1E FE20-FE2F 102E0 10376-1037A 10EFD-10EFF 110BA 11173
    111CA 11236 112E9 1133B-1133C 11366-1136C 11370-11374 11446 114C3 115C0 116B7 1183A 11943
    11D42 1D242-1D244 1E000-1E006 1E008-1E018 1E01B-1E021 1E023-1E024 1E026-1E02A 1E08F 1E94A
"""
# Marks that stay and are sorted. No writing has 31 in a row, and so such a run is taken out.
_KEPT_MARKS = """
    094D 09CD 09FE 0A4D 0ACD 0B4D 0BCD 0C4D 0C55-0C56 0CCD 0D3B-0D3C 0D4D 0DCA 0E38-0E3A 0E48-0E4B
    0EB8-0EBA 0EC8-0ECB 0F18-0F19 0F35 0F37 0F39 0F71-0F75 0F7A-0F7D 0F80-0F84 0F86-0F87 0FC6
    1039-103A 108D 1714-1715 1734 17D2 17DD 18A9 1939-193B 1A17-1A18 1A60 1A75-1A7C 1A7F 1B44
    1B6B-1B73 1BAA-1BAB 1BF2-1BF3 2D7F 302E-302F A6F0-A6F1 A806 A82C A8C4 A92B-A92D A953 A9C0 AAB0
    AAB2-AAB4 AAB7-AAB8 AABE-AABF AAC1 AAF6 ABED 101FD 10A0D 10A0F 10A38-10A3A 10A3F 10AE5-10AE6
    10D24-10D27 10EAB-10EAC 10F46-10F50 10F82-10F85 11046 11070 1107F 110B9 11100-11102
    11133-11134 111C0 11235 112EA 1134D 11442 1145E 114C2 115BF 1163F 116B6 1172B 11839
    1193D-1193E 119E0 11A34 11A47 11A99 11C3F 11D44-11D45 11D97 16AF0-16AF4 16B30-16B36
    16FF0-16FF1 1BC9E 1D165-1D169 1D16D-1D172 1D17B-1D182 1D185-1D18B 1D1AA-1D1AD 1E130-1E136
    1E2AE 1E2EC-1E2EF 1E8D0-1E8D6 1E944-1E949
"""


def _class(*listed: str) -> str:
    """Write a class of characters for PostgreSQL's regular expressions."""
    ranges = (rf"\U{first:08X}-\U{last:08X}" for first, last in map(ends, " ".join(listed).split()))
    return f"[{''.join(ranges)}]"


_FOLDED = json.dumps({**dict(letters()), "ẞ": "ss"}, ensure_ascii=False)
_HAS_LETTERS = _class(*(each.split(":")[0].removesuffix("/2") for each in LETTERS.split()))


def _function(name: str, before: str, after: str) -> str:
    """Write a function that folds case, between what comes before and what comes after.

    A map, as `translate` compares every character with every letter, and `lower` knows by the
    database's locale what it knows.
    """
    return f"""
CREATE FUNCTION {name}(text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    x text COLLATE "C" := $1;
BEGIN
    IF octet_length(x) = char_length(x) THEN
        RETURN lower(x);
    END IF;
    {before}
    x := replace(replace(lower(x), 'ß', 'ss'), '\u0131', 'i');
    IF x ~ '{_HAS_LETTERS}' THEN
        x := string_agg(coalesce(jsonb '{_FOLDED}' ->> c, c), '')
            FROM unnest(string_to_array(x, NULL)) AS c;
    END IF;
    RETURN {after};
END $$
"""


CREATE_FOLD = _function(
    "fold",
    before=f"""
    x := regexp_replace(x, '{_class(_NOTHING, _MARKS)}+', '', 'g');
    x := regexp_replace(x, '{_class(_KEPT_MARKS)}{{31,}}', '', 'g');
    x := regexp_replace(normalize(x, NFKD), '{_class(_MARKS)}+', '', 'g');""",
    after="x",
)

CREATE_LOWER_KEY = _function(
    "lower_key",
    before="x := normalize(x, NFD);",
    after=r"normalize(regexp_replace(x, 'i\u0307+', 'i', 'g'), NFC)",
)

# Its names are looked up now, and not by the search path of whoever calls it.
CREATE_LOWER_KEYS = """
CREATE FUNCTION lower_keys(text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN cardinality($1) = 0 THEN $1 ELSE
    (SELECT array_agg(lower_key(name) ORDER BY place)
     FROM unnest($1) WITH ORDINALITY AS names(name, place)) END
"""
