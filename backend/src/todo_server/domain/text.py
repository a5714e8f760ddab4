"""What counts as text: rules that hold for every string a user may write."""

import unicodedata

# Outside these categories, and yet drawn as nothing (Unicode's Default_Ignorable_Code_Point, plus
# the empty braille pattern).
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0") | {
    chr(point)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))
    for point in range(first, last + 1)
}
# Controls, formats, separators. Not the unassigned nor those of private use: which characters are
# assigned depends on Python's age, and the newest emoji and the fonts of icons are visible.
_BLANK_CATEGORIES = {"Cc", "Cf", "Zl", "Zp", "Zs"}
# All of these below U+10000, for a class of a regular expression. A constant: the contract may not
# depend on Python's age either. A test compares.
_BLANK = (
    r"\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    r"\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800"
    r"\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
)
NO_NUL_PATTERN = r"^[^\u0000]*$"
VISIBLE_PATTERN = rf"^[{_BLANK.replace('0000', '0001', 1)}]*[^{_BLANK}][^\u0000]*$"
"""`not has_nul`, and with a character that is not blank: for the contract, to be read by any tool.

ECMA-262, with the flag `u` or without it, and so no character beyond U+FFFF can be named: a text of
nothing but such ones that are invisible (tags, musical controls) matches. Linear in any engine.
"""


def is_blank(text: str) -> bool:
    """Tell whether a reader would see nothing: spaces, controls and zero-width characters."""
    if "!" <= text[:1] <= "~":  # as nearly always
        return False
    return all(
        character in _INVISIBLE or unicodedata.category(character) in _BLANK_CATEGORIES
        for character in text
    )


def has_nul(text: str) -> bool:
    """Tell whether the text contains U+0000, which PostgreSQL cannot store."""
    return "\x00" in text
