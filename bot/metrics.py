"""What an operator watches: one registry per process, read by /metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from cases.enums import CARRIED, Delivery

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LATENCY_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_WAITING = frozenset({Delivery.QUEUED, Delivery.SENDING})


class Metrics:
    """The figures of one process, each named and explained once."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages_in = self._counter(
            "cx_messages_in", "Customer messages accepted, without repeats.", "channel"
        )
        self.messages_out = self._counter("cx_messages_out", "Replies committed for customers.", "channel")
        self.repeats = self._counter(
            "cx_message_repeats", "Customer messages that had already been accepted.", "channel"
        )
        self.refused = self._counter("cx_chat_refused", "Chat requests refused, by error code.", "code")
        self.posts = self._counter(
            "cx_slack_posts", "Attempts to post to Slack, by result: posted, refused, unclear.", "result"
        )
        self.articles_answered = Counter(
            "cx_articles_answered", "Customers' questions answered by an article.", registry=self.registry
        )
        self.outbox_waiting = self._gauge("cx_outbox_waiting", "Outbox rows not yet posted to Slack.")
        self.inbox_waiting = self._gauge("cx_inbox_waiting", "Slack events stored and not yet handled.")
        self.slack_connected = self._gauge(
            "cx_slack_connected", "Whether Slack's events reach this process: 1 or 0."
        )
        self.slack_silent = self._gauge("cx_slack_silent", "1 while Slack takes posts but sends no events.")
        self.slack_held = self._gauge(
            "cx_slack_held_channels", "Channels to which nothing may be posted for now."
        )
        self.slack_limited = Counter(
            "cx_slack_rate_limited", "Notices that Slack holds events back.", registry=self.registry
        )
        self.mail_read = self._of_mailboxes("cx_mail_read", "Mails that were ever fetched from a mailbox.")
        self.mail_waiting = self._of_mailboxes("cx_mail_waiting", "Mails that came and are not taken in yet.")
        self.mail_quarantined = self._of_mailboxes("cx_mail_quarantined", "Mails that were put aside.")
        self.mail_trouble = self._of_mailboxes(
            "cx_mailbox_trouble", "1 while the mail server of a mailbox cannot be used."
        )
        self.deliveries_waiting = self._of_channels(
            "cx_deliveries_waiting", "Replies over mail or another system that are still to be handed over."
        )
        self.delivery_oldest = self._of_channels(
            "cx_delivery_oldest_seconds", "For how long the oldest of these has been waiting; 0 without one."
        )
        self.deliveries = Gauge(
            "cx_deliveries_last_day",
            "Replies over mail or another system, by what became of them within 24 hours.",
            ["channel", "outcome"],
            registry=self.registry,
        )
        self.widgets = self._gauge("cx_widgets_connected", "Chat widgets connected to this process.")
        self.intake_seconds = self._histogram(
            "cx_intake_seconds", "Time to accept one customer message, commit included."
        )
        self.post_seconds = self._histogram(
            "cx_post_seconds", "From the commit of a message to its post in the Slack thread."
        )

    def note_mailboxes(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """How each mailbox stands."""
        for row in rows:
            self.mail_read.labels(row["key"]).set(row["mails_read"])
            self.mail_waiting.labels(row["key"]).set(row["waiting"])
            self.mail_quarantined.labels(row["key"]).set(row["quarantined"])
            self.mail_trouble.labels(row["key"]).set(row["trouble"] is not None)

    def note_deliveries(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """How replies over outside channels stand: rows by channel and state, as the database counts them."""
        many = {(row["channel"], row["state"]): row["many"] for row in rows}
        for channel in CARRIED:
            waiting = [row for row in rows if row["channel"] == channel and row["state"] in _WAITING]
            self.deliveries_waiting.labels(channel).set(sum(row["many"] for row in waiting))
            self.delivery_oldest.labels(channel).set(max((row["seconds"] for row in waiting), default=0))
            for outcome in set(Delivery) - _WAITING:
                self.deliveries.labels(channel, outcome).set(many.get((channel, outcome), 0))

    def render(self) -> bytes:
        """All figures in Prometheus' text format (content type :data:`CONTENT_TYPE`)."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, label: str) -> Counter:
        return Counter(name, text, [label], registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self.registry)

    def _of_mailboxes(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, ["mailbox"], registry=self.registry)

    def _of_channels(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, ["channel"], registry=self.registry)

    def _histogram(self, name: str, text: str) -> Histogram:
        return Histogram(name, text, buckets=_LATENCY_SECONDS, registry=self.registry)
