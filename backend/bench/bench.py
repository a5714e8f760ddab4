"""Measures this server and its alternatives in one run on one database. See README.md."""

import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from figures import Findings
from floor import measure_floor
from install import HERE, OUT, install_node_peer, install_python_peers, node_version
from machine import machine, versions
from measuring import PEER_TABLE, Bench
from plan import FULL, QUICK, TRIAL, Plan
from report import print_report, write_report
from servers import EMPTY, NODE_PEERS, PYTHON_PEERS, Server, our_server

from todo_server.embedded_postgres import embedded_postgres

ROOM_FOR_CONNECTIONS = 300


def choose_servers(plan: Plan, found: Findings) -> list[Server]:
    """This server first, then all alternatives that can run here."""
    servers = [our_server(1), *([] if plan.alone else [EMPTY, *PYTHON_PEERS])]
    if plan.alone:
        found.notes.append("A trial: its figures say nothing.")
    elif node_version():
        servers += NODE_PEERS
    else:
        missing = " and ".join(each.label for each in NODE_PEERS)
        found.notes.append(f"Node or npm is missing: {missing} were left out.")
    found.labels = {each.name: each.label for each in [*servers, our_server(2)]}
    return servers


def install_peers() -> None:
    install_python_peers()
    if node_version():
        for peer in NODE_PEERS:
            install_node_peer(peer.name)


def run(plan: Plan, output: Path, soak_minutes: int) -> None:
    OUT.mkdir(exist_ok=True)
    if not plan.alone:
        install_peers()
    started = time.monotonic()
    data_dir = OUT / "database"
    shutil.rmtree(data_dir, ignore_errors=True)
    with embedded_postgres(
        data_dir, max_connections=ROOM_FOR_CONNECTIONS, durable=not plan.alone
    ) as url:
        bench = Bench(plan, url)
        found = bench.found
        servers = choose_servers(plan, found)
        expected = plan.expected_seconds(len(servers))
        print(f"This takes about {expected / 60:.0f} minutes.", flush=True)
        if expected > plan.limit:
            print(f"WARNING: the limit is {plan.limit / 60:.0f} minutes; the end will be left out.")
        found.machine, found.versions = machine(), versions(url)
        bench.seed()
        bench.give_postgres(bench.other_cores)
        bench.prove_and_count_trips(servers)
        bench.compare(servers)
        if plan.two_workers:
            bench.two_workers()
        found.floor = measure_floor(url, bench.postgres, PEER_TABLE, bench.tasks, plan.seconds)
        if plan.many_users:
            bench.many_rows()
        if found.left_out:
            found.notes.append(f"Left out for want of time: {', '.join(sorted(found.left_out))}.")
        found.settings = (
            f"{plan.rounds} round(s) of {plan.seconds:g} s for each figure, medians, "
            f"{(time.monotonic() - started) / 60:.0f} minutes in all."
        )
        if soak_minutes:
            write_report(found, output)  # as long as nothing can go wrong
            bench.soak(soak_minutes)
    shutil.rmtree(data_dir, ignore_errors=True)
    print_report(found)
    write_report(found, output)
    print(f"\nWritten: {os.path.relpath(output)}; {time.monotonic() - started:.0f} seconds.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="two minutes instead of twenty")
    size.add_argument("--trial", action="store_true", help="seconds, alone: whether it works")
    parser.add_argument("--output", type=Path, help="by default docs/performance.md, or out/")
    parser.add_argument(
        "--soak",
        type=int,
        default=0,
        choices=range(61),
        metavar="MINUTES",
        help="afterwards the mix for so long (at most 60), watching the memory",
    )
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # stop what was started, then go
    plan = QUICK if arguments.quick else TRIAL if arguments.trial else FULL
    folder = HERE.parent.parent / "docs" if plan is FULL else OUT
    run(plan, arguments.output or folder / "performance.md", arguments.soak)


if __name__ == "__main__":
    main()
