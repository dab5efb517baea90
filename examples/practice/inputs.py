"""What is done to inputs before a network sees them."""

from __future__ import annotations

import numpy as np


def normalized(way: str, train: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Change inputs by what the samples of the training are like: `raw`, `standard`, `white`.

    As in practice_data.F90; the largest part of each principal axis is positive.
    """
    if way == "raw":
        return x
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    train, x = (train - mean) / deviation, (x - mean) / deviation
    if way == "standard":
        return x
    variances, axes = np.linalg.eigh(train.T @ train / len(train))
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(len(axes))])
    white: np.ndarray = x @ (axes / np.sqrt(variances))[:, ::-1]
    return white
