"""The measurements, one after the other, on one database."""

import os
import time
from contextlib import AbstractContextManager, ExitStack

import cost
import seeds
from figures import Findings
from load import Load, Result, run_load
from plan import COMPARED, REFERENCE, Plan
from proof import prove, trips_per_request
from scale import Comparison, cpu_us, list_everything, requests_of
from servers import Running, Server, log_of, migrate, our_server, running
from trips import Proxy
from work import Task, Workload

OUR_TABLE, PEER_TABLE = "task", "peer_task"
PAGED_USERS = 200


class Bench:
    """One run: a database, the work, and what was found so far."""

    def __init__(self, plan: Plan, url: str) -> None:
        self.plan, self.url, self.found = plan, url, Findings()
        self.deadline = time.monotonic() + plan.limit
        self.postgres = seeds.postmaster_pid(url)
        self.cores = os.sched_getaffinity(0)
        self.app_core = {min(self.cores)}
        self.other_cores = (self.cores - self.app_core) or self.cores
        self.tables = [OUR_TABLE, PEER_TABLE]

    def seed(self) -> None:
        migrate(self.url)
        seeds.sql(self.url, seeds.PEER_TABLE)
        seeds.seed(self.url, self.tables, self.plan.users)
        self.tasks = seeds.sample(self.url, OUR_TABLE)
        self.work = Workload(self.tasks)
        self.mine = self.tasks[0]
        self.theirs = next(task for task in self.tasks if task.user_id != self.mine.user_id)

    def give_postgres(self, cores: set[int]) -> None:
        for pid in cost.process_tree(self.postgres):
            os.sched_setaffinity(pid, cores)

    def serving(
        self, server: Server, cores: set[int] | None = None, url: str = ""
    ) -> AbstractContextManager[Running]:
        return running(server, url or self.url, self.mine.user_id, cores or self.app_core)

    def load(
        self,
        it: Running,
        requests: list[bytes],
        connections: int,
        *,
        seconds: float = 0,
        cores: set[int] | None = None,
    ) -> Result:
        return run_load(
            Load(
                port=it.port,
                connections=connections,
                warm_up=self.plan.warm_up,
                seconds=seconds or self.plan.seconds,
                app_pid=it.pid,
                postgres_pid=self.postgres,
                cpus=frozenset(cores or self.other_cores),
            ),
            requests,
        )

    def measure(
        self, it: Running, operation: str, connections: int, cores: set[int] | None = None
    ) -> None:
        if time.monotonic() > self.deadline:
            what = f"{it.server.label}: {operation} at {connections} connections"
            self.found.left_out.add(what)
            return
        result = self.load(it, self.work.requests[operation], connections, cores=cores)
        self.found.add(it.server.name, operation, connections, result)
        print(
            f"{it.server.label:26} {operation:9}{connections:5} {result.rate:7.0f}/s "
            f"p95 {result.p95_ms:6.1f} ms  CPU µs {result.app_us:6.0f} + {result.postgres_us:4.0f}"
            f"  errors {result.errors}",
            flush=True,
        )

    def prove_and_count_trips(self, servers: list[Server]) -> None:
        for server in servers:
            with (
                Proxy(self.url) as proxy,
                self.serving(server, url=proxy.address) as it,
            ):
                # Alone on the machine: pages that are shared with another server would count half.
                self.found.memory_at_rest[server.name] = cost.largest_worker(it.pid)[1]
                if server.needs_database:
                    prove(it, self.mine, self.theirs)
                    self.found.trips[server.name] = trips_per_request(it, proxy, self.mine)

    def compare(self, servers: list[Server]) -> None:
        """All servers up at once, asked in turn, the same in every round."""
        with ExitStack() as stack:
            up = [stack.enter_context(self.serving(each)) for each in servers]
            for it in up:
                self.found.start_up[it.server.name] = it.start_up
            self.work.add_pages(up[0].port, PAGED_USERS)
            for it in up:
                kind = "mix" if it.server.needs_database else "list"
                self.load(it, self.work.requests[kind], 32, seconds=self.plan.first_warm_up)
            for _ in range(self.plan.rounds):
                self.round(up)
            for it in up:
                self.found.memory_after[it.server.name] = cost.largest_worker(it.pid)[1]

    def round(self, up: list[Running]) -> None:
        seeds.drop_created(self.url, self.tables)
        for operation, connections in COMPARED:
            for it in up:
                if it.server.needs_database or (operation, connections) == REFERENCE:
                    self.measure(it, operation, connections)
        for operation, connections in self.plan.one_worker:
            self.measure(up[0], operation, connections)

    def two_workers(self) -> None:
        """Everything on all cores, as it is where nobody pins anything."""
        self.give_postgres(self.cores)
        with self.serving(our_server(2), self.cores) as it:
            self.found.start_up[it.server.name] = it.start_up
            self.found.memory_at_rest[it.server.name] = cost.largest_worker(it.pid)[1]
            self.load(it, self.work.requests["mix"], 32, seconds=self.plan.first_warm_up)
            for _ in range(self.plan.rounds):
                seeds.drop_created(self.url, self.tables)
                for operation, connections in self.plan.two_workers:
                    self.measure(it, operation, connections, cores=self.cores)
            self.found.memory_after[it.server.name] = cost.largest_worker(it.pid)[1]
        self.give_postgres(self.other_cores)

    def many_rows(self) -> None:
        if time.monotonic() + 60 > self.deadline:
            self.found.left_out.add("the large set")
            return
        with self.serving(our_server(1)) as it:
            self.compare_sizes(it)
        with self.serving(our_server(1)) as it:
            self.found.full_listing = list_everything(it, seeds.user_named("heavy"))

    def compare_sizes(self, it: Running) -> None:
        def microseconds(*works: list[bytes]) -> list[float]:
            return cpu_us(lambda requests: self.load(it, requests, 32), self.plan.rounds, *works)

        def compare(what: str, few: list[float], many: list[float]) -> None:
            for name, few_us, many_us in zip(names, few, many, strict=True):
                self.found.comparisons.append(Comparison(what, name, few_us, many_us))

        names = ["list", "get"]
        ordinary = [self.work.requests[name] for name in names]
        seeds.drop_created(self.url, self.tables)
        self.load(it, self.work.requests["mix"], 32)
        few = microseconds(*ordinary)
        seeds.seed_large(self.url, OUR_TABLE, self.plan.many_users)
        compare("50,000 rows in all, 1 million", few, microseconds(*ordinary))
        users = [seeds.user_named("light"), seeds.user_named("heavy")]
        light, heavy = (requests_of(user, self.tasks_of(user)) for user in users)
        works = [user[name] for user in (light, heavy) for name in names]
        found = microseconds(*works)
        compare("10 tasks of the user, 10,000", found[:2], found[2:])

    def tasks_of(self, user_id: str) -> list[Task]:
        return seeds.sample(self.url, OUR_TABLE, user_id)

    def soak(self, minutes: int) -> None:
        """The mix at 32 connections, for so long that a leak would show."""
        with self.serving(our_server(1)) as it:
            for minute in range(1, minutes + 1):
                self.load(it, self.work.requests["mix"], 32, seconds=60)
                memory = cost.largest_worker(it.pid)[1]
                self.found.soak.append((minute, memory))
                os.truncate(log_of(it.server), 0)  # some 100 MB each minute
                print(f"soak: {minute} min, {memory.pss / 2**20:.1f} MiB", flush=True)
