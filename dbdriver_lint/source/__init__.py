"""One file: its bytes, encoding, lines and positions, and the only door to LibCST's parser."""
