"""Operations of `keras.ops` that are nodes of a graph."""

from __future__ import annotations

from ..registry import LayerSpec

SPECS: tuple[LayerSpec, ...] = ()
