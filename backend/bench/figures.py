"""Everything that a run finds out, for the tables, the plots and the targets."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

from cost import Memory
from floor import Floor
from load import Result
from scale import Comparison, FullListing


@dataclass(frozen=True)
class Cell:
    """One operation of one server at one number of connections: medians over the rounds."""

    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: int
    app_us: float
    postgres_us: float
    load_busy: float


@dataclass
class Findings:
    labels: dict[str, str] = field(default_factory=dict)
    results: dict[tuple[str, str, int], list[Result]] = field(default_factory=dict)
    start_up: dict[str, float] = field(default_factory=dict)
    memory_at_rest: dict[str, Memory] = field(default_factory=dict)
    memory_after: dict[str, Memory] = field(default_factory=dict)
    soak: list[tuple[float, Memory]] = field(default_factory=list)  # (minutes, memory)
    trips: dict[str, dict[str, int]] = field(default_factory=dict)
    comparisons: list[Comparison] = field(default_factory=list)
    full_listing: FullListing | None = None
    floor: dict[str, Floor] = field(default_factory=dict)
    machine: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    settings: str = ""

    def add(self, server: str, operation: str, connections: int, result: Result) -> None:
        self.results.setdefault((server, operation, connections), []).append(result)

    def cell(self, server: str, operation: str, connections: int) -> Cell | None:
        results = self.results.get((server, operation, connections))
        if not results:
            return None

        def middle(of: Callable[[Result], float]) -> float:
            return statistics.median(of(result) for result in results)

        return Cell(
            rate=middle(lambda each: each.rate),
            p50_ms=middle(lambda each: each.p50_ms),
            p95_ms=middle(lambda each: each.p95_ms),
            p99_ms=middle(lambda each: each.p99_ms),
            errors=sum(result.errors for result in results),
            app_us=middle(lambda each: each.app_us),
            postgres_us=middle(lambda each: each.postgres_us),
            load_busy=middle(lambda each: each.load_busy),
        )
