"""Trackers that can be read. To add one: a folder beside these, and an entry in TRACKERS."""
