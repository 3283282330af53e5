"""``[tool.dbdriver-lint]``: the settings, how they are found, and which rules they select."""
