"""The page of a case, behind the link of its receipt: how it stands, what was said, a place to write.

Whoever has the link sees what that conversation shows anyway, of that case alone. A form is good for one
message, however often it is sent; it is signed for its page, so that no other website can send one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from html import escape
from http import HTTPStatus
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from bot.web.body import network, read_body
from bot.web.context import WebContext
from bot.web.errors import status_of
from bot.web.limits import RateLimit
from bot.web.page import HEADERS, MAX_BODY, form_fields, html_page, refused_page
from cases import formats
from cases.enums import Channel
from cases.errors import CxError, NotAllowed
from cases.language import _, later
from cases.messages import InboundMessage
from cases.reader import reader, reader_of, use
from cases.standing import PageUnknown, Said, ShownStep, Standing, Turn, in_words
from channels.errors import BadToken, EmptyMessage
from channels.pages import CASE_PATH, without_links
from channels.webchat import MAX_TEXT, clean_text
from flows import standing

_SENT = "?sent"


class GoesOnElsewhere(NotAllowed):
    """This goes on in another case of yours. Please write to us where you wrote to us last."""


class FormOld(NotAllowed):
    """This form is out of date. Please send it once more."""


def case_routes(web: WebContext) -> APIRouter:
    """/c/{token}: GET shows the case, POST takes a message."""
    router = APIRouter()
    page = _CasePage(web)
    router.add_api_route(CASE_PATH + "{token}", page.show, methods=["GET"])
    router.add_api_route(CASE_PATH + "{token}", page.take, methods=["POST"])
    return router


class _CasePage:
    def __init__(self, web: WebContext) -> None:
        self._web = web
        what = later("Too many requests at once from your network.")
        self._reads = RateLimit(what, web.per_address.reads)
        self._messages = RateLimit(what, web.per_address.messages)
        self._own = RateLimit(later("Too many messages at once."), web.page_rate)

    async def show(self, token: str, request: Request) -> Response:
        """How the case stands; reading it changes nothing."""
        try:
            self._reads.take(network(request.scope))
            receipt, case = await self._case(token)
        except CxError as error:
            return refused_page(error, _("Your case"))
        with self._reading(case):
            thanks = _("Thank you, we have your message.") if "sent" in request.query_params else ""
            return self._page(receipt, case, thanks)

    async def take(self, token: str, request: Request) -> Response:
        """Hand a message in, once for each form; the answer is the page, read anew."""
        try:
            self._messages.take(network(request.scope))
            receipt, case = await self._case(token)
            fields = form_fields(await read_body(request.scope, request.receive, MAX_BODY))
        except CxError as error:
            return refused_page(error, _("Your case"))
        with self._reading(case):
            try:
                await self._hand_in(receipt, case, fields)
            except CxError as error:
                return self._page(receipt, case, error.sentence, fields.get("text", ""), status_of(error))
        return RedirectResponse(f"{CASE_PATH}{token}{_SENT}", HTTPStatus.SEE_OTHER, HEADERS)

    async def _case(self, token: str) -> tuple[UUID, Standing]:
        """What the link stands for; raises PageUnknown, PageOver."""
        try:
            receipt = self._web.signer.read_page(token)
        except BadToken:
            raise PageUnknown from None
        now = self._web.clock.now()
        return receipt, await standing.of(self._web.db, receipt, self._web.plan_of, now)

    async def _hand_in(self, receipt: UUID, case: Standing, fields: dict[str, str]) -> None:
        """Raises GoesOnElsewhere, FormOld, TooFast, EmptyMessage, BadText or LongText."""
        if not case.writable:
            raise GoesOnElsewhere
        try:
            key = self._web.signer.read_form(fields.get("form", ""), receipt)
        except BadToken:
            raise FormOld from None
        text = clean_text(fields.get("text", "")).strip()
        if not text:
            raise EmptyMessage
        self._own.take(case.receipt)
        text = without_links(text, self._web.signer)
        message = InboundMessage(case.conversation, f"page:{key}", text)
        taken = await self._web.write_on_page(case, message, self._web.clock.now())
        metrics = self._web.metrics
        (metrics.repeats if taken.duplicate else metrics.messages_in).labels(case.channel).inc()
        self._web.hub.push(case.conversation)

    def _reading(self, case: Standing) -> AbstractContextManager[None]:
        """In the customer's language and time zone, where they are known."""
        who = reader_of(case.language.value) if case.language else reader()
        return use(replace(who, zone=case.zone))

    def _page(
        self, receipt: UUID, case: Standing, notice: str = "", text: str = "", status: int = 200
    ) -> Response:
        site = self._web.sites.get(case.site) if case.channel == Channel.WEBCHAT else None
        company = site.title if site else case.title
        title = f"{company} · {case.reference}" if company else case.reference
        kind = 'class="wrong" role="alert"' if status != HTTPStatus.OK else 'class="note" role="status"'
        body = [
            f"<p {kind}>{escape(notice)}</p>" if notice else "",
            _standing(case),
            _steps(case.steps),
            _lately(case),
            self._form(receipt, text) if case.writable else f"<p>{escape(GoesOnElsewhere().sentence)}</p>",
        ]
        return html_page(title, "".join(body), status)

    def _form(self, receipt: UUID, text: str) -> str:
        form = self._web.signer.form(receipt, uuid4().hex)
        return (
            f'<h2 id="write">{escape(_("Write to us"))}</h2><form method="post">'
            + f'<input type="hidden" name="form" value="{form}">'  # not translated
            + f'<label class="head" for="text">{escape(_("Your message"))}</label>'
            + f'<textarea id="text" name="text" required maxlength="{MAX_TEXT}">'  # not translated
            + f"\n{escape(text)}</textarea>"
            + f'<button type="submit">{escape(_("Send"))}</button></form>'
        )


def _standing(case: Standing) -> str:
    lines = [in_words(case.status)]
    if case.promised is not None:
        date = formats.appointment(case.promised)
        lines.append(
            _("We said that it would be done by {date}. It takes longer than that; we are sorry.", date=date)
            if case.late
            else _("We expect to be done with it by {date}.", date=date)
        )
    return "".join(f'<p class="standing">{escape(line)}</p>' for line in lines)


def _steps(steps: Sequence[ShownStep]) -> str:
    if not steps:
        return ""
    made = "".join(_step(step) for step in steps)
    return f'<h2>{escape(_("Steps"))}</h2><ol class="steps">{made}</ol>'


def _step(step: ShownStep) -> str:
    current = ' aria-current="step"' if step.turn is Turn.NOW else ""
    kind, turn = step.turn.name.lower(), escape(str(step.turn.value))
    return f'<li class="{kind}"{current}>{escape(step.words)} <span>({turn})</span></li>'


def _lately(case: Standing) -> str:
    if not case.said:
        return ""
    made = "".join(_message(said) for said in case.said)
    return f"<h2>{escape(_('What was said lately'))}</h2>{made}"


def _message(said: Said) -> str:
    who = _("You") if said.own else said.name
    files = "".join(f"<li>{escape(name)}</li>" for name in said.files)
    return (
        f'<article class="{"own" if said.own else "ours"}"><h3>{escape(who)} '
        f'<time datetime="{said.at.isoformat()}">{escape(formats.moment(said.at))}</time></h3>'
        f"<p>{escape(said.text)}</p>{f'<ul>{files}</ul>' if files else ''}</article>"
    )
