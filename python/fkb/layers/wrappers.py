"""Layers around layers."""

from __future__ import annotations

from ..registry import LayerSpec

SPECS: tuple[LayerSpec, ...] = ()
