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


def is_blank(text: str) -> bool:
    """Tell whether a reader would see nothing: spaces, controls and zero-width characters."""
    return all(
        character in _INVISIBLE or unicodedata.category(character) in _BLANK_CATEGORIES
        for character in text
    )


def has_nul(text: str) -> bool:
    """Tell whether the text contains U+0000, which PostgreSQL cannot store."""
    return "\x00" in text
