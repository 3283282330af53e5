"""Findings: what they are, how they are suppressed and how they are recognised again."""
