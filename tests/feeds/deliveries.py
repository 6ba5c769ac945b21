"""Deliveries for tests: rows that are right unless a test says otherwise, written as files."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from arrears import clock
from arrears.feeds.importing import Order, Outcome, import_delivery
from arrears.store import packs
from arrears.store.packs import Pack
from arrears.store.session import Store

NOON = datetime(2026, 10, 12, 4, tzinfo=UTC)  # Monday noon in Shanghai
PACK = packs.load("cn-bank-2026")

Row = dict[str, str]


def a_loan(loan_id: str = "L1", **changed: str) -> Row:
    return {
        "loan_id": loan_id,
        "borrower_id": f"B{loan_id}",
        "product": "term_loan",
        "currency": "CNY",
        "as_of_date": "2026-10-10",
        "balance_minor": "5000000",
        "overdue_minor": "120000",
        "first_overdue_on": "2026-09-30",
        "instalment_minor": "40000",
        "limit_minor": "",
        "last_payment_minor": "",
        "last_payment_on": "",
        "disbursed_on": "2024-01-15",
        "last_instalment_due_on": "2027-01-15",
        "contract_no": f"HT-{loan_id}",
        "status": "open",
    } | changed


def a_borrower(borrower_id: str = "BL1", **changed: str) -> Row:
    return {
        "borrower_id": borrower_id,
        "kind": "person",
        "name": "样例·小满",
        "id_kind": "",
        "id_number": "",
        "born_on": "1990-02-28",
        "language": "zh-CN",
        "address": "示例市不存在路1号",
        "service_address_agreed": "1",
    } | changed


def a_contact(borrower_id: str = "BL1", **changed: str) -> Row:
    return {
        "borrower_id": borrower_id,
        "channel": "phone",
        "address": "+99900000001",
        "language": "zh-CN",
        "timezone": "Asia/Shanghai",
        "allowed_from": "09:00",
        "allowed_to": "20:00",
        "preferred": "1",
        "do_not_contact": "0",
    } | changed


def a_party(loan_id: str = "L1", **changed: str) -> Row:
    return {
        "loan_id": loan_id,
        "borrower_id": "BG1",
        "role": "guarantor",
        "guarantee_kind": "joint",
        "guarantee_until": "2027-06-30",
        "guarantee_demanded_on": "",
    } | changed


def a_payment(payment_id: str = "P1", **changed: str) -> Row:
    return {
        "payment_id": payment_id,
        "loan_id": "L1",
        "booked_on": "2026-10-12",
        "value_on": "2026-10-12",
        "amount_minor": "50000",
        "currency": "CNY",
        "channel": "transfer",
        "kind": "payment",
        "reverses_payment_id": "",
        "provisional": "",
        "designation": "",
        "reversal_reason": "",
    } | changed


def a_month(loan_id: str = "L1", **changed: str) -> Row:
    return {
        "loan_id": loan_id,
        "period": "2026-09",
        "period_end": "2026-09-30",
        "months_overdue": "1",
        "bill_minor": "5000000",
        "paid_minor": "0",
    } | changed


def text_of(rows: Sequence[Mapping[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def put(folder: Path, /, **files: Sequence[Mapping[str, str]] | str | bytes) -> Path:
    """Files by kind: rows, or the text or the bytes as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, content in files.items():
        if isinstance(content, bytes):
            data = content
        else:
            data = (content if isinstance(content, str) else text_of(content)).encode()
        (folder / f"{kind}.csv").write_bytes(data)
    return folder


def put_manifest(folder: Path, *, sequence: int, sender: str = "core", **changed: Any) -> None:
    """A true manifest of what lies in the folder, unless a test changes it."""
    entries = [
        {
            "name": path.name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "rows": _unpacked(path).count(b"\n") - 1,
        }
        for path in sorted(folder.glob("*.csv*"))
    ]
    told = {"sender": sender, "sequence": sequence, "as_of_date": "2026-10-10", "files": entries} | changed
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")


def _unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@dataclass
class Listener:
    """Hears what an import says while it runs."""

    steps: list[tuple[str, int, int]] = field(default_factory=list)
    waited: int = 0

    def advance(self, what: str, done: int, total: int) -> None:
        self.steps.append((what, done, total))

    def waiting(self) -> None:
        self.waited += 1


@dataclass
class Desk:
    """Imports into one store, at one instant of the door."""

    store: Store
    folder: Path
    pack: Pack = PACK
    at: datetime = NOON
    listener: Listener = field(default_factory=Listener)

    @property
    def rejects(self) -> Path:
        return self.folder / "out" / "rejects.csv"

    def load(self, *paths: Path, at: datetime | None = None, **order: Any) -> Outcome:
        asked = Order([*paths] or [self.folder / "in"], rejects_to=self.rejects, **order)
        with clock.door_time(at or self.at):
            return import_delivery(self.store, self.pack, asked, self.listener)

    def bring(self, **given: Any) -> Outcome:
        """A delivery of nothing but these files (kind = rows or text); `at` and `order` say when and how."""
        at, order = given.pop("at", None), given.pop("order", {})
        into = self.folder / "in"
        for old in into.glob("*") if into.exists() else ():
            old.unlink()
        put(into, **given)
        return self.load(at=at, **order)

    def rejected(self) -> list[list[str]]:
        with self.rejects.open(encoding="utf-8", newline="") as lines:
            return list(csv.reader(lines))[1:]


def on(day: str) -> datetime:
    """Noon in Shanghai of that day."""
    return datetime.combine(date.fromisoformat(day), NOON.timetz())
