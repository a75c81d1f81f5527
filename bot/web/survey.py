"""The page on which a customer says how it was: one plain form, which works without JavaScript.

Reading it records nothing, so that whoever looks at links beforehand answers nothing; sending it counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from html import escape

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.web.body import network, read_body
from bot.web.context import WebContext
from bot.web.errors import status_of
from bot.web.limits import RateLimit
from bot.web.page import MAX_BODY, form_fields, html_page, refused_page, said_page
from cases.errors import CxError
from cases.language import _, later
from cases.reader import reader, reader_of, use
from cases.surveys import MAX_COMMENT, THANKS, THANKS_FOR_BAD, Rating, SurveyKind, is_bad, scores
from channels.errors import BadToken
from channels.pages import SURVEY_PATH, without_links
from channels.tokens import Signer
from channels.webchat import clean_text
from flows.survey import NoScore, Rated, question
from storage import surveys
from storage.db import Row


class LinkUnknown(BadToken):
    """This link is not valid. Please open it as it stands in our message."""


def survey_routes(web: WebContext) -> APIRouter:
    """/s/{token}: GET shows the form, POST takes the answer."""
    router = APIRouter()
    page = _SurveyPage(web)
    router.add_api_route(SURVEY_PATH + "{token}", page.show, methods=["GET"])
    router.add_api_route(SURVEY_PATH + "{token}", page.take, methods=["POST"])
    return router


class _SurveyPage:
    def __init__(self, web: WebContext) -> None:
        self._web = web
        what = later("Too many requests at once from your network.")
        self._reads = RateLimit(what, web.per_address.reads)
        self._answers = RateLimit(what, web.per_address.messages)

    async def show(self, token: str, request: Request) -> Response:
        """The form, or that it was filled in already."""
        try:
            self._reads.take(network(request.scope))
            survey = await self._survey(token)
        except CxError as error:
            return _refused(error)
        with self._reading(survey):
            if survey["rated"]:
                return said_page(Rated().sentence, self._title(survey))
            return html_page(self._title(survey), _form(survey))

    async def take(self, token: str, request: Request) -> Response:
        """Keep the answer, once."""
        try:
            self._answers.take(network(request.scope))
            survey = await self._survey(token)
            fields = form_fields(await read_body(request.scope, request.receive, MAX_BODY))
        except CxError as error:
            return _refused(error)
        with self._reading(survey):
            return await self._rate(token, survey, fields)

    async def _rate(self, token: str, survey: Row, fields: Mapping[str, str]) -> Response:
        title, kind = self._title(survey), SurveyKind(survey["kind"])
        try:
            rating = _rating(fields, self._web.signer)
            await self._web.rate(self._web.signer.read_survey(token, self._web.clock.now()), rating)
        except Rated as error:
            return said_page(error.sentence, title, status_of(error))
        except CxError as error:
            return html_page(title, _form(survey, fields, error.sentence), status_of(error))
        return said_page(str(THANKS_FOR_BAD if is_bad(kind, rating.score) else THANKS), title)

    async def _survey(self, token: str) -> Row:
        """Raises LinkUnknown, SessionExpired."""
        try:
            uuid = self._web.signer.read_survey(token, self._web.clock.now())
        except BadToken:
            raise LinkUnknown from None
        survey = await surveys.by_token(self._web.db, uuid)
        if survey is None:
            raise LinkUnknown
        return survey

    def _reading(self, survey: Row) -> AbstractContextManager[None]:
        """The customer's own language, where it is known; else that of their browser."""
        return use(reader_of(survey["language"]) if survey["language"] else reader())

    def _title(self, survey: Row) -> str:
        site = self._web.sites.get(survey["site"])
        return site.title if site else survey["title"] or _("Your opinion")


def _rating(fields: Mapping[str, str], signer: Signer) -> Rating:
    """Raises NoScore, or BadText and LongText for a comment that nobody can keep."""
    score = fields.get("score", "")
    if not score.isascii() or not score.isdecimal() or len(score) > 2:
        raise NoScore
    first = {"yes": True, "no": False}.get(fields.get("first", ""))
    comment = without_links(clean_text(fields.get("comment", "")), signer)
    return Rating(int(score), comment.strip(), first)


def _refused(error: CxError) -> Response:
    return refused_page(error, _("Your opinion"))


def _form(survey: Row, fields: Mapping[str, str] | None = None, wrong: str = "") -> str:
    """The form, with what was filled in and what is wrong with it."""
    given, kind = fields or {}, SurveyKind(survey["kind"])
    note = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    options = [(str(score), str(score)) for score in scores(kind)]
    solved = [("yes", _("Yes")), ("no", _("No"))]
    comment = escape(given.get("comment", ""))
    return (
        f'{note}<form method="post">'
        + _choice("score", question(kind, survey["number"]), options, given)
        + _choice("first", _("Was it solved at the first contact?"), solved, given)
        + f'<fieldset><label class="head" for="comment">{escape(_("Would you like to say more?"))}</label>'
        + f'<textarea id="comment" name="comment" maxlength="{MAX_COMMENT}">\n{comment}</textarea></fieldset>'
        + f'<button type="submit">{escape(_("Send my answer"))}</button></form>'
    )


def _choice(name: str, legend: str, options: list[tuple[str, str]], given: Mapping[str, str]) -> str:
    made = "".join(
        f'<label><input type="radio" name="{name}" value="{value}"'  # not translated
        f"{' checked' if given.get(name) == value else ''}>{escape(label)}</label>"
        for value, label in options
    )
    return f'<fieldset><legend>{escape(legend)}</legend><div class="scores">{made}</div></fieldset>'
