"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A busy machine takes its time: an example that runs longer than usual says nothing about the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
