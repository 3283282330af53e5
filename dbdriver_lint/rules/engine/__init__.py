"""Rules about engines, pools and sessions."""
