"""The tiles of data.py as a training in Fortran sees them: versions and orders.

What roads_augment.f90 and roads_source.F90 do, number for number, for trainings in Keras.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from data import read_tiles
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Reals = NDArray[np.floating]
# Kernel, divisor and offset, as Pillow's ImageFilter has them.
FILTERS = {
    "contour": ((-1, -1, -1, -1, 8, -1, -1, -1, -1), 1, 255),
    "detail": ((0, -1, 0, -1, 10, -1, 0, -1, 0), 6, 0),
    "edge_enhance": ((-1, -1, -1, -1, 10, -1, -1, -1, -1), 2, 0),
    "find_edges": ((-1, -1, -1, -1, 8, -1, -1, -1, -1), 1, 0),
}
STRATEGIES = ("few", "rotations", "filters")
NETWORKS = ("vgg10", "vgg12", "vgg16")
MODULI = (2147483563, 2147483399)


def filtered(tiles: Bytes, name: str) -> Bytes:
    """Return tiles (tile, row, column, 3) as a filter shows them; borders stay as they are."""
    kernel, divisor, offset = FILTERS[name]
    levels = tiles.astype(int)
    rows, columns = tiles.shape[1] - 2, tiles.shape[2] - 2
    total = np.zeros_like(levels[:, 1:-1, 1:-1])
    for place, weight in enumerate(kernel):
        top, left = divmod(place, 3)
        total += weight * levels[:, top : top + rows, left : left + columns]
    levels[:, 1:-1, 1:-1] = (2 * total + divisor) // (2 * divisor) + offset
    return np.asarray(np.clip(levels, 0, 255), np.uint8)


def versions(images: Bytes, masks: Bytes, strategy: str) -> tuple[Bytes, Bytes]:
    """Return all versions of all tiles: first the tiles themselves, then all turned once, ..."""
    if strategy == "rotations":
        turns = range(4)
        return (
            np.concatenate([np.rot90(images, n, (1, 2)) for n in turns]),
            np.concatenate([np.rot90(masks, n, (1, 2)) for n in turns]),
        )
    if strategy == "filters":
        shown = [images, *(filtered(images, name) for name in FILTERS)]
        return np.concatenate(shown), np.concatenate([masks] * len(shown))
    return images, masks


def read_lessons(folder: Path, name: str, strategy: str = "few", tiles: int = 10**9) -> list[Reals]:
    """Return versions of `train` or `test` and their masks from 0 to 1, with a channel axis."""
    images = read_tiles(folder / f"{name}.ppm")[:tiles]
    masks = read_tiles(folder / f"{name}.pgm")[:tiles]
    return [part.reshape(*part.shape[:3], -1) / 255.0 for part in versions(images, masks, strategy)]


def order_of(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order of the samples in an epoch (from 1): fkb_generator's shuffle."""
    state = [
        1 + (seed % MODULI[0] * 7919 + 12345) % (MODULI[0] - 1),
        1 + (67890 + 104729 * epoch) % (MODULI[1] - 1),
    ]

    def advance() -> None:
        state[0] = 40014 * state[0] % MODULI[0]
        state[1] = 40692 * state[1] % MODULI[1]

    for _ in range(16):
        advance()
    order = np.arange(count)
    for i in range(count - 1, 0, -1):
        advance()
        j = (state[0] - state[1]) % MODULI[0] % (i + 1)
        order[[i, j]] = order[[j, i]]
    return order


def measures(roads: Reals, masks: Reals) -> dict[str, float]:
    """Return F-measure, precision and specificity of all pixels together."""
    found, there = roads.reshape(-1) > 0.5, masks.reshape(-1) > 0.5
    hits, wrong = int(np.sum(found & there)), int(np.sum(found & ~there))
    missed, rest = int(np.sum(~found & there)), int(np.sum(~found & ~there))
    return {
        "f_measure": 2 * hits / max(1, 2 * hits + wrong + missed),
        "precision": hits / max(1, hits + wrong),
        "specificity": rest / max(1, rest + wrong),
    }
