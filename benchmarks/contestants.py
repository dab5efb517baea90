"""The contestants: each a process that waits for a line, works, and answers with a line.

While one works the others sleep, each has threads, memory and pinned processors of its own, and one
that dies takes nothing else with it.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# The titles in the order of the table; the first is what ratios are taken of.
TITLES = {
    "fkb": "FKB",
    "onnx": "ONNX Runtime",
    "tensorflow": "TensorFlow",
    "tensorflow-xla": "TensorFlow XLA",
    "pytorch": "PyTorch",
}
# The truth that outputs are compared with: the first of these that runs.
WITNESSES = ("tensorflow", "tensorflow-xla", "onnx", "pytorch", "fkb")


def pinned_environment(threads: int) -> dict[str, str]:
    """Return an environment in which every library uses so many threads."""
    environment = dict(os.environ)
    for name in ("OMP", "OPENBLAS", "MKL", "TF_NUM_INTRAOP"):
        environment[f"{name}_NUM_THREADS" if "_" not in name else f"{name}_THREADS"] = str(threads)
    environment.update(
        TF_NUM_INTEROP_THREADS="1",
        TF_CPP_MIN_LOG_LEVEL="3",
        CUDA_VISIBLE_DEVICES="",
        KERAS_BACKEND="tensorflow",
        PYTHONPATH=os.pathsep.join([str(HERE), str(HERE.parent / "python")]),
    )
    return environment


def pinning(threads: int) -> Callable[[], None] | None:
    """Return what a new process calls to stay on so many processors, the last ones."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    processors = set(sorted(os.sched_getaffinity(0))[-threads:])
    return lambda: os.sched_setaffinity(0, processors)


@dataclass
class Contestant:
    """A process, begun when it is first asked.

    Attributes:
        name: key of `TITLES`.
        spec: that of the model.
        folder: of the model.
        program: the Fortran program.
        threads: to use.
        limit: seconds after which an answer is given up.
    """

    name: str
    spec: dict[str, Any]
    folder: Path
    program: Path
    threads: int
    limit: float = 900.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    command: list[str] = field(default_factory=list)

    @property
    def errors(self) -> Path:
        """Where the process's errors go."""
        return self.folder / f"errors_{self.name}.txt"

    def command_for(self, batch: int) -> list[str]:
        """Return the command line that serves a batch."""
        if self.name != "fkb":
            worker = [sys.executable, str(HERE / "worker.py"), self.name]
            return [*worker, str(self.folder), str(self.threads)]
        name = "net.fkb"
        if self.spec["members"]:
            name = "bank.txt"
        elif self.spec["stateful"]:
            name = f"net_b{batch}.fkb"
        return [str(self.program), name]

    def prepare(self, task: str, batch: int) -> tuple[str, list[float]]:
        """Return why a contestant cannot do a task, or nothing; and the first losses."""
        command = self.command_for(batch)
        if self.process is None or command != self.command:
            self.close()
            self.begin(command)
            loaded = self.answer()
            if not loaded.startswith("loaded"):
                return loaded.removeprefix("- "), []
        features = [prod(given["shape"]) for given in self.spec["inputs"]]
        sizes = [batch, prod(self.spec["output"]), *features]
        answer = self.ask(" ".join([task, *map(str, sizes)]))
        if not answer.startswith("ready"):
            return answer.removeprefix("- "), []
        return "", [float(loss) for loss in answer.split()[1:]]

    def run(self, seconds: float) -> float:
        """Return the median time of a call."""
        answer = self.ask(f"run {seconds}")
        if not answer.startswith("time"):
            raise RuntimeError(answer.removeprefix("- "))
        return float(answer.split()[1])

    def begin(self, command: list[str]) -> None:
        """Start the process."""
        self.command = command
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=pinned_environment(self.threads),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                preexec_fn=pinning(self.threads),
            )

    def ask(self, line: str) -> str:
        """Return the answer to a line."""
        if self.process is None or self.process.stdin is None:
            return "- it has ended"
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(f"{line}\n".encode())
            self.process.stdin.flush()
        return self.answer()

    def answer(self) -> str:
        """Return the next line; a process without an answer is ended, with the reason."""
        assert self.process is not None
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], self.limit)
        line = self.process.stdout.readline().decode() if ready else ""
        if line:
            return line.strip()
        process, self.process = self.process, None
        if not ready:
            process.kill()
            process.wait()
            return f"- no answer within {self.limit:.0f} s"
        status = process.wait()
        words = self.errors.read_text(errors="replace").split("\n")
        last = next((text for text in words if text.strip()), "nothing was said")
        return f"- it ended with status {status}: {last.strip()[:300]}"

    def memory(self) -> int:
        """Return the most memory that the process had, in bytes; 0 where nobody knows."""
        if self.process is None:
            return 0
        status = Path(f"/proc/{self.process.pid}/status")
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
        return 1024 * int(found[1]) if found else 0

    def close(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        if process is not None and process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
