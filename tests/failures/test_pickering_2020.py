"""Pickering, 12 January 2020: a nuclear alert sent from a training session."""
