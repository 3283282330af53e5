"""Rules about what a driver is told besides its address."""
