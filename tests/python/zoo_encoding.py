"""Encoding and lookup of categories."""
