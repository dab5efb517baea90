"""Operations of older versions of Keras 3 are read, and written so that these load them."""

from __future__ import annotations

from typing import Any

import pytest
from fkb.graph import Layer, Node, TensorRef
from fkb.keras_former import former_entry, modern_entry, refuse_former
from fkb.keras_shapes import ModelShapes
from fkb.report import Report


def entry(name: str, config: dict[str, Any], *args: Any) -> dict[str, Any]:
    nodes = [{"args": list(args), "kwargs": {}}]
    return {
        "module": "keras.src.ops.nn",
        "class_name": name,
        "config": config,
        "inbound_nodes": nodes,
    }


def test_threshold_gets_the_names_of_its_time() -> None:
    old = entry("Threshold", {"threshold_value": 0.25, "value": -2.0}, "x")
    new = modern_entry(old, (3, 9))
    assert new["config"] == {"threshold": 0.25, "default_value": -2.0}
    named = new | {"config": new["config"] | {"name": "threshold"}}
    assert former_entry(named, (3, 9)) == old
    assert former_entry(named, (3, 11)) == named


def test_isclose_gets_its_flag_where_its_time_had_it() -> None:
    old = entry("Isclose", {"name": "isclose"}, "x", "y", 0.5, 0.25, True)
    new = modern_entry(old, (3, 6))
    assert new["config"] == {"name": "isclose", "equal_nan": True}
    assert new["inbound_nodes"][0]["args"] == ["x", "y", 0.5, 0.25]
    assert former_entry(new, (3, 6)) == old
    short = entry("Isclose", {"name": "isclose"}, "x", "y")
    assert former_entry(short, (3, 6))["inbound_nodes"][0]["args"][2:] == [1e-5, 1e-8, False]


def test_a_name_stands_only_where_the_operation_took_one() -> None:
    assert former_entry(entry("Exp", {"name": "exp"}), (3, 3))["config"] == {"name": "exp"}
    assert former_entry(entry("Trunc", {"name": "trunc"}), (3, 6))["config"] == {}
    summed = entry("Sum", {"name": "sum", "axis": None, "keepdims": False})
    assert "name" not in former_entry(summed, (3, 10))["config"]
    assert former_entry(summed, (3, 12)) == summed


@pytest.mark.parametrize(
    ("class_name", "version", "refused"),
    [
        ("Softmax", (3, 9), True),
        ("Softmax", (3, 10), False),
        ("GlobalAveragePooling1D", (2, 15), True),
        ("GlobalAveragePooling1D", (3, 12), True),
        ("GlobalAveragePooling1D", (3, 15), False),
    ],
)
def test_masks_that_meant_something_else_are_refused(
    class_name: str, version: tuple[int, int], refused: bool
) -> None:
    source = Layer("m", "InputLayer", {"batch_shape": [None, 4], "dtype": "int32"})
    layer = Layer(
        "l", class_name, nodes=[Node([TensorRef("x", 0, 0)], {"mask": TensorRef("m", 0, 0)})]
    )
    report = Report()
    refuse_former(
        Layer("model", "Functional", children=[source, layer]), ModelShapes(), version, report
    )
    assert report.concerns("l") == refused


@pytest.mark.parametrize("class_name", ["MultiHeadAttention", "GroupQueryAttention"])
@pytest.mark.parametrize(
    ("version", "config", "options", "refused"),
    [
        ((3, 9), {"dropout": 0.1}, {}, True),
        ((3, 9), {}, {"return_attention_scores": True}, True),
        ((3, 9), {}, {}, False),
        ((3, 10), {"dropout": 0.1}, {}, False),
        ((2, 15), {"dropout": 0.1}, {}, False),
    ],
)
def test_attention_to_steps_that_are_all_masked(
    class_name: str,
    version: tuple[int, int],
    config: dict[str, Any],
    options: dict[str, Any],
    refused: bool,
) -> None:
    """Measured with Keras 3.3.3, 3.9.2 and 3.15.1."""
    x, mask = TensorRef("x", 0, 0), TensorRef("m", 0, 0)
    layer = Layer("l", class_name, config, nodes=[Node([x, x], options | {"value_mask": mask})])
    report = Report()
    model = Layer("model", "Functional", children=[layer])
    refuse_former(model, ModelShapes(), version, report)
    assert report.concerns("l") == refused
    layer.nodes[0].kwargs.pop("value_mask")
    unmasked = Report()
    refuse_former(model, ModelShapes(), version, unmasked)
    assert not unmasked.concerns("l")


@pytest.mark.parametrize(("version", "refused"), [((3, 7), True), ((3, 8), False)])
def test_several_masked_attentions(version: tuple[int, int], refused: bool) -> None:
    """The masks of queries are those that tensors carry since Keras 3.8."""
    x, mask = TensorRef("x", 0, 0), TensorRef("m", 0, 0)
    heads = [
        Layer(name, "MultiHeadAttention", nodes=[Node([x, x], {"value_mask": mask})])
        for name in ("one", "two")
    ]
    report = Report()
    refuse_former(Layer("model", "Functional", children=heads), ModelShapes(), version, report)
    assert report.concerns("one") == report.concerns("two") == refused
