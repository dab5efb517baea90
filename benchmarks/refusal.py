"""What a contestant answers that cannot do something."""

from __future__ import annotations


class RefusedError(Exception):
    """What a contestant cannot do, as a sentence."""
