"""Operations go from one Keras to the other where it has the same, and are refused elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zoo
from fkb import text
from fkb.errors import UnsupportedError
from fkb.keras_zip import read_keras, write_keras

pytestmark = pytest.mark.keras

TOLERANCE = 8 * 5 * np.finfo(np.float32).eps
CASES = [
    pytest.param(case, major, id=f"{case.name}, from Keras {major}")
    for major in (2, 3)
    for case in zoo.cases(major)
    if "operation " in case.name
]
# Of about 180 cases of Keras 3 and 110 of Keras 2.
crossed = {2: 0, 3: 0}


@pytest.mark.parametrize(("case", "major"), CASES)
def test_operations_cross_or_are_refused(
    case: zoo.Case, major: int, keras2: Any, keras3: Any, tmp_path: Path
) -> None:
    source, target = (keras3, keras2) if major == 3 else (keras2, keras3)
    model = zoo.fill(case.build(source), 1)
    model.save(tmp_path / "model.keras")
    graph = read_keras(tmp_path / "model.keras")
    over = tmp_path / "over.keras"
    try:
        write_keras(graph, over, dialect=f"keras{5 - major}")
    except UnsupportedError as refused:
        told = [str(problem) for problem in refused.problems]
        lacking = (f"does not exist in Keras {5 - major}", f"Keras {5 - major} has no such option")
        assert all(any(words in line for words in lacking) for line in told), told
        return
    crossed[major] += 1
    assert text.dumps(read_keras(over)) == text.dumps(graph)
    other = target.models.load_model(over, compile=False)
    inputs = zoo.inputs_of(model, 3)
    for one, two in zip(zoo.outputs_of(model, inputs), zoo.outputs_of(other, inputs), strict=True):
        scale = max(1.0, float(np.abs(one).max()))
        np.testing.assert_allclose(two, one, rtol=0, atol=TOLERANCE * scale)


def test_most_operations_crossed() -> None:
    if sum(crossed.values()) == 0:
        pytest.skip("no case ran before")
    # Each worker has a part of the cases.
    assert crossed[2] + crossed[3] > 10
