"""A host that is killed at any moment goes on with the same bits from its last restart file."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import needs
import pytest
from fkb import library

pytestmark = needs.with_engine

ROOT = Path(__file__).resolve().parents[2]
STEPS = 400
MODEL = """\
fkb 1
precision float32
keras "3.15.1"
model "m" Sequential
  layer "x" InputLayer
    batch_shape = [null,2]
    node [] {}
  end
  layer "hidden" Dense
    units = 3
    activation = "tanh"
    node [["x",0,0]] {}
    weight "kernel" float32 [2,3] trainable
    weight "bias" float32 [3] trainable
  end
  layer "y" Dense
    units = 1
    node [["hidden",0,0]] {}
    weight "kernel" float32 [3,1] trainable
    weight "bias" float32 [1] trainable
  end
  inputs ["x",0,0]
  outputs ["y",0,0]
end
checksum none
values 6 none
0.5 -0.3 0.2 0.7 0.1 -0.6
values 3 none
0 0 0
values 3 none
0.4 -0.5 0.3
values 1 none
0
end
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled host, in a folder with its model."""
    build = library.find_library().resolve().parents[1]
    modules = build / "include" / "fkb"
    if not shutil.which("gfortran") or not (modules / "fkb_sp.mod").is_file():
        pytest.skip("no build of the library with gfortran")
    folder = tmp_path_factory.mktemp("host")
    (folder / "model.fkb").write_text(MODEL)
    source = ROOT / "tests" / "restart" / "online_host.f90"
    link = [f"-L{build / 'fortran'}", f"-Wl,-rpath,{build / 'fortran'}", "-lfkb"]
    command = ["gfortran", f"-I{modules}", str(source), *link, "-o", str(folder / "host")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Cannot read module file" in done.stderr or "not a GNU Fortran module" in done.stderr:
        pytest.skip("the library was not built with gfortran")
    assert done.returncode == 0, done.stderr
    return folder


def command(host: Path, restart: str, steps: int) -> list[str]:
    return [str(host / "host"), str(host / "model.fkb"), restart, str(steps)]


def run(host: Path, restart: str, steps: int) -> list[str]:
    done = subprocess.run(
        command(host, restart, steps), cwd=host, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_a_restart_goes_on_with_the_same_bits(host: Path) -> None:
    whole = run(host, "whole.restart", 100)
    assert whole[0] == "begin 0"
    run(host, "half.restart", 50)
    rest = run(host, "half.restart", 100)
    assert rest == ["begin 50", whole[1]]
    assert (host / "half.restart").read_bytes() == (host / "whole.restart").read_bytes()


def test_no_kill_loses_the_last_good_state(host: Path) -> None:
    """Hundreds of kills in the long run, some in the short one."""
    kills = 500 if os.environ.get("FKB_TEST_LONG") else 40
    steps = STEPS * 20
    dice = random.Random(5)
    restart = host / "killed.restart"
    reached = unfinished = 0
    for _ in range(kills):
        with subprocess.Popen(
            command(host, restart.name, steps), cwd=host, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            begin = int(process.stdout.readline().split()[1])
            assert begin >= reached
            reached = begin
            time.sleep(dice.uniform(0, 0.03))
            unfinished += process.poll() is None
            process.send_signal(signal.SIGKILL)
        if reached > steps // 2:
            restart.unlink()
            reached = 0
    assert unfinished > kills // 2
    last = int(run(host, restart.name, 0)[0].split()[1]) if restart.exists() else 0
    # However it came there, the state is that of a run without any kill.
    assert run(host, restart.name, last + 20)[1] == run(host, "quiet.restart", last + 20)[1]
    for part in host.glob("*.part"):
        part.unlink()


@pytest.mark.parametrize("where", [0, 5, 30, 200, -9, -3])
def test_a_damaged_restart_is_refused(where: int, host: Path) -> None:
    (host / "damaged.restart").unlink(missing_ok=True)
    run(host, "damaged.restart", 20)
    content = bytearray((host / "damaged.restart").read_bytes())
    content[where] ^= 16
    for broken in (bytes(content), bytes(content[:-20]), b""):
        (host / "damaged.restart").write_bytes(broken)
        done = subprocess.run(
            command(host, "damaged.restart", 30),
            cwd=host,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert "damaged" in done.stderr or "no file of the kind" in done.stderr
