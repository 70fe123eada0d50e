"""What a server of the benchmark did with its time: its own counters, and the kernel's."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

PHASES = ("validation", "engine", "database")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Inside:
    """Seconds since the start, summed over the workers: by phase, and of their processors."""

    phases: tuple[float, ...]
    cpu: float
    commits: float
    evaluations: float

    def since(self, earlier: "Inside") -> "Inside":
        """What came after ``earlier``."""
        phases = tuple(now - then for now, then in zip(self.phases, earlier.phases, strict=True))
        return Inside(
            phases,
            self.cpu - earlier.cpu,
            self.commits - earlier.commits,
            self.evaluations - earlier.evaluations,
        )


def inside(ports: Sequence[int], pids: Sequence[int]) -> Inside:
    """How the servers at ``ports`` stand; a bare one has no phases."""
    counted: dict[str, float] = {}
    for port in ports:
        for name, value in _counted(port):
            counted[name] = counted.get(name, 0.0) + value
    return Inside(
        tuple(counted.get(phase, 0.0) for phase in PHASES),
        sum(map(_cpu_seconds, pids)),
        counted.get("commits", 0.0),
        counted.get("evaluations", 0.0),
    )


def _counted(port: int) -> list[tuple[str, float]]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    except OSError:  # the bare endpoint counts nothing
        return []
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = [(s.labels["phase"], s.value) for s in samples if s.name == "trivet_evaluation_seconds_sum"]
    found += [("commits", s.value) for s in samples if s.name == "trivet_commit_batch_count"]
    found += [("evaluations", s.value) for s in samples if s.name == "trivet_commit_batch_sum"]
    return found


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads; see proc(5), fields 14 and 15."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
