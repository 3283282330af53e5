"""Syntax becomes facts: names, scopes, values, and what the rules are told about."""
