"""Repairs: text edits on the original bytes, how safe they are, and how they are applied."""
