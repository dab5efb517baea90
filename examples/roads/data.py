#!/usr/bin/env python3
"""Write aerial tiles with masks of their roads, and a large picture, as PPM and PGM.

Usage: data.py FOLDER [--edge 32] [--tiles 64] [--tests 128] [--map 512] [--seed 1]

FOLDER/train.ppm, test.ppm: tiles below each other; .pgm: their masks, 255 where there is a road;
map.ppm, map.pgm: one large picture and its mask. Train, test and map come from different scenes.
Tiles have 5 to 50 percent of road.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scene import make_scene

Bytes = NDArray[np.uint8]
SCENE = 512  # pixels from which tiles are cut
PER_SCENE = 8  # tiles of a scene: many scenes make different tiles


def write_picture(path: Path, picture: Bytes) -> None:
    """Write (row, column, 3) as PPM, (row, column) as PGM."""
    kind = "P6" if picture.ndim == 3 else "P5"
    header = f"{kind} {picture.shape[1]} {picture.shape[0]} 255\n"
    path.write_bytes(header.encode() + picture.tobytes())


def read_picture(path: Path) -> Bytes:
    """Read what `write_picture` or roads_map has written."""
    header, data = path.read_bytes().split(b"\n", 1)
    kind, columns, rows, _ = header.split()
    shape = (int(rows), int(columns), 3) if kind == b"P6" else (int(rows), int(columns))
    return np.frombuffer(data, np.uint8).reshape(shape)


def read_tiles(path: Path) -> Bytes:
    """Read tiles that stand below each other: (tile, row, column[, 3])."""
    picture = read_picture(path)
    edge = picture.shape[1]
    return picture.reshape(-1, edge, *picture.shape[1:])


def cut_tiles(seed: int, edge: int, count: int) -> tuple[Bytes, Bytes]:
    """Cut tiles with roads out of scenes whose seeds follow each other, with their masks."""
    rng = np.random.default_rng(seed)
    pictures: list[Bytes] = []
    masks: list[Bytes] = []
    while len(pictures) < count:
        picture, mask = make_scene(seed, SCENE)
        seed += 1
        wanted = min(count, len(pictures) + PER_SCENE)
        for row, column in rng.integers(0, SCENE - edge, (400, 2)):
            part = mask[row : row + edge, column : column + edge]
            if 0.05 < np.mean(part > 0) < 0.5:
                masks.append(part)
                pictures.append(picture[row : row + edge, column : column + edge])
            if len(pictures) == wanted:
                break
    return np.concatenate(pictures), np.concatenate(masks)


def main() -> None:
    """Write all files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--edge", type=int, default=32, help="of a tile, pixels")
    parser.add_argument("--tiles", type=int, default=64, help="to learn from")
    parser.add_argument("--tests", type=int, default=128, help="tiles of the test")
    parser.add_argument("--map", type=int, default=512, help="edge of the large picture, pixels")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    first = 1000 * options.seed
    sets = {
        "train": cut_tiles(first, options.edge, options.tiles),
        "test": cut_tiles(first + 400, options.edge, options.tests),
        "map": make_scene(first + 800, options.map),
    }
    for name, (picture, mask) in sets.items():
        write_picture(options.folder / f"{name}.ppm", picture)
        write_picture(options.folder / f"{name}.pgm", mask)
        print(f"{name}: {picture.shape[0]}x{picture.shape[1]}, {np.mean(mask > 0):.3f} road")


if __name__ == "__main__":
    main()
