"""A bank of published networks: eight in one call give what each gives alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import fkb
import needs
import numpy as np
import pytest
from test_build_models import compiled_program

needs.engine()
HOST = Path(__file__).resolve().parents[1] / "fortran" / "bank_host.F90"


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_eight_networks_of_a_climate_model_keep_their_inputs_and_places(
    kind: str, shared_data: Path, tmp_path: Path
) -> None:
    source = shared_data / "spcam_bank"
    names = sorted(path.name.removesuffix("_model.txt") for path in source.glob("*_model.txt"))
    assert len(names) == 8
    places = [3, 8, 1, 2, 7, 5, 6, 4]
    lines = ["fkb bank 1"]
    for name, place in zip(names, places, strict=True):
        fkb.convert(
            source / f"{name}_model.txt",
            tmp_path / f"{name}.fkb",
            input_mask=source / f"{name}_input_list.txt",
            out_scale=source / f"{name}_out_scale.txt",
        )
        lines.append(f"member {name}.fkb {place}")
    (tmp_path / "bank.txt").write_text("\n".join(lines) + "\n")
    x = np.random.default_rng(4).uniform(-1, 1, (600, 94))
    rows = "\n".join(" ".join(f"{value:.17g}" for value in column) for column in x)
    (tmp_path / "x.txt").write_text(f"94 {len(x)}\n{rows}\n")
    program = compiled_program(HOST, kind, tmp_path)
    command = [str(program), "bank.txt", "x.txt", "y.txt"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    y = np.loadtxt(tmp_path / "y.txt")
    assert y.shape == (len(x), 8)
    precision = {"float32": "single", "float64": "double"}[kind]
    for name, place in zip(names, places, strict=True):
        alone = fkb.load(tmp_path / f"{name}.fkb", precision).predict(x)[:, 0]
        scale = np.abs(alone).max()
        assert scale > 0
        # Four layers; a BLAS may add up in another order in blocks of another size.
        bound = 32 * float(np.finfo(kind).eps) * scale
        np.testing.assert_allclose(y[:, place - 1], alone, rtol=0, atol=bound, err_msg=name)
