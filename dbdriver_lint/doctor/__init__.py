"""Why a connection fails: the checklist that people go through by hand, as small steps with a remedy each."""
