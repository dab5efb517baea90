"""Train one climate network in Keras and convert it, transforms included.

    train.py DATA FOLDER

FOLDER gets network.keras and network.fkb. DATA is the folder that make_data.sh fills.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from climate_network import Candidate, convert, load_data, train

DEFAULT = Candidate(4, 64, 0.15, 0.0, False, "adam", 1e-3)
SEED = 5


def main() -> None:
    """Train, save, convert."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="folder of the training data (.npy)")
    parser.add_argument("folder", type=Path, help="where the network goes")
    parser.add_argument("--epochs", type=int, default=20, help="passes over the data")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    data = load_data(arguments.data)
    model, loss = train(DEFAULT, data, arguments.epochs, 256, SEED)
    print(f"{model.count_params()} parameters, validation error {loss:.4f}")
    print(f"wrote {convert(model, data.transforms, arguments.folder, 'network')}")


if __name__ == "__main__":
    main()
