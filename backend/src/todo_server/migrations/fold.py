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
from collections.abc import Iterator

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
# What has a case folding of one character (Unicode 16), and ẞ to ß; not ASCII, nor U+0345, a mark.
# '0182-0184/2:+1' is every second one from there to there, of which each becomes the next.
_LETTERS = """
    00B5:+775 00C6:+32 00D0:+32 00D8:+32 00DE:+32 0110:+1 0126:+1 0132:+1 013F-0141/2:+1 014A:+1
    0152:+1 0166:+1 017F:-268 0181:+210 0182-0184/2:+1 0186:+206 0187:+1 0189-018A:+205 018B:+1
    018E:+79 018F:+202 0190:+203 0191:+1 0193:+205 0194:+207 0196:+211 0197:+209 0198:+1 019C:+211
    019D:+213 019F:+214 01A2-01A4/2:+1 01A6:+218 01A7:+1 01A9:+218 01AC:+1 01AE:+218
    01B1-01B2:+217 01B3-01B5/2:+1 01B7:+219 01B8:+1 01BC:+1 01C4:+2 01C5:+1 01C7:+2 01C8:+1
    01CA:+2 01CB:+1 01E4:+1 01F1:+2 01F2:+1 01F6:-97 01F7:-56 021C:+1 0220:-130 0222-0224/2:+1
    023A:+10795 023B:+1 023D:-163 023E:+10792 0241:+1 0243:-195 0244:+69 0245:+71 0246-024E/2:+1
    0370-0372/2:+1 0376:+1 037F:+116 0391-03A1:+32 03A3-03A9:+32 03C2:+1 03CF:+8 03D0:-30 03D1:-25
    03D5:-15 03D6:-22 03D8-03EE/2:+1 03F0:-54 03F1:-48 03F4:-60 03F5:-64 03F7:+1 03F9:-7 03FA:+1
    03FD-03FF:-130 0402-040A/2:+80 0405:+80 0409-040B/2:+80 040F:+80 0410-0418:+32 041A-042F:+32
    0460-0474/2:+1 0478-0480/2:+1 048A-04BE/2:+1 04C0:+15 04C3-04CD/2:+1 04D4:+1 04D8:+1 04E0:+1
    04E8:+1 04F6:+1 04FA-052E/2:+1 0531-0556:+48 10A0-10C5:+7264 10C7:+7264 10CD:+7264
    13F8-13FD:-8 1C80:-6222 1C81:-6221 1C82:-6212 1C83-1C84:-6210 1C85:-6211 1C86:-6204 1C87:-6180
    1C88:+35267 1C89:+1 1C90-1CBA:-3008 1CBD-1CBF:-3008 1E9E:-7615 1EFA-1EFE/2:+1 2132:+28
    2160-216F:+16 2183:+1 24B6-24CF:+26 2C00-2C2F:+48 2C60:+1 2C62:-10743 2C63:-3814 2C64:-10727
    2C67-2C6B/2:+1 2C6D:-10780 2C6E:-10749 2C6F:-10783 2C70:-10782 2C72:+1 2C75:+1
    2C7E-2C7F:-10815 2C80-2CE2/2:+1 2CEB-2CED/2:+1 2CF2:+1 A640-A66C/2:+1 A680-A69A/2:+1
    A722-A72E/2:+1 A732-A76E/2:+1 A779-A77B/2:+1 A77D:-35332 A77E-A786/2:+1 A78B:+1 A78D:-42280
    A790-A792/2:+1 A796-A7A8/2:+1 A7AA:-42308 A7AB:-42319 A7AC:-42315 A7AD:-42305 A7AE:-42308
    A7B0:-42258 A7B1:-42282 A7B2:-42261 A7B3:+928 A7B4-A7C2/2:+1 A7C4:-48 A7C5:-42307 A7C6:-35384
    A7C7-A7C9/2:+1 A7CB:-42343 A7CC:+1 A7D0:+1 A7D6-A7DA/2:+1 A7DC:-42561 A7F5:+1 AB70-ABBF:-38864
    FF21-FF3A:+32 10400-10427:+40 104B0-104D3:+40 10570-1057A:+39 1057C-1058A:+39 1058C-10592:+39
    10594-10595:+39 10C80-10CB2:+64 10D50-10D65:+32 118A0-118BF:+32 16E40-16E5F:+32
    1E900-1E921:+34
"""


def _class(*listed: str) -> str:
    """Write a class of characters for PostgreSQL's regular expressions."""
    ranges = (
        rf"\U{first:08X}-\U{last:08X}" for first, last in map(_ends, " ".join(listed).split())
    )
    return f"[{''.join(ranges)}]"


def _ends(listed: str) -> tuple[int, int]:
    first, _, last = listed.partition("-")
    return int(first, 16), int(last or first, 16)


def letters() -> Iterator[tuple[str, str]]:
    """Give each letter and its case folding, of one character."""
    for each in _LETTERS.split():
        listed, distance = each.split(":")
        first, last = _ends(listed.removesuffix("/2"))
        for point in range(first, last + 1, 2 if listed.endswith("/2") else 1):
            yield chr(point), chr(point + int(distance))


_FOLDED = json.dumps({a: "ss" if b == "ß" else b for a, b in letters()}, ensure_ascii=False)
_HAS_LETTERS = _class(*(each.split(":")[0].removesuffix("/2") for each in _LETTERS.split()))


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
