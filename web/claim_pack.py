"""The evidence pack of a claim as paper: what is claimed, on what it rests, what was done, each document by its hash."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from arrears.channels.letters import Bank
from arrears.channels.typesetting import typeset_record
from arrears.policy.checklist import Item
from arrears.store import exhibits, queries, recordings
from arrears.store.recordings import Logged
from arrears.store.views import CaseView, NoticeView, PaymentView
from web import words
from web.approval_sheet import ApprovalSheet, ItemLine, Seeing
from web.formats import money
from web.language import gettext as _
from web.language import locale, pgettext
from web.story import MACHINES, Entry, whole_story
from web.words import called

_ALL: Final = 100_000  # lines: a pack leaves nothing out

Cell = str | dict[str, str]
Row = Sequence[Cell]


def claim_pack(
    connection: Connection, case_id: str, page: ApprovalSheet, seeing: Seeing, bank: Bank
) -> bytes:
    """A PDF/A in the language of the moment; the same facts give the same bytes."""
    case = queries.case(connection, case_id)
    assert case is not None, "a task has its case"
    data = {
        "lang": locale().language,
        "region": locale().territory or "",
        "bank": bank.name,
        "unit": bank.unit,
        "title": _("Evidence pack: %(name)s") % {"name": case.borrower},
        "foot": _("Case %(id)s, claim to %(day)s") % {"id": case.case_id, "day": page.claim.on},
        "page-of": _("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
        "references": _references(case, page, seeing),
        "sections": [
            _claim(page),
            _fees(page),
            _last_day(page),
            _evidence(page.items),
            _letters(queries.notices_of(connection, case.case_id), seeing),
            _contacts(connection, case, seeing),
            _payments(queries.ledger_of(connection, case.loan_id, limit=_ALL)),
            _story(whole_story(connection, case.case_id, case.currency, seeing.shapes), seeing),
        ],
    }
    return typeset_record("record.typ", data, at=case.decided_at)


def _references(case: CaseView, page: ApprovalSheet, seeing: Seeing) -> list[Row]:
    shapes = seeing.shapes
    found = [
        (_("Debtor"), case.borrower),
        (_("Case"), case.case_id),
        (_("Loan"), f"{case.loan_id} · {called(words.PRODUCTS, case.product)}"),
        (_("Contract no."), case.contract_no or ""),
        (_("Stage"), f"{called(words.STAGES, case.stage)} · {shapes.stamp(page.stage_since)}"),
        (_("Facts of"), shapes.stamp(case.decided_at)),
        (_("Rules"), case.pack),
    ]
    return [row for row in found if row[1]]


def _claim(page: ApprovalSheet) -> dict[str, Any]:
    claim, unit = page.claim, page.currency
    rows = [
        (_("Principal"), money(claim.principal, unit)),
        (_("Interest"), money(claim.interest, unit)),
        (_("Penalty since the ledger's day"), money(claim.penalty, unit)),
        (_("Costs"), money(claim.costs, unit)),
        (_("Sum"), money(claim.total, unit)),
    ]
    note = _("Ledger stated to %(day)s.") % {"day": claim.ledger_on}
    if claim.yearly_bp:
        rate = {"rate": f"{claim.yearly_bp / 100:g}%", "days": claim.day_count}
        note += " " + _("Penalty at %(rate)s a year, a year of %(days)s days.") % rate
    return _facts(_("Claim to %(day)s") % {"day": claim.on}, rows, note)


def _fees(page: ApprovalSheet) -> dict[str, Any]:
    fees, unit = page.fees, page.currency
    rows = (
        []
        if fees is None
        else [
            (_("Ordinary procedure"), money(fees.ordinary, unit)),
            (_("Summary procedure, small claim"), money(fees.summary, unit)),
            (_("Payment order"), money(fees.payment_order, unit)),
            (_("Preservation"), money(fees.preservation, unit)),
            (_("Enforcement"), money(fees.enforcement, unit)),
        ]
    )
    empty = _("The tariff does not apply to this currency.")
    return _facts(_("Court fees of this claim"), rows, empty=empty)


def _last_day(page: ApprovalSheet) -> dict[str, Any]:
    rows = []
    if page.last_day is not None:
        limit = page.last_day.limitation
        rows.append((_("Last day"), limit.ends_on.isoformat()))
        if limit.later_on is not None:
            rows.append((_("Counted from the last instalment"), limit.later_on.isoformat()))
        if limit.restarted_on is not None:
            rows.append((_("Started anew on"), limit.restarted_on.isoformat()))
    return _facts(_("Limitation"), rows, empty=_("No period is known for this loan."))


def _evidence(items: Iterable[ItemLine]) -> dict[str, Any]:
    rows: list[Row] = []
    for n, item in enumerate(items, 1):
        name = f"{n}. {called(words.ITEMS, item.item)}"
        standing = called(words.EVIDENCE, item.standing) if item.required else _("not required")
        rows += [
            (
                name,
                {
                    "main": called(words.DOCUMENTS, proof.kind),
                    "small": f"SHA-256 {proof.sha256}",
                },
                proof.since.isoformat(),
                proof.by,
                called(words.EVIDENCE, item.standing),
            )
            for proof in item.proofs
        ] or [(name, "–", "–", "–", standing)]
    head = (_("Item"), _("Document"), _("Dated"), _("Handed in by"), _("State"))
    return _table(_("Evidence"), head, rows, widths=(0, 1, 0, 0, 0))


def _letters(notices: Iterable[NoticeView], seeing: Seeing) -> dict[str, Any]:
    stamp = seeing.shapes.stamp
    rows: list[Row] = [
        (
            {"main": one.notice_id, "small": f"SHA-256 {one.document_hash or '–'}"},
            called(words.NOTICES, one.status),
            stamp(one.sent_at) if one.sent_at else "–",
            stamp(one.arrived_at) if one.arrived_at else "–",
            money(one.amount_minor, one.currency),
        )
        for one in notices
    ]
    head = (_("Notice"), _("State"), _("Sent"), _("Arrived"), _("Amount overdue"))
    return _table(_("Notices"), head, rows, widths=(1, 0, 0, 0, 0), right=(4,))


def _contacts(connection: Connection, case: CaseView, seeing: Seeing) -> dict[str, Any]:
    made = [
        one
        for one in recordings.logged(connection, case.case_id, limit=_ALL)
        if one.status not in ("released", "reserved")
    ]
    rows: list[Row] = [
        (
            seeing.shapes.stamp(one.at),
            words.how(one.action, one.party),
            _came(one),
            one.actor_name or called(MACHINES, one.actor),
            one.recording_id or "–",
        )
        for one in reversed(made)
    ]
    head = (_("Time"), _("Contact"), _("Result"), _("By"), _("Recording"))
    note = f"SHA-256 {exhibits.contacts_hash(connection, case.case_id)}" if made else ""
    return _table(called(words.ITEMS, Item.CONTACTS), head, rows, widths=(0, 1, 1, 0, 0), note=note)


def _came(contact: Logged) -> str:
    if contact.result:
        return called(words.RESULTS, contact.result)
    return called(words.ATTEMPTS, contact.status)


def _payments(payments: Sequence[PaymentView]) -> dict[str, Any]:
    rows: list[Row] = [
        (
            one.value_on.isoformat(),
            {
                "main": called(words.PAYMENTS, one.kind),
                "small": pgettext("list", ", ").join(
                    f"{called(words.TIERS, tier)} {money(one.allocated[tier], one.currency)}"
                    for tier in words.TIERS
                    if tier in one.allocated
                ),
            },
            called(words.CHANNELS, one.channel),
            money(one.amount_minor, one.currency),
        )
        for one in reversed(payments)
    ]
    head = (_("Day"), _("Payment"), _("Channel"), _("Amount"))
    return _table(_("Payments of the loan"), head, rows, widths=(0, 1, 0, 0), right=(3,))


def _story(entries: Iterable[Entry], seeing: Seeing) -> dict[str, Any]:
    rows: list[Row] = [
        (
            seeing.shapes.stamp(one.at),
            {"main": one.headline, "small": pgettext("list", "; ").join(_said(one))},
            one.who,
        )
        for one in entries
    ]
    head = (_("Time"), _("What happened"), _("By"))
    return _table(_("What happened"), head, rows, widths=(0, 1, 0))


def _said(entry: Entry) -> Iterable[str]:
    yield from entry.consequences
    if entry.words:
        yield "“{}”".format(" ".join(entry.words.split()))
    if entry.ground:
        yield entry.ground


# ---- the two shapes of a part -------------------------------------------------------------------------------


def _facts(heading: str, rows: Sequence[Row], note: str = "", *, empty: str = "") -> dict[str, Any]:
    return {"heading": heading, "kind": "facts", "rows": rows, "note": note, "empty": empty}


def _table(
    heading: str,
    head: Sequence[str],
    rows: Sequence[Row],
    *,
    widths: Sequence[int],
    right: Sequence[int] = (),
    note: str = "",
) -> dict[str, Any]:
    """`widths` 1: takes what room is left; `right`: columns of amounts."""
    return {
        "heading": heading,
        "kind": "table",
        "head": head,
        "rows": rows,
        "widths": ["rest" if width else "auto" for width in widths],
        "sides": ["right" if n in right else "left" for n in range(len(head))],
        "note": note,
        "empty": _("None"),
    }
