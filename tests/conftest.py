"""What all tests share: markers, the model zoo, and Keras where it is installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
sys.path.insert(0, str(Path(__file__).parent / "python"))

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "keras: asks Keras for the truth; needs TensorFlow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("FKB_TEST_LONG") == "1":
        return
    skip = pytest.mark.skip(reason="long: runs with FKB_TEST_LONG=1 (make test-full)")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def keras3() -> Any:
    """Keras 3, or the test is skipped."""
    pytest.importorskip("tensorflow")
    return pytest.importorskip("keras")


@pytest.fixture(scope="session")
def keras2() -> Any:
    """The Keras 2 that goes with TensorFlow, or the test is skipped."""
    pytest.importorskip("tensorflow")
    keras = pytest.importorskip("tf_keras")
    from zoo_cases import mend_keras2

    mend_keras2(keras)
    return keras


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Published models of other projects, or the test is skipped."""
    folder = Path(os.environ.get("FKB_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no published models in {folder}")
    return folder
