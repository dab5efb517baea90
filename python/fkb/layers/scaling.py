"""Normalisation beyond batch and layer statistics, and masking."""

from __future__ import annotations

from ..registry import LayerSpec

SPECS: tuple[LayerSpec, ...] = ()
