"""Mails that programs sent (FAULTS 27 to 29): what they are, and whom no program answers."""

from __future__ import annotations

import pytest

from channels.mail import Automatic, InboundMail, Kind, Outcome, Own
from channels.mail_reading import read

OWN = Own(frozenset({"support@shop.example"}))
OURS = "<7d1.CX-1042@shop.example>"

# The example of RFC 3464, appendix E.1, with the mail that came back as its third part.
DSN = f"""\
Date: Thu, 7 Jul 1994 17:16:05 -0400
From: Mail Delivery Subsystem <MAILER-DAEMON@CS.UTK.EDU>
Message-Id: <199407072116.RAA14128@CS.UTK.EDU>
Subject: Returned mail: Cannot send message for 5 days
To: <support@shop.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
      boundary="RAA14128.773615765/CS.UTK.EDU"

--RAA14128.773615765/CS.UTK.EDU

The original message was received at Sat, 2 Jul 1994 17:10:28 -0400

   ----- The following addresses had delivery problems -----
<louisl@larry.slip.umd.edu>  (unrecoverable error)

--RAA14128.773615765/CS.UTK.EDU
content-type: message/delivery-status

Reporting-MTA: dns; cs.utk.edu

Original-Recipient: rfc822;louisl@larry.slip.umd.edu
Final-Recipient: rfc822;louisl@larry.slip.umd.edu
Action: failed
Status: 4.0.0
Diagnostic-Code: smtp; 426 connection timed out
Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400

--RAA14128.773615765/CS.UTK.EDU
content-type: message/rfc822

From: support@shop.example
To: louisl@larry.slip.umd.edu
Message-ID: {OURS}
Subject: Re: Parcel

Good morning
--RAA14128.773615765/CS.UTK.EDU--
"""

# The text of qmail's bounces, which have no parts.
QMAIL = f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example.com
To: support@shop.example
Subject: failure notice

Hi. This is the qmail-send program at mx.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.

<jan@example.com>:
user is over quota

--- Below this line is a copy of the message.

