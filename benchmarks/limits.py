"""What the processor can do at most, as the program time_limits measures it."""

from __future__ import annotations

import math
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from contestants import pinned_environment, pinning

KIB = 1024
SIZES = tuple(KIB << power for power in (5, 7, 9, 10, 11, 12, 13, 14, 15, 16, 18))


@dataclass(frozen=True)
class Limits:
    """Operations per second, and bytes per second that are read from arrays of some sizes."""

    threads: int
    flops: float
    bandwidth: tuple[tuple[int, float], ...]

    def bytes_per_second(self, size: float) -> float:
        """Return the bandwidth for an array, between those that were measured."""
        below = [point for point in self.bandwidth if point[0] <= size]
        above = [point for point in self.bandwidth if point[0] > size]
        if not below or not above:
            return (below[-1] if below else above[0])[1]
        (low, slow), (high, fast) = below[-1], above[0]
        part = math.log(size / low) / math.log(high / low)
        return slow + part * (fast - slow)

    def least_time(self, flops: float, size: float) -> float:
        """Return the seconds that a call must take, whichever limit is the nearer."""
        return max(flops / self.flops, size / self.bytes_per_second(size))

    def as_dict(self) -> dict[str, Any]:
        """Return what the result file says."""
        return asdict(self)


def measure(program: Path, threads: int, seconds: float) -> Limits:
    """Return the limits of so many threads."""
    result = subprocess.run(
        [str(program.resolve().parent / "time_limits"), str(seconds), *map(str, SIZES)],
        check=True,
        capture_output=True,
        text=True,
        env=pinned_environment(threads),
        preexec_fn=pinning(threads),
    )
    lines = [line.split() for line in result.stdout.splitlines()]
    points = [(int(line[1]), 1e9 * float(line[2])) for line in lines if line[0] == "read"]
    return Limits(threads, 1e9 * float(lines[0][1]), tuple(points))
