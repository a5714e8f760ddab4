"""The targets of the project, held against what a run found."""

from collections.abc import Iterator
from dataclasses import dataclass

from figures import Findings

OURS, OURS_TWO, EMPTY = "todo_server_1", "todo_server_2", "empty_fastapi"
THROUGHPUT = [  # (peer, at least so many times its requests per second)
    ("fastify_pg", 1.0),
    ("fastapi_orm_async", 7.0),
    ("django_drf", 4.0),
    ("express_drizzle", 4.0),
]
COMPARED = ["list", "get", "complete", "create", "mix"]
CPU = {"list": 2.0, "get": 1.8, "create": 2.5, "complete": 2.5}
TRIPS = dict.fromkeys(("list", "get", "create", "update", "complete", "delete"), 1)
P95 = {100: 50.0, 1000: 500.0}
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Verdict:
    what: str
    target: str
    measured: str
    met: bool | None  # None: not measured in this run


def verdicts(found: Findings) -> list[Verdict]:
    return [
        *_throughput(found),
        *_cpu(found),
        *_trips(found),
        *_latency(found),
        *_scale(found),
        *_full_listing(found),
        *_memory(found),
        *_start_up(found),
    ]


def _unknown(what: str, target: str) -> Verdict:
    return Verdict(what, target, "not measured", None)


def _throughput(found: Findings) -> Iterator[Verdict]:
    for peer, least in THROUGHPUT:
        label = found.labels.get(peer, peer)
        for operation in COMPARED:
            what, target = f"{operation}: requests/s against {label}", f"≥ {least:g}x"
            ours, theirs = found.cell(OURS, operation, 32), found.cell(peer, operation, 32)
            if ours and theirs:
                ratio = ours.rate / theirs.rate
                yield Verdict(what, target, f"{ratio:.2f}x", ratio >= least)
            else:
                yield _unknown(what, target)


def _cpu(found: Findings) -> Iterator[Verdict]:
    empty = found.cell(EMPTY, "list", 32)
    for operation, most in CPU.items():
        what = f"{operation}: application CPU against the empty endpoint"
        ours = found.cell(OURS, operation, 32)
        if ours and empty:
            ratio = ours.app_us / empty.app_us
            yield Verdict(what, f"≤ {most:g}x", f"{ratio:.2f}x", ratio <= most)
        else:
            yield _unknown(what, f"≤ {most:g}x")


def _trips(found: Findings) -> Iterator[Verdict]:
    counted = found.trips.get(OURS)
    for operation, most in TRIPS.items():
        what, target = f"{operation}: round trips to the database", f"≤ {most}"
        if counted:
            count = counted[operation]
            yield Verdict(what, target, str(count), count <= most)
        else:
            yield _unknown(what, target)


def _latency(found: Findings) -> Iterator[Verdict]:
    for connections, most in P95.items():
        what = f"mix at {connections:,} connections: p95 and errors, 1 worker and 2"
        target = f"< {most:g} ms, none"
        cells = [found.cell(each, "mix", connections) for each in (OURS, OURS_TWO)]
        measured = [cell for cell in cells if cell]
        if len(measured) < len(cells):
            yield _unknown(what, target)
            continue
        errors = sum(cell.errors for cell in measured)
        milliseconds = " and ".join(f"{cell.p95_ms:.0f}" for cell in measured)
        met = all(cell.p95_ms < most for cell in measured) and errors == 0
        yield Verdict(what, target, f"{milliseconds} ms, {errors or 'none'}", met)


def _scale(found: Findings) -> Iterator[Verdict]:
    if not found.comparisons:
        yield _unknown("the same request with few rows and with many", "≤ 1.2x")
    for each in found.comparisons:
        what = f"{each.operation}: CPU with {each.what}"
        yield Verdict(what, "≤ 1.2x", f"{each.ratio:.2f}x", each.ratio <= 1.2)


def _full_listing(found: Findings) -> Iterator[Verdict]:
    full = found.full_listing
    if full is None:
        yield _unknown("10,000 tasks without paging", "< 150 ms, ≤ 3x the body in memory")
        return
    what = "10,000 tasks without paging"
    met = full.milliseconds < 150 and full.tasks == 10_000
    yield Verdict(f"{what}: time", "< 150 ms", f"{full.milliseconds:.0f} ms", met)
    held = full.memory / full.body
    yield Verdict(f"{what}: memory", "≤ 3x the body", f"{held:.1f}x", held <= 3)


def _memory(found: Findings) -> Iterator[Verdict]:
    rest = found.memory_at_rest.get(OURS)
    what = "memory of a worker at rest"
    if rest:
        # By the resident size: the other figure depends on who else runs the same interpreter.
        pss, rss = rest.pss / MEBIBYTE, rest.rss / MEBIBYTE
        yield Verdict(what, "≤ 90 MiB", f"{rss:.0f} MiB (PSS {pss:.0f})", rss <= 90)
    else:
        yield _unknown(what, "≤ 90 MiB")
    if len(found.soak) > 2:
        # The first sixth is warming up: caches and arenas fill.
        early, late = found.soak[len(found.soak) // 6], found.soak[-1]
        growth = (late[1].rss - early[1].rss) / MEBIBYTE
        what = f"growth of a worker in {late[0]:.0f} minutes of the mix"
        yield Verdict(what, "none (≤ 2 MiB)", f"{growth:.1f} MiB", growth <= 2)
    else:
        yield _unknown("growth of a worker in an hour of the mix (--soak 60)", "none (≤ 2 MiB)")


def _start_up(found: Findings) -> Iterator[Verdict]:
    what = "start to the first answered request"
    if OURS in found.start_up:
        seconds = found.start_up[OURS]
        yield Verdict(what, "≤ 1.0 s", f"{seconds:.2f} s", seconds <= 1.0)
    else:
        yield _unknown(what, "≤ 1.0 s")
