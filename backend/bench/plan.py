"""What is measured how often and for how long."""

from dataclasses import dataclass

from work import OPERATIONS

COMPARED = [  # (operation, connections): what everybody does
    ("list", 32),
    ("get", 32),
    ("create", 32),
    ("complete", 32),
    ("mix", 32),
    ("list", 100),
    ("mix", 100),
]
REFERENCE = ("list", 32)  # all that the empty endpoint does
MATRIX = [(name, count) for name in OPERATIONS for count in (1, 32, 100, 1000)]


@dataclass(frozen=True)
class Plan:
    """How long a run takes."""

    rounds: int
    warm_up: float  # seconds, before each measurement
    seconds: float
    first_warm_up: float  # of the mix, once for each server: V8 compiles while it runs
    one_worker: list[tuple[str, int]]  # what this server does beyond COMPARED
    two_workers: list[tuple[str, int]]
    users: int  # with 50 tasks each
    many_users: int  # the users of the large set, with 99 tasks each; 0 leaves the set out
    limit: float  # seconds for the whole; what is not reached by then is left out, and said
    alone: bool = False  # without the alternatives, and with nothing kept from a power cut

    def expected_seconds(self, servers: int) -> float:
        each = self.warm_up + self.seconds + 0.15
        in_a_round = (servers - 1) * len(COMPARED) + 1
        in_a_round += len(self.one_worker) + len(self.two_workers)
        large = 8 * self.rounds * each + 30 if self.many_users else 0
        return self.rounds * in_a_round * each + servers * (self.first_warm_up + 3.5) + large + 10


FULL = Plan(
    rounds=3,
    warm_up=0.4,
    seconds=2.2,
    first_warm_up=3.0,
    one_worker=[each for each in MATRIX if each not in COMPARED],
    two_workers=MATRIX,
    users=1_000,
    many_users=9_998,
    limit=20 * 60,
)
QUICK = Plan(
    rounds=1,
    warm_up=0.15,
    seconds=0.7,
    first_warm_up=1.0,
    one_worker=[("page", 32), ("update", 32), ("list", 1), ("mix", 1), ("mix", 1000)],
    two_workers=[("list", 32), ("mix", 32), ("mix", 100), ("mix", 1000)],
    users=1_000,
    many_users=0,
    limit=120,
)
TRIAL = Plan(
    rounds=1,
    warm_up=0.01,
    seconds=0.05,
    first_warm_up=0.01,
    one_worker=[("page", 32), ("update", 32)],
    two_workers=[],
    users=20,
    many_users=10,
    limit=120,
    alone=True,
)
