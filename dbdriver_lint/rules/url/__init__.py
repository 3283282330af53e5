"""Rules about database URLs: what they are written as and where they come from."""
