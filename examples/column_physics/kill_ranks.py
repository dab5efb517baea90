"""Kill one rank of the host at random moments while it writes restarts, and look what is left.

    kill_ranks.py PROGRAM MPI_PROGRAM MPIEXEC FOLDER

A run on two ranks writes a restart after every step. Each time that one of its ranks is killed, the
file must hold a whole state, and the next run goes on from it. In the end the state must be, bit by
bit, that of a run on one process that nobody disturbed. Some kills; many with FKB_TEST_LONG=1.
Nothing but the standard library is needed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

MAGIC = b"column physics restart 1"
KILLS = 60 if os.environ.get("FKB_TEST_LONG") == "1" else 6
STEPS_PER_DAY = 48
RANKS = 2
PATIENCE = 60.0


def step_of(restart: Path, size: int) -> int:
    """Return the step of a restart file, which must be whole; 0 where there is none yet."""
    if not restart.exists():
        return 0
    data = restart.read_bytes()
    if data[: len(MAGIC)] != MAGIC or (size and len(data) != size):
        sys.exit(f"kill_ranks.py: a restart of {len(data)} bytes was left, not {size}")
    (step,) = struct.unpack_from("<q", data, len(MAGIC))
    return int(step)


def find_ranks(program: Path) -> list[int]:
    """Return the processes that run a program."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and (folder / "exe").resolve() == program:
                found.append(int(folder.name))
        except OSError:
            continue
    return sorted(found)


def wait_to_strike(part: Path) -> None:
    """Wait for a random time, and then, half of the times, for a restart that is being written."""
    time.sleep(random.uniform(0.0, 0.1))
    end = time.monotonic() + random.choice([0.0, 1.0])
    while not part.exists() and time.monotonic() < end:
        pass


def disturb(command: list[str], program: Path, restart: Path, size: int) -> bool:
    """Begin a run, kill one of its ranks after a first restart; return whether one was cut."""
    part = restart.with_name(restart.name + ".part")
    part.unlink(missing_ok=True)
    before = step_of(restart, size)
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE
    while step_of(restart, size) == before:
        if run.poll() is not None or time.monotonic() > end:
            run.kill()
            sys.exit(f"kill_ranks.py: the run from step {before} wrote no restart")
        time.sleep(0.001)
    ranks = find_ranks(program)
    if len(ranks) != RANKS:
        sys.exit(f"kill_ranks.py: {len(ranks)} ranks are running, not {RANKS}")
    wait_to_strike(part)
    os.kill(random.choice(ranks), signal.SIGKILL)
    try:
        run.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        run.kill()
        sys.exit("kill_ranks.py: the other rank went on without the one that was killed")
    if run.returncode == 0:
        sys.exit("kill_ranks.py: the run came to its end before it was disturbed")
    return part.exists()


def main() -> None:
    """Disturb runs, go on to a common step, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("programs", type=Path, nargs=3, help="program, one for MPI, mpiexec")
    parser.add_argument("folder", type=Path, help="for what is written")
    arguments = parser.parse_args()
    serial, parallel, mpiexec = arguments.programs
    out: Path = arguments.folder
    random.seed(1)
    # A copy, so that nobody else's run is taken for ours.
    program = (out / f"column_physics_{os.getpid()}").resolve()
    program.write_bytes(parallel.read_bytes())
    program.chmod(0o755)
    restart = out / "killed.restart"

    def run(name: Path, *options: object) -> list[str]:
        return [str(part) for part in (name, "truth", out, *options)]

    subprocess.run(
        run(serial, "--days", 1, "--save", restart),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    size = restart.stat().st_size
    steps = [step_of(restart, size)]
    options = ["--from", restart, "--save", restart, "--save-every", 1, "--days", 100000]
    command = [str(mpiexec), "-n", str(RANKS), *run(program, *options)]
    cut = 0
    for _ in range(KILLS):
        cut += disturb(command, program, restart, size)
        steps.append(step_of(restart, size))
    days = (steps[-1] + STEPS_PER_DAY) / STEPS_PER_DAY
    whole = out / "undisturbed.restart"
    one_day_more = ["--from", restart, "--days", 1, "--save", restart]
    from_the_start = ["--days", f"{days:.9f}", "--save", whole]
    for ends in (one_day_more, from_the_start):
        subprocess.run(run(serial, *ends), check=True, stdout=subprocess.DEVNULL)
    if restart.read_bytes() != whole.read_bytes():
        sys.exit("kill_ranks.py: the disturbed run ended in another state")
    print(
        f"{KILLS} kills between steps {steps[0]} and {steps[-1]}, {cut} of them in the middle of "
        f"a restart: the state of step {step_of(restart, size)} has the bits of an undisturbed run"
    )


if __name__ == "__main__":
    main()
