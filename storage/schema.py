"""All tables, wherever their classes stand: what migrations are made from and held against."""

from __future__ import annotations

from storage import (
    models,
    models_after,
    models_asks,
    models_channels,
    models_clock,
    models_copilot,
    models_duties,
    models_feedback,
    models_knowledge,
    models_ledger,
    models_mail,
    models_promises,
    models_self_service,
    models_settings,
    models_tellings,
    models_triage,
)

ROOMS = (
    models,
    models_after,
    models_asks,
    models_channels,
    models_clock,
    models_copilot,
    models_duties,
    models_feedback,
    models_knowledge,
    models_ledger,
    models_mail,
    models_promises,
    models_self_service,
    models_settings,
    models_tellings,
    models_triage,
)
METADATA = models.Base.metadata
