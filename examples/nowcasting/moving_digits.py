"""Make sequences of handwritten digits that move about and bounce off the walls.

    moving_digits.py FOLDER [--size 32] [--train 600] [--seed 1]

As Moving MNIST is made, with the 8x8 digits of scikit-learn, upsampled: two digits of 28 pixels in
images of 64, with velocities of 1 to 4 pixels a frame in each direction; in smaller images all of
it is smaller by the same factor. Where digits overlap the brighter pixel counts. FOLDER gets
train, validation, test and three.frames: 14 frames a sequence; each set has digits of its own, and
that of three digits is never trained on.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from frames import write_frames
from scipy.ndimage import zoom
from sklearn.datasets import load_digits

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAMES = 14
# Edge and velocity of the original, and the edge of its digits.
ORIGINAL, DIGIT, SLOWEST, FASTEST = 64, 28, 1.0, 4.0


def upsampled_digits(edge: int) -> NDArray[np.float64]:
    """Return all digits with this edge in pixels, from 0 to 1: (digit, row, column)."""
    small = load_digits().images / 16
    large = np.stack([zoom(image, edge / image.shape[0], order=3) for image in small])
    return np.clip(large, 0, 1)


def bounced_path(start: float, velocity: float, room: float) -> NDArray[np.int64]:
    """Return the positions of a digit that turns round at 0 and at `room`, a frame each."""
    way = (start + velocity * np.arange(FRAMES)) % (2 * room)
    return np.rint(np.minimum(way, 2 * room - way)).astype(np.int64)


def moved_digits(
    digits: NDArray[np.float64], count: int, each: int, size: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return sequences of `each` digits: (sequence, frame, row, column)."""
    images = np.zeros((count, FRAMES, size, size))
    edge = digits.shape[1]
    scale = size / ORIGINAL
    for sequence in images:
        for digit in digits[random.integers(len(digits), size=each)]:
            speed = random.uniform(SLOWEST, FASTEST, 2) * scale * random.choice([-1, 1], 2)
            rows, columns = (
                bounced_path(random.uniform(0, size - edge), v, size - edge) for v in speed
            )
            for frame, row, column in zip(sequence, rows, columns, strict=True):
                place = frame[row : row + edge, column : column + edge]
                np.maximum(place, digit, out=place)
    return images


def main() -> None:
    """Write the four sets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=32, help="edge of the images, pixels")
    parser.add_argument("--train", type=int, default=600, help="sequences to train on")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    digits = upsampled_digits(round(DIGIT * options.size / ORIGINAL))
    random = np.random.default_rng(options.seed)
    digits = digits[random.permutation(len(digits))]
    few = max(options.train // 6, 1)
    # Seven tenths of the digits are for training.
    parts = dict(
        zip(
            ("train", "validation", "test"),
            np.split(digits, np.round([0.7 * len(digits), 0.85 * len(digits)]).astype(int)),
            strict=True,
        )
    )
    for name, part, count, each in (
        ("train", "train", options.train, 2),
        ("validation", "validation", few, 2),
        ("test", "test", 2 * few, 2),
        ("three", "test", few, 3),
    ):
        images = moved_digits(parts[part], count, each, options.size, random)
        write_frames(options.folder / f"{name}.frames", images)


if __name__ == "__main__":
    main()
