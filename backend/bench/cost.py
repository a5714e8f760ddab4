"""What processes cost: CPU time and memory, as /proc tells them, whoever drives the load.

Linux only.
"""

import os
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name, which may itself hold spaces and brackets."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def parent_of(pid: int) -> int:
    return int(_stat(pid)[1])


def process_tree(root: int) -> list[int]:
    """`root` and its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                children.setdefault(parent_of(int(entry.name)), []).append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _own_cpu_seconds(pid: int, fields: list[str]) -> float:
    # stat counts in ticks of 10 ms and forgets no thread; schedstat counts nanoseconds but only
    # of threads that live. A back end of PostgreSQL has one thread and little time: nanoseconds.
    schedstat = Path(f"/proc/{pid}/schedstat")
    if int(fields[17]) == 1 and schedstat.exists():
        return int(schedstat.read_text().split()[0]) / 1e9
    return (int(fields[11]) + int(fields[12])) * TICK


def cpu_seconds(root: int) -> float:
    """CPU time spent so far by `root`, its living descendants and their children that ended."""
    total = 0.0
    for pid in process_tree(root):
        try:
            fields = _stat(pid)
            total += _own_cpu_seconds(pid, fields)
            total += (int(fields[13]) + int(fields[14])) * TICK
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


@dataclass(frozen=True)
class Memory:
    """Bytes of one process: `pss` shares common pages out among the processes that map them."""

    pss: int
    rss: int


def memory_of(pid: int) -> Memory:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    size = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
    return Memory(pss=size["Pss"], rss=size["Rss"])


def largest_worker(root: int) -> tuple[int, Memory]:
    """The process of a server that uses the most memory: (its id, its memory)."""
    sizes = {pid: memory_of(pid) for pid in process_tree(root)}
    pid = max(sizes, key=lambda each: sizes[each].pss)
    return pid, sizes[pid]


def peak_memory(pid: int) -> int:
    """The largest resident size since `forget_peak`, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")
