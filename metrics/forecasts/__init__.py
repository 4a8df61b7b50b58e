"""When will it be done, how many by then, and why did the date move? Definition 3.4, by Monte Carlo.

    planning      journeys ──> a plan: who finishes how much a day, and what is still to do, in which order
    trials        a plan   ──> the day on which everything is done, ten thousand times
    when          days     ──> dates with their probabilities, likelihoods, refusals
    how_many      samples  ──> how much will be finished by a day
    moved         two kept forecasts ──> why the date moved
    looking_back  journeys ──> how such dates were met before, and how much later they have to be

A forecast is a pure function of its plan: the same plan and seed give the same bytes on any machine.
"""

from __future__ import annotations

DEFINITION_VERSION = 2
TRIALS = 10_000
HORIZON_DAYS = 521 * 7  # beyond it a trial is censored
LEVELS = (50, 70, 85, 95)  # the percentiles that are printed and kept
