"""Bar charts as small SVG files, by hand: no plotting library is worth installing for them."""

from html import escape

WIDTH, LEFT, RIGHT, ROW, TOP = 720, 220, 90, 28, 48
OURS, THEIRS = "#2563eb", "#94a3b8"


def bar_chart(title: str, bars: list[tuple[str, float]], highlighted: set[str]) -> str:
    """One horizontal bar for each (label, value), in the order given."""
    height = TOP + ROW * len(bars) + 12
    longest = max((value for _, value in bars), default=1.0) or 1.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"',
        f'height="{height}" font-family="sans-serif" font-size="13" fill="#0f172a" role="img">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="28" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for index, (label, value) in enumerate(bars):
        y = TOP + ROW * index
        length = max(1.0, value / longest * (WIDTH - LEFT - RIGHT))
        color = OURS if label in highlighted else THEIRS
        parts += [
            f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{LEFT}" y="{y + 3}" width="{length:.1f}" height="18" fill="{color}"/>',
            f'<text x="{LEFT + length + 8:.1f}" y="{y + 16}">{value:,.0f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
