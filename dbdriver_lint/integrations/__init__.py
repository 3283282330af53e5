"""The linter inside other tools: thin adaptors that judge nothing themselves."""
