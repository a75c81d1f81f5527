"""What procrastinate leaves to us: jobs of killed workers go back into the queue."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from procrastinate import App

log = structlog.get_logger(__name__)


async def recover(app: App, stalled_after: float) -> int:
    """Retry the jobs whose worker has been silent for ``stalled_after`` seconds; returns how many."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after))
    for job in stalled:
        log.info("jobs.recovered", job=job.id, task=job.task_name)
        await app.job_manager.retry_job(job, retry_at=datetime.now(UTC))
    return len(stalled)
