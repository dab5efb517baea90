"""The study in Keras: the same trainings, in the same order of batches, and the same scores.

    keras_study.py FIRST.keras SOURCE.nc OBSERVATION.nc FOLDER [OPTIONS]

FOLDER gets free.keras, his_01.keras to his_10.keras and trans_01.keras to trans_10.keras, and their
scores, free.csv, his.csv and trans.csv.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import h5py
import keras
import numpy as np
from networks import FRAMES, MONTH, VALUES
from orders import GROUPS, group_of, others, put_in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

# What SST in K and thermocline depth in m are divided by; months that are left out.
SST_SCALE, H_SCALE, SPIN_UP = 2.0, 50.0, 180
LEADS, SEASON = 12, 3
SCORES = "first,last,rmse,rmse_sst,r_3,r_6,r_9,r_12"


@dataclass
class Plan:
    """How long and how fast, as plan_t of elnino_training.f90."""

    epochs: int
    rate: float
    batch: int
    seed: int


def read_pairs(path: Path, months: int = 10**6) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return samples, the months (month, values), and the points of Niño-3.4."""
    with h5py.File(path) as file:
        last = min(len(file["month"]), SPIN_UP + months)
        sst, h = file["sst"][SPIN_UP:last] / SST_SCALE, file["h"][SPIN_UP:last] / H_SCALE
        latitude, longitude = file["latitude"][()], file["longitude"][()]
    fields = np.stack([sst, h], axis=-1).astype(np.float32).reshape(len(sst), MONTH)
    n = len(fields) - FRAMES
    calendar = ((np.arange(n) + FRAMES) % 12).astype(np.float32)[:, None]
    samples = np.concatenate([*(fields[i : i + n] for i in range(FRAMES)), calendar], axis=1)
    region = (np.abs(latitude) <= 5)[:, None] & ((longitude >= 190) & (longitude <= 240))[None]
    return samples, fields, region


