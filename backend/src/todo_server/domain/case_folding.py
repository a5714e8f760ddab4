"""Which names of tags are the same: case folding, the same here and in the database.

The database has it from here (`lower_key` in `migrations/fold.py`), so that both say the same
whatever Unicode Python knows.
"""

import re
import unicodedata
from collections.abc import Iterator
from string import ascii_uppercase

# What has a case folding of one character (Unicode 16), and ẞ to ß; not ASCII, nor U+0345, a mark.
# '0182-0184/2:+1' is every second one from there to there, of which each becomes the next.
LETTERS = """
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


def ends(listed: str) -> tuple[int, int]:
    """Read one range of characters, or one alone, in hexadecimal."""
    first, _, last = listed.partition("-")
    return int(first, 16), int(last or first, 16)


def letters() -> Iterator[tuple[str, str]]:
    """Give each letter and its case folding, of one character."""
    for each in LETTERS.split():
        listed, distance = each.split(":")
        first, last = ends(listed.removesuffix("/2"))
        for point in range(first, last + 1, 2 if listed.endswith("/2") else 1):
            yield chr(point), chr(point + int(distance))


_FOLDED = str.maketrans(
    {**{letter: letter.lower() for letter in ascii_uppercase}, **dict(letters())}
    | {"ß": "ss", "ẞ": "ss", "\u0131": "i"}
)
_DOTTED = re.compile("i\u0307+")


def name_key(name: str) -> str:
    """Write the name of a tag as all of its spellings are, as `lower_key` does."""
    if name.isascii():
        return name.lower()
    folded = unicodedata.normalize("NFD", name).translate(_FOLDED)
    return unicodedata.normalize("NFC", _DOTTED.sub("i", folded))
