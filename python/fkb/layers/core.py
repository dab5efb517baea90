"""Input, Dense, Activation, Identity and the containers."""

from __future__ import annotations

from ..registry import REQUIRED, Config, LayerSpec, Option, Shape, Shapes, Use, WeightRule
from . import checks
from .options import activation, fixed, halved, unquantized, weight_options


def _dense_output(config: Config, shapes: Shapes) -> Shape:
    if len(shapes[0]) < 2:
        raise ValueError(f"the input must have at least rank 2 with the batch, not {shapes[0]}")
    return halved(config, (*shapes[0][:-1], config["units"]))


SPECS = (
    LayerSpec(
        "InputLayer",
        options=(
            Option("batch_shape", REQUIRED, keras2="batch_input_shape", check=checks.batch_shape),
            fixed("sparse", False),
            fixed("ragged", False),
            fixed("optional", False),
            Option("input_tensor", None, Use.FIXED, noise=True),
        ),
    ),
    LayerSpec(
        "Dense",
        options=(
            Option("units", REQUIRED, check=checks.positive),
            activation(),
            Option("use_bias", True, check=checks.boolean),
            *weight_options("kernel", "glorot_uniform"),
            *weight_options("bias", "zeros"),
            *unquantized(),
        ),
        weights=(
            WeightRule("kernel", lambda c, s: (s[0][-1], c["units"])),
            WeightRule("bias", lambda c, s: (c["units"],), when="use_bias"),
        ),
        output=_dense_output,
        note="any rank: the kernel acts on the last axis",
    ),
    LayerSpec(
        "Activation",
        options=(activation(default=REQUIRED),),
        output=lambda c, s: halved(c, s[0]),
    ),
    LayerSpec("Identity"),
    LayerSpec(
        "Sequential",
        options=(Option("build_input_shape", None, Use.KEPT, noise=True),),
        call_options={"training": None},
        call_tensors=frozenset({"mask"}),
    ),
    LayerSpec("Functional", call_options={"training": None}, call_tensors=frozenset({"mask"})),
)
