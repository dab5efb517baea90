"""Files of image sequences, which Fortran reads with frames.f90.

Four 32-bit integers, least byte first: sequences, frames, rows, columns. Then one byte a pixel,
0 to 255, row by row, frame after frame, sequence after sequence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def write_frames(path: Path, images: NDArray[np.float64]) -> None:
    """Write images from 0 to 1, (sequence, frame, row, column); in one step."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(np.array(images.shape, "<i4").tobytes())
        file.write(np.rint(255 * images).astype(np.uint8).tobytes())
    part.replace(path)


def read_frames(path: Path) -> NDArray[np.float32]:
    """Return images from 0 to 1, (sequence, frame, row, column)."""
    return read_numbers(path, "u1").astype(np.float32) / np.float32(255)


def read_forecasts(path: Path) -> NDArray[np.float32]:
    """Return what nowcasting_forecast wrote, (sequence, lead, row, column): real32 numbers."""
    return read_numbers(path, "<f4").astype(np.float32)


def read_numbers(path: Path, kind: str) -> NDArray[np.generic]:
    """Return the numbers of a file in the shape that its header states."""
    content = path.read_bytes()
    shape = np.frombuffer(content, "<i4", 4)
    return np.frombuffer(content, kind, offset=16).reshape(shape)
