"""The channel API does what its description says, whatever is sent: by schemathesis, which reads that."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    use_after_free,
)

from bot.web.app import create_web
from bot.web.context import WebContext
from tests.bot.web.test_api import parts
from tests.support.source import signed
from tests.support.webchat import serving

# What JSON can say and text cannot hold (NUL, files that are no base64) the description cannot say; and wrong
# signatures and sources, which are made good here, are refused.
LEFT_OUT = [positive_data_acceptance, negative_data_rejection, use_after_free]


def ask(address: str, name: str, mode: GenerationMode) -> set[int]:
    """Ask one operation with what its description allows or forbids, signed; the statuses of the answers."""
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    operation = schema[f"/api/v1/sources/{{key}}/{name}"]["POST"]
    statuses: set[int] = set()

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=12, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    def each(case: Any) -> None:
        case.path_parameters = {"key": "desk"}
        if mode is GenerationMode.POSITIVE and name == "messages":
            # Most of what is made up is empty, or has files that are no base64.
            case.body = {key: value for key, value in case.body.items() if key != "files"} | {"text": "Hi"}
        given_headers = dict(case.headers or {})
        request = requests.Request(**case.as_transport_kwargs(base_url=address)).prepare()
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        assert isinstance(body, bytes)
        request.headers.update(signed(body) | {"content-type": "application/json"})
        case.headers = given_headers | dict(request.headers)
        with requests.Session() as http:
            answer = http.send(request, timeout=30)
        statuses.add(answer.status_code)
        case.validate_response(answer, excluded_checks=LEFT_OUT)

    each()
    return statuses


async def test_schemathesis_finds_nothing(web: WebContext) -> None:
    async with serving(create_web(web, replace(parts(web), limited=False))) as address:
        for name in ("messages", "deliveries", "calls"):
            allowed = await asyncio.to_thread(ask, address, name, GenerationMode.POSITIVE)
            assert allowed <= {200, 400, 404}
            assert allowed & {200, 404}
            forbidden = await asyncio.to_thread(ask, address, name, GenerationMode.NEGATIVE)
            assert forbidden <= {200, 400, 401, 404}
            assert 400 in forbidden
