"""Writes what was found: tables for the terminal and docs/performance.md with its plots."""

from collections.abc import Iterable
from pathlib import Path

from figures import Cell, Findings
from plan import COMPARED
from plots import bar_chart
from targets import EMPTY, MEBIBYTE, OURS, OURS_TWO, verdicts
from work import OPERATIONS

NOTES = Path(__file__).parent / "notes.md"
"""What no measurement says by itself: why a target is not met. Written by hand."""
MET = {True: "met", False: "**not met**", None: "-"}
HEADS = ["req/s", "p50 ms", "p95 ms", "p99 ms", "errors", "app CPU µs", "PostgreSQL CPU µs"]
PLOTS = [  # (file, title, operation, figure of a cell)
    ("cpu-list", "Application CPU per request, list of 20: µs, less is better", "list", "app_us"),
    ("rate-list", "List of 20: requests per second, more is better", "list", "rate"),
    ("rate-mix", "Mix: requests per second, more is better", "mix", "rate"),
]


def table(heads: list[str], rows: Iterable[Iterable[str]]) -> list[str]:
    lines = [" | ".join(heads), " | ".join("---" for _ in heads), *(" | ".join(r) for r in rows)]
    return [f"| {line} |" for line in lines] + [""]


def figures_of(cell: Cell) -> list[str]:
    return [
        f"{cell.rate:,.0f}",
        f"{cell.p50_ms:.1f}",
        f"{cell.p95_ms:.1f}",
        f"{cell.p99_ms:.1f}",
        str(cell.errors),
        f"{cell.app_us:,.0f}",
        f"{cell.postgres_us:,.0f}",
    ]


def comparison_table(found: Findings, operation: str, connections: int) -> list[str]:
    cells = [
        (label, cell)
        for name, label in found.labels.items()
        if name != OURS_TWO and (cell := found.cell(name, operation, connections))
    ]
    cells.sort(key=lambda each: -each[1].rate)
    empty = found.cell(EMPTY, "list", 32)
    rows = [
        [label, *figures_of(cell), f"{cell.app_us / empty.app_us:.1f}x" if empty else ""]
        for label, cell in cells
    ]
    heads = [f"{operation}, {connections} connections", *HEADS, "to empty"]
    return table(heads, rows) if rows else []


def matrix_table(found: Findings, server: str) -> list[str]:
    counts = sorted({count for name, _, count in found.results if name == server})
    rows = [
        [operation, f"{count:,}", *figures_of(cell)]
        for operation in OPERATIONS
        for count in counts
        if (cell := found.cell(server, operation, count))
    ]
    return table(["operation", "connections", *HEADS], rows) if rows else []


def targets_table(found: Findings) -> list[str]:
    rows = [[each.what, each.target, each.measured, MET[each.met]] for each in verdicts(found)]
    return table(["", "target", "measured", ""], rows)


def processes_table(found: Findings) -> list[str]:
    rows = []
    for name, label in found.labels.items():
        rest, after = found.memory_at_rest.get(name), found.memory_after.get(name)
        if rest and after:
            sizes = [rest.pss, rest.rss, after.rss]
            mebibytes = [f"{size / MEBIBYTE:.0f}" for size in sizes]
            rows.append([label, f"{found.start_up[name]:.2f}", *mebibytes])
    heads = ["", "start-up s", "PSS at rest MiB", "RSS at rest MiB", "RSS after MiB"]
    return table(heads, rows)


def trips_table(found: Findings) -> list[str]:
    operations = ["list", "get", "create", "update", "complete", "delete"]
    rows = [
        [found.labels[name], *(str(counted[each]) for each in operations)]
        for name, counted in found.trips.items()
    ]
    return table(["", *operations], rows)


def scale_table(found: Findings) -> list[str]:
    rows = [
        [
            f"{each.operation}: {each.what}",
            f"{each.few_us:.0f}",
            f"{each.many_us:.0f}",
            f"{each.ratio:.2f}x",
        ]
        for each in found.comparisons
    ]
    lines = table(["CPU µs of one request, PostgreSQL's included", "few", "many", ""], rows)
    if full := found.full_listing:
        lines += [
            f"{full.tasks:,} tasks without paging: {full.body / MEBIBYTE:.1f} MiB",
            f"in {full.milliseconds:.0f} ms, for which the worker grew",
            f"by {full.memory / MEBIBYTE:.1f} MiB.",
            "",
        ]
    return lines if rows else []


def floor_table(found: Findings) -> list[str]:
    rows = [
        [name, f"{each.rate:,.0f}", f"{each.postgres_us:.0f}"] for name, each in found.floor.items()
    ]
    return table(["pgbench, the bare statement", "per second", "PostgreSQL CPU µs"], rows)


def soak_table(found: Findings) -> list[str]:
    rows = [
        [f"{minutes:.0f}", f"{memory.pss / MEBIBYTE:.1f}", f"{memory.rss / MEBIBYTE:.1f}"]
        for minutes, memory in found.soak
        if minutes == 1 or minutes % 5 == 0
    ]
    return table(["minutes of the mix", "PSS MiB", "RSS MiB"], rows) if rows else []


def sections(found: Findings) -> list[tuple[str, list[str]]]:
    return [
        ("Targets", targets_table(found)),
        (
            "Against the alternatives, one worker each",
            [line for name, count in COMPARED for line in comparison_table(found, name, count)],
        ),
        ("This server, 1 worker", matrix_table(found, OURS)),
        ("This server, 2 workers", matrix_table(found, OURS_TWO)),
        ("Round trips to the database, counted on the wire", trips_table(found)),
        ("Many rows", scale_table(found)),
        ("Start-up and memory of the largest process", processes_table(found)),
        ("Memory over time", soak_table(found)),
        ("The floor", floor_table(found)),
    ]


def write_plots(found: Findings, folder: Path, stem: str) -> list[str]:
    lines = []
    for file, title, operation, figure in PLOTS:
        bars = [
            (label, getattr(cell, figure))
            for name, label in found.labels.items()
            if name != OURS_TWO and (cell := found.cell(name, operation, 32))
        ]
        bars.sort(key=lambda bar: bar[1], reverse=figure == "rate")
        highlighted = {found.labels.get(OURS, "")}
        name = f"{stem}-{file}.svg"
        (folder / name).write_text(bar_chart(f"{title} (32 connections)", bars, highlighted))
        lines += [f"![{title}]({name})", ""]
    return lines


def print_report(found: Findings) -> None:
    for title, lines in sections(found):
        if lines:
            print("", title, "", *lines, sep="\n")
    print(*found.notes, sep="\n")


def write_report(found: Findings, path: Path) -> None:
    """docs/performance.md and the plots beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (title, targets), *rest = [(title, lines) for title, lines in sections(found) if lines]
    lines = [
        "# Performance",
        "",
        "Written by `make bench`; `backend/bench/README.md` says how to read it.",
        found.settings,
        "",
        *(f"- {name}: {value}" for name, value in (found.machine | found.versions).items()),
        "",
        *(line for note in found.notes for line in (f"> {note}", "")),
        f"## {title}",
        "",
        *targets,
        *NOTES.read_text().splitlines(),
        "",
        "## In pictures",
        "",
        *write_plots(found, path.parent, path.stem),
    ]
    for title, content in rest:
        lines += [f"## {title}", "", *content]
    path.write_text("\n".join(lines).rstrip() + "\n")
