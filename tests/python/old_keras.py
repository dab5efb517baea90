"""What runs inside an older version of Keras: it saves the zoo, and loads what FKB exports.

Usage: `python old_keras.py VERSION save|load FOLDER`, with that version on the path. Each model
has a number; the results are written into the folder as JSON, by number.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import zoo

SUFFIXES = (".keras", ".h5")
EPS = float(np.finfo("float32").eps)


def listed(value: Any) -> list[Any]:
    """Return the tensors of a model's input or output as a list."""
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, (list, tuple)) else [value]


def depth_of(layer: Any) -> int:
    """Return the number of layers; a recurrent one counts twice, for the product with its state."""
    if hasattr(layer, "layers"):
        return sum(depth_of(inner) for inner in layer.layers)
    return 2 if isinstance(layer, keras.layers.RNN) else 1


def sentence(error: Exception) -> str:
    """Return an error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def outputs(case: zoo.Case, path: str) -> list[Any]:
    """Return what a model in a file gives, apart from random outputs."""
    model = keras.models.load_model(path, compile=False)
    return zoo.outputs_of(model, zoo.inputs_of(model, 3))[: case.exact]


def save(case: zoo.Case, number: int, base: str) -> dict[str, str]:
    """Save a model with its inputs and outputs; return what does not work by suffix.

    The word `made` stands for a model that cannot be made, or not be saved.
    """
    try:
        keras.utils.set_random_seed(1)
        model = zoo.fill(case.build(keras), number)
        inputs = zoo.inputs_of(model, 3)
        truth = zoo.outputs_of(model, inputs)[: case.exact]
        for suffix in SUFFIXES:
            if suffix == ".keras" or case.saves_h5:
                model.save(base + suffix)
    except Exception as error:
        return {"made": sentence(error)}
    problems = {}
    for suffix in SUFFIXES:
        again = []
        try:
            again = outputs(case, base + suffix)
            for one, two in zip(truth, again, strict=True):
                np.testing.assert_array_equal(one, two)
        except Exception as error:
            problems[suffix] = sentence(error)
        if again and suffix == ".keras":
            truth = again  # an option that Keras forgets to save is not in the file
    arrays = {f"x{i}": x for i, x in enumerate(listed(inputs))}
    arrays |= {f"y{i}": y for i, y in enumerate(truth)}
    arrays |= {f"w{i}": w for i, w in enumerate(model.get_weights())}
    np.savez(base + ".npz", depth=max(1, depth_of(model)), **arrays)
    return problems


def compare(case: zoo.Case, path: str, stored: Any) -> None:
    """Raise an error where a model in a file has not the outputs that are stored."""
    bound = 8 * float(stored["depth"]) * EPS
    for i, y in enumerate(outputs(case, path)):
        truth = stored[f"y{i}"]
        scale = float(np.abs(truth).max(initial=0.0)) or 1.0
        np.testing.assert_allclose(y, truth, rtol=0, atol=bound * scale)


def load(case: zoo.Case, base: str) -> dict[str, str]:
    """Load what FKB exported; return what does not work by suffix.

    Behind `own` stands what does not work with the file that FKB read, either.
    """
    problems = {}
    with np.load(base + ".npz") as stored:
        for suffix in SUFFIXES:
            path = f"{base}_back{suffix}"
            try:
                compare(case, path, stored)
                model = keras.models.load_model(path, compile=False)
                for i, w in enumerate(model.get_weights()):
                    np.testing.assert_array_equal(w, stored[f"w{i}"])
            except Exception as error:
                problems[suffix] = sentence(error)
                try:
                    compare(case, base + suffix, stored)
                except Exception as own:
                    problems["own" + suffix] = sentence(own)
    return problems


def main() -> None:
    """Run one step for the whole zoo."""
    version, step, folder = sys.argv[1:]
    if keras.__version__ != version:
        raise SystemExit(f"this is Keras {keras.__version__}, not {version}")
    results = {}
    for number, case in enumerate(zoo.cases(3)):
        base = f"{folder}/{number}"
        if step == "save":
            results[number] = save(case, number, base)
        elif Path(f"{base}_back.keras").exists():
            results[number] = load(case, base)
    (Path(folder) / f"{step}.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main()
