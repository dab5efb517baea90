"""Check that the forecast network says in Fortran what it says in Keras.

    verify_keras.py MONTHS.nc forecast.keras

Forecasts from months of the coupled model by both; random inputs would not do, since the last
value of a sample is a calendar month.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import fkb
import keras
import numpy as np
from train_forecast import make_samples, read_months

SAMPLES = 40


def main() -> None:
    """Compare; exit with 1 where the two differ by more than rounding."""
    months, path = (Path(argument) for argument in sys.argv[1:3])
    samples, _ = make_samples(*read_months(months))
    samples = samples[:SAMPLES]
    model = keras.models.load_model(path)
    expected = np.asarray(model(samples))
    fkb.convert(path, "forecast.fkb")
    said = np.asarray(fkb.load("forecast.fkb").predict(samples))
    difference = float(np.abs(said - expected).max())
    tolerance = float(8 * len(model.layers) * np.finfo(np.float32).eps * np.abs(expected).max())
    print(f"{len(samples)} forecasts, largest difference {difference:.2e} of {tolerance:.2e}")
    sys.exit(0 if difference <= tolerance else 1)


if __name__ == "__main__":
    main()
