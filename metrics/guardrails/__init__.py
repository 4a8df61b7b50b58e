"""The four guardrails of a lean budget: horizons, capacity, significant initiatives, business owners (3.7)."""

from __future__ import annotations

from metrics.guardrails.engagement import Engaged, InTime, engagement
from metrics.guardrails.initiatives import Approval, Event, Initiative, Initiatives, Split, initiatives
from metrics.guardrails.mix import HORIZONS, Mix, capacity_mix, horizon_mix

DEFINITION_VERSION = 1

__all__ = [
    "HORIZONS",
    "Approval",
    "Engaged",
    "Event",
    "InTime",
    "Initiative",
    "Initiatives",
    "Mix",
    "Split",
    "capacity_mix",
    "engagement",
    "horizon_mix",
    "initiatives",
]
