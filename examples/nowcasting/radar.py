"""Make sequences of rain as a radar sees it: cells that drift, grow, decay and turn.

    radar.py FOLDER [--size 51] [--train 240] [--seed 1]

All cells of a sequence drift with one wind, which turns slowly, each with a deviation of its own.
A cell is an ellipse of rain that grows and decays over its life; new ones appear upwind. The image
is the reflectivity, from none (0) to heavy rain (1). FOLDER gets train, validation and
test.frames: 15 frames a sequence. A sequence is kept where the correlation of its first with its
last frame is below 0.75: where nothing moves there is nothing to forecast.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from frames import write_frames

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAMES = 15
ORIGINAL = 101
MOST_ALIKE = 0.75


def rain(size: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return one sequence, (frame, row, column)."""
    scale = size / ORIGINAL
    rows, columns = np.mgrid[:size, :size].astype(float)
    time = np.arange(FRAMES, dtype=float)
    angle = random.uniform(0, 2 * np.pi) + random.normal(0, 0.03) * time
    speed = random.uniform(1.5, 4.5) * scale
    wind = np.cumsum(speed * np.stack([np.sin(angle), np.cos(angle)]), axis=1)
    images = np.zeros((FRAMES, size, size))
    for _ in range(random.integers(6, 14)):
        start = random.uniform(-0.3 * size, 1.3 * size, 2)
        drift = random.normal(0, 0.4 * scale, 2)
        length, width = random.uniform(4, 14) * scale * np.array([1, random.uniform(0.4, 1)])
        tilt, turn = random.uniform(0, np.pi), random.normal(0, 0.04)
        peak, life = random.uniform(0, FRAMES), random.uniform(5, 15)
        strength = random.uniform(0.4, 1.0) * np.exp(-(((time - peak) / life) ** 2))
        for frame in range(FRAMES):
            y = rows - start[0] - wind[0, frame] - drift[0] * frame
            x = columns - start[1] - wind[1, frame] - drift[1] * frame
            c, s = np.cos(tilt + turn * frame), np.sin(tilt + turn * frame)
            squares = ((c * x + s * y) / length) ** 2 + ((c * y - s * x) / width) ** 2
            images[frame] += strength[frame] * np.exp(-squares)
    # What is below the noise of the radar is no rain.
    return np.where(images > 0.05, np.clip(images, 0, 1), 0)


def rains(count: int, size: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return sequences that change enough: (sequence, frame, row, column)."""
    kept: list[NDArray[np.float64]] = []
    while len(kept) < count:
        images = rain(size, random)
        first, last = images[0].ravel(), images[-1].ravel()
        if first.std() > 0 and last.std() > 0 and np.corrcoef(first, last)[0, 1] < MOST_ALIKE:
            kept.append(images)
    return np.stack(kept)


def main() -> None:
    """Write the three sets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=51, help="edge of the images, pixels")
    parser.add_argument("--train", type=int, default=240, help="sequences to train on")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(options.seed)
    few = max(options.train // 6, 1)
    for name, count in (("train", options.train), ("validation", few), ("test", 2 * few)):
        write_frames(options.folder / f"{name}.frames", rains(count, options.size, random))


if __name__ == "__main__":
    main()
