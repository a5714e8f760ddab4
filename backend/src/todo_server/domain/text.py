"""What counts as text: rules that hold for every string a user may write."""

import unicodedata

# Assigned outside the format and space categories, and yet drawn as nothing (Unicode's
# Default_Ignorable_Code_Point, plus the empty braille pattern).
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(point)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    for point in range(first, last + 1)
}


def is_blank(text: str) -> bool:
    """Tell whether a reader would see nothing: spaces, controls and zero-width characters."""
    return all(
        character in _INVISIBLE or unicodedata.category(character)[0] in "CZ" for character in text
    )


def has_nul(text: str) -> bool:
    """Tell whether the text contains U+0000, which PostgreSQL cannot store."""
    return "\x00" in text