Return-Path: <support@shop.example>
Message-ID: {OURS}
"""


def mail(head: str, text: str = "Hello", sender: str = "jan@example.com") -> InboundMail:
    return read(f"From: {sender}\n{head}\n\n{text}\n".encode(), OWN)


def automatic(raw: str) -> Automatic:
    found = read(raw.replace("\n", "\r\n").encode(), OWN)
    assert found.automatic is not None
    assert not found.may_answer
    return found.automatic


def test_fault_27_a_report_says_which_mail_failed_and_why() -> None:
    found = automatic(DSN)
    assert found.kind is Kind.BOUNCE
    assert found.bounce is not None
    assert found.bounce.outcome is Outcome.FAILED
    assert found.bounce.message_ids == (OURS,)
    assert found.bounce.recipients == ("louisl@larry.slip.umd.edu",)
    assert found.bounce.reason == "426 connection timed out"


@pytest.mark.parametrize(
    ("action", "outcome"),
    [("delayed", Outcome.DELAYED), ("delivered", Outcome.DELIVERED), ("relayed", Outcome.DELIVERED)],
)
def test_a_report_need_not_be_a_failure(action: str, outcome: Outcome) -> None:
    bounce = automatic(DSN.replace("Action: failed", f"Action: {action}")).bounce
    assert bounce is not None
    assert bounce.outcome is outcome


def test_one_failed_recipient_of_several_is_a_failure() -> None:
    other = "Final-Recipient: rfc822; ann@example.com\nAction: delivered\nStatus: 2.0.0\n\n"
    bounce = automatic(DSN.replace("Original-Recipient:", other + "Original-Recipient:")).bounce
    assert bounce is not None
    assert bounce.outcome is Outcome.FAILED
    assert bounce.recipients == ("louisl@larry.slip.umd.edu",)


def test_headers_alone_may_come_back() -> None:
    raw = DSN.replace("message/rfc822", "text/rfc822-headers")
    bounce = automatic(raw).bounce
    assert bounce is not None
    assert bounce.message_ids == (OURS,)


def test_fault_27_old_servers_write_words() -> None:
    bounce = automatic(QMAIL).bounce
    assert bounce is not None
    assert bounce.message_ids == (OURS,)
    assert bounce.reason == "failure notice"


def test_exim_names_who_failed() -> None:
    head = "X-Failed-Recipients: jan@example.com, ann@example.com\nIn-Reply-To: <a@x>\nSubject: x"
    bounce = automatic(f"From: Mail <Mailer-Daemon@mx.example.com>\n{head}\n\nx").bounce
    assert bounce is not None
    assert bounce.recipients == ("jan@example.com", "ann@example.com")
    assert bounce.message_ids == ("<a@x>",)


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-replied (vacation); owner-email=x",
        "X-Autoreply: yes",
        "X-Autorespond: I am away",
        "Precedence: auto_reply",
        "Return-Path: <>",
        "Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\nSubject: Automatic reply: Parcel",
        "X-Auto-Response-Suppress: All\nSubject: Automatyczna odpowiedź: Paczka",
        "X-Auto-Response-Suppress: All\nSubject: =?utf-8?q?Automatick=C3=A1_odpov=C4=9B=C4=8F=3A?= x",
        "X-Auto-Response-Suppress: All\nSubject: Automatikus válasz: x",
        "X-Auto-Response-Suppress: All\nSubject: Automatische Antwort: x",
        "X-Auto-Response-Suppress: All\nSubject: Out of Office AutoReply: x",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
    ],
)
def test_fault_27_auto_replies(head: str) -> None:
    found = mail(head)
    assert found.automatic is not None
    assert found.automatic.kind is Kind.AUTO_REPLY
    assert found.automatic.why
    assert not found.may_answer


@pytest.mark.parametrize(
    "head",
    [
        "Precedence: bulk",
        "Precedence: list",
        "List-Id: <x.example>",
        "Auto-Submitted: auto-generated",
        "List-Unsubscribe: <x>",
    ],
)
def test_fault_27_programs_that_write_to_many(head: str) -> None:
    found = mail(head)
    assert found.automatic is not None
    assert found.automatic.kind is Kind.BULK
    assert not found.may_answer


def test_fault_27_our_own_addresses_and_loops() -> None:
    own = mail("Subject: x", sender="Support <SUPPORT+abc@shop.example>")
    assert own.automatic is not None
    assert own.automatic.kind is Kind.OWN
    loop = mail("\n".join(["Received: from a by b; now"] * 51))
    assert loop.automatic is not None
    assert loop.automatic.kind is Kind.LOOP


@pytest.mark.parametrize("asked", ["All", "DR, OOF, AutoReply"])
@pytest.mark.parametrize(
    "subject",
    [
        "Where is my parcel?",
        "Your automatic response did not help",
        "Re: Automatic reply: Order 5",
        "Automatic reply never came",
    ],
)
def test_fault_28_a_person_whose_program_wants_no_receipt(asked: str, subject: str) -> None:
    found = mail(f"X-Auto-Response-Suppress: {asked}\nSubject: {subject}")
    assert found.automatic is None
    assert not found.may_answer


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: no",
        "Subject: Out of office chairs?",
        "Subject: Undeliverable parcel",
        "X-Auto-Response-Suppress: DR, RN, NRN",
        "Precedence: first-class",
        "Return-Path: <jan@example.com>",
    ],
)
def test_people_are_answered(head: str) -> None:
    found = mail(head)
    assert found.automatic is None
    assert found.may_answer


@pytest.mark.parametrize(
    "sender", ["noreply@x.example", "no-reply@x.example", "Postmaster@x.example", "bounces+a@x.example"]
)
def test_fault_29_addresses_that_nobody_reads_get_no_receipt(sender: str) -> None:
    assert not mail("Subject: x", sender=sender).may_answer
