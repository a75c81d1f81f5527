"""All tables, wherever their classes stand: what migrations are made from and held against."""

from __future__ import annotations

from storage import (
    models,
    models_asks,
    models_clock,
    models_copilot,
    models_duties,
    models_feedback,
    models_knowledge,
    models_promises,
    models_settings,
    models_triage,
)

ROOMS = (
    models,
    models_asks,
    models_clock,
    models_copilot,
    models_duties,
    models_feedback,
    models_knowledge,
    models_promises,
    models_settings,
    models_triage,
)
METADATA = models.Base.metadata