def begin(start: Path, plan: Plan, pairs: int) -> Any:
    """Return a network with Adam, whose rate falls to nothing as a cosine."""
    model = keras.models.load_model(start, compile=False)
    steps = plan.epochs * -(-pairs // plan.batch)
    rate = keras.optimizers.schedules.CosineDecay(plan.rate, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="mse")
    return model


def train(model: Any, samples: Array, targets: Array, pairs: Any, plan: Plan) -> float:
    """Train all layers on the pairs of a list; return the mean loss of the last epoch."""
    order, loss = pairs, 0.0
    for epoch in range(1, plan.epochs + 1):
        order = put_in_order(order, plan.seed, epoch)
        x, y = samples[order], targets[order].reshape(-1, *model.output_shape[1:])
        history = model.fit(x, y, batch_size=plan.batch, shuffle=False, verbose=0)
        loss = history.history["loss"][0]
    return float(loss)


def pretrain(start: Path, source: Path, months: int, plan: Plan, free: Path) -> None:
    """Train a network on the source, and save it."""
    began = time.perf_counter()
    samples, fields, _ = read_pairs(source, months)
    model = begin(start, plan, len(samples))
    loss = train(model, samples, fields[FRAMES:], np.arange(len(samples)), plan)
    model.save(free)
    seconds = time.perf_counter() - began
    print(f"{free}: RMSE in training {np.sqrt(loss):.4f}, {seconds:.0f} s", flush=True)


def train_folds(start: Path, observation: Path, plan: Plan, name: str) -> None:
    """Train ten networks, each on all groups but its own, and save them.

    One model does for all: its weights and its optimizer are set back, which costs nothing, where
    each new model would be compiled anew.
    """
    began = time.perf_counter()
    samples, fields, _ = read_pairs(observation)
    model = begin(start, plan, len(others(len(samples), 1)))
    weights, losses = model.get_weights(), []
    for number in range(1, GROUPS + 1):
        model.set_weights(weights)
        for variable in model.optimizer.variables:
            variable.assign(np.zeros(variable.shape))
        pairs = others(len(samples), number)
        losses.append(train(model, samples, fields[FRAMES:], pairs, plan))
        model.save(f"{name}_{number:02d}.keras")
    low, high = np.sqrt(min(losses)), np.sqrt(max(losses))
    seconds = time.perf_counter() - began
    print(f"{name}: RMSE in training {low:.4f} to {high:.4f}, {seconds:.0f} s", flush=True)


def forecast(model: Any, samples: Array) -> Array:
    """Return the next months (start, lead, values), each fed back for the following."""
    x, months = samples.copy(), []
    for _ in range(LEADS):
        months.append(np.asarray(model.predict_on_batch(x)).reshape(len(x), MONTH))
        x[:, : VALUES - MONTH] = x[:, MONTH:VALUES]
        x[:, VALUES - MONTH : VALUES] = months[-1]
        x[:, VALUES] = (x[:, VALUES] + 1) % 12
    return np.stack(months, axis=1)


def score(ahead: Array, fields: Array, first: int, region: NDArray[np.bool_]) -> list[float]:
    """Return the scores of a group, as elnino_scores.f90 has them."""
    pairs = len(ahead)

    def index(values: Array) -> NDArray[np.float64]:
        sst = SST_SCALE * values[..., 0::2].astype(np.float64)
        return np.asarray(sst[..., region.reshape(-1)].mean(axis=-1))

    def seasons(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(values.reshape(len(values), -1, SEASON).mean(axis=2))

    difference = (ahead[:, 0] - fields[first + FRAMES : first + FRAMES + pairs]).astype(np.float64)
    starts = pairs - LEADS + 1
    nino = index(fields)
    came = np.stack([nino[first + FRAMES + i : first + FRAMES + i + LEADS] for i in range(starts)])
    said = seasons(index(ahead[:starts]))
    r = [float(np.corrcoef(a, b)[0, 1]) for a, b in zip(said.T, seasons(came).T, strict=True)]
    rmse = float(np.sqrt(np.mean(difference**2)))
    rmse_sst = float(SST_SCALE * np.sqrt(np.mean(difference[:, 0::2] ** 2)))
    return [first + 1, first + pairs, rmse, rmse_sst, *r]


def judge(name: str, observation: Path) -> None:
    """Write the scores of a network, or of the ten that begin with this name."""
    samples, fields, region = read_pairs(observation)
    files = [Path(f"{name}_{number:02d}.keras") for number in range(1, GROUPS + 1)]
    if not files[0].exists():
        files = GROUPS * [Path(f"{name}.keras")]
    model = keras.models.load_model(files[0], compile=False)
    table = []
    for number, file in enumerate(files, 1):
        # The model is the same, and compiled already: only its weights change.
        model.set_weights(keras.models.load_model(file, compile=False).get_weights())
        first, end = group_of(len(samples), number)
        table.append(score(forecast(model, samples[first:end]), fields, first, region))
    np.savetxt(f"{name}.csv", table, "%.6e", ",", header=SCORES, comments="")
    mean = np.mean(table, axis=0)
    print(f"{name}: RMSE {mean[2]:.4f}, r", *(f"{r:.3f}" for r in mean[4:]), flush=True)


def arguments() -> argparse.Namespace:
    """Return what the user asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name in ("first", "source", "observation", "folder"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--months", type=int, default=2400, help="of the source")
    parser.add_argument("--epochs", type=int, nargs=3, default=(8, 12, 6), help="FREE, HIS, TRANS")
    parser.add_argument("--rates", type=float, nargs=3, default=(2e-3, 2e-3, 1e-3))
    parser.add_argument("--free-only", action="store_true", help="learn from the source only")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1, help="of the orders")
    return parser.parse_args()


def main() -> None:
    """Train and judge."""
    options = arguments()
    plans = [
        Plan(epochs, rate, options.batch, options.seed)
        for epochs, rate in zip(options.epochs, options.rates, strict=True)
    ]
    folder, free = options.folder, options.folder / "free.keras"
    pretrain(options.first, options.source, options.months, plans[0], free)
    if options.free_only:
        return
    # Both are chains of small steps: side by side they make use of two cores.
    work = (free, options.observation, plans[2], f"{folder}/trans")
    tuning = multiprocessing.get_context("spawn").Process(target=train_folds, args=work)
    tuning.start()
    train_folds(options.first, options.observation, plans[1], f"{folder}/his")
    tuning.join()
    if tuning.exitcode:
        raise SystemExit("keras_study.py: tuning failed")
    for name in ("free", "his", "trans"):
        judge(f"{folder}/{name}", options.observation)


if __name__ == "__main__":
    main()
