"""What operators ask: is it well, and how much is it doing."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import structlog
from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from bot.metrics import CONTENT_TYPE
from bot.web.context import Check, WebContext
from cases.errors import CxError

CHECK_SECONDS = 2.0

log = structlog.get_logger(__name__)


def operations_routes(web: WebContext) -> APIRouter:
    """/healthz and /metrics."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> Response:
        results = await asyncio.gather(*(_run(name, check) for name, check in web.health.items()))
        checks = dict(zip(web.health, results, strict=True))
        well = all(result == "ok" for result in results)
        alarms = list(web.alarms())
        return JSONResponse(
            {"status": "ok" if well else "failing", "checks": checks}
            | ({"alarms": alarms} if alarms else {}),
            HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE,
            {"Cache-Control": "no-store"},
        )

    @router.get("/metrics")
    async def metrics() -> Response:
        try:
            backlog = await asyncio.wait_for(web.backlog(), CHECK_SECONDS)
            web.metrics.outbox_waiting.set(backlog.outbox)
            web.metrics.inbox_waiting.set(backlog.inbox)
        except Exception:
            log.warning("metrics.backlog_unknown", exc_info=True)
            web.metrics.outbox_waiting.set(float("nan"))
            web.metrics.inbox_waiting.set(float("nan"))
        return Response(web.metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    return router


async def _run(name: str, check: Check) -> str:
    """``ok`` or one sentence that says what is wrong."""
    try:
        return await asyncio.wait_for(check(), CHECK_SECONDS) or "ok"
    except TimeoutError:
        return f"No answer within {CHECK_SECONDS:g} seconds."
    except CxError as error:
        return error.sentence
    except Exception:
        log.exception("health.check_failed", check=name)
        return "The check failed; the log says why."
