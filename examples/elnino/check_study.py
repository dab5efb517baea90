"""Checks of the study that need Keras.

    check_study.py export FOLDER    what Fortran trained says the same in Keras
    check_study.py parts FOLDER     groups, orders and the three readings are those of Fortran, and
                                    both learn the same from the same batches

FOLDER is what run.sh wrote, for `parts` with --tiny.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import fkb
import keras
import numpy as np
from keras_study import read_pairs, score
from networks import FULL_COUNTS, VALUES, build_network
from orders import group_of, others, put_in_order

# Of the largest value, real32: rounding in another order, through eleven layers.
SAME = 2e-5
# The same after some tens of steps, of each weight array's largest value: what Adam makes of it.
# Keras on TensorFlow squares the gradient of an embedding for each sample alone, where FKB squares
# their sum (docs/training.md); what follows the embedding hears of it.
LEARNED, LEARNED_SEASON = 2e-2, 0.2


def check_parts() -> None:
    """Compare with the numbers of test_elnino.f90."""
    first = put_in_order(np.arange(1, 13), 1, 1)
    assert first.tolist() == [10, 3, 9, 7, 6, 1, 4, 12, 5, 8, 11, 2]
    assert put_in_order(first, 3, 7).tolist() == [4, 6, 12, 10, 1, 5, 8, 3, 7, 2, 9, 11]
    ends = [group_of(462, number) for number in range(1, 11)]
    assert [end - begin for begin, end in ends] == [47, 47, 46, 46, 46, 46, 46, 46, 46, 46]
    assert not set(range(*ends[3])) & set(others(462, 4).tolist())
    for reading, count in FULL_COUNTS.items():
        assert build_network(reading, 32).count_params() == count, reading
    print("groups, orders and the counts of the three readings are right")


def check_readings() -> None:
    """Compare predictions of the three readings, one for each calendar month."""
    samples = np.random.default_rng(1).normal(size=(12, VALUES + 1)).astype(np.float32)
    samples[:, VALUES] = np.arange(12)
    for reading in FULL_COUNTS:
        model = build_network(reading, 2)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network"
            model.save(path.with_suffix(".keras"))
            fkb.convert(path.with_suffix(".keras"), path.with_suffix(".fkb"))
            said = np.asarray(fkb.load(path.with_suffix(".fkb")).predict(samples))
        expected = np.asarray(model(samples))
        difference = float(np.abs(said - expected).max() / np.abs(expected).max())
        print(f"reading {reading}: Keras and Fortran equal within {difference:.1e}")
        assert difference < SAME


def check_export(folder: Path) -> None:
    """Predict with the same network in both worlds, one after another and with one score."""
    samples, fields, region = read_pairs(folder / "observation/months.nc", 10**6)
    model = keras.models.load_model(folder / "fortran/trans_01.keras")
    expected = np.asarray(model(samples[:48])).reshape(48, -1)
    said = np.asarray(fkb.load(folder / "fortran/trans_01.fkb").predict(samples[:48]))
    difference = float(np.abs(said.reshape(48, -1) - expected).max() / np.abs(expected).max())
    print(f"trained in Fortran, exported, loaded in Keras: equal within {difference:.1e}")
    assert difference < SAME
    table = np.loadtxt(folder / "fortran/trans.csv", delimiter=",", skiprows=1)
    first, end = group_of(len(samples), 1)
    if end - first > 12:
        ahead = np.repeat(np.asarray(model(samples[first:end])).reshape(-1, 1, 1080), 12, axis=1)
        scores = score(ahead, fields, first, region)
        assert np.allclose(scores[:4], table[0, :4], rtol=1e-4), (scores, table[0])
        print(f"its error in group 1: {scores[2]:.6f} in Keras, {table[0, 2]:.6f} in Fortran")


def check_steps(folder: Path) -> None:
    """Compare the weights that both worlds have after the same steps."""
    fkb.export(folder / "fortran/free.fkb", folder / "fortran/free.keras")
    learned = keras.models.load_model(folder / "fortran/free.keras")
    expected = keras.models.load_model(folder / "keras/free.keras")
    worst = {"season": 0.0, "others": 0.0}
    for ours, theirs in zip(learned.weights, expected.weights, strict=True):
        kind = "season" if theirs.path.startswith("season") else "others"
        there = np.asarray(theirs)
        difference = float(np.abs(np.asarray(ours) - there).max() / np.abs(there).max())
        worst[kind] = max(worst[kind], difference)
    print(
        f"trained by both from the same weights: weights within {worst['others']:.1e},"
        f" those of the season within {worst['season']:.1e}"
    )
    assert worst["others"] < LEARNED
    assert worst["season"] < LEARNED_SEASON


def main() -> None:
    """Run one of the checks."""
    if len(sys.argv) == 3 and sys.argv[1] == "export":
        check_export(Path(sys.argv[2]))
    elif len(sys.argv) == 3 and sys.argv[1] == "parts":
        check_parts()
        check_readings()
        check_steps(Path(sys.argv[2]))
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
