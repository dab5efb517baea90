"""Encoding and lookup of categories."""

from __future__ import annotations

from ..registry import LayerSpec

SPECS: tuple[LayerSpec, ...] = ()
