"""The files a delivery may bring, column by column and rule by rule (intake format, version 1)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl
from polars import col

from arrears.feeds import identity
from arrears.feeds.columns import (
    AMOUNT,
    CREDIT_OR_DEBIT,
    CURRENCY,
    DAY,
    FLAG,
    ID_NUMBER,
    IDENT,
    LANGUAGE,
    PERIOD,
    TIME_OF_DAY,
    ZONE,
    Bank,
    Column,
    count,
    one_of,
    words,
)
from arrears.policy.money import TakenBack
from arrears.policy.transfers import PRODUCTS


@dataclass(frozen=True)
class RowRule:
    """A fault that shows only when the columns of a row, or the bank's day, are looked at together."""

    rule: str
    column: str
    broken: Callable[[Bank], pl.Expr]


@dataclass(frozen=True)
class Kind:
    """`key` may not repeat within a delivery; `total` is the column its control totals add up."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[RowRule, ...] = ()
    total: str | None = None
    repeatable: bool = False  # an equal row again is ignored, as for payments

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


def _is(expression: pl.Expr) -> Callable[[Bank], pl.Expr]:
    return lambda _bank: expression


_OTHER_CURRENCY: Final = RowRule(
    "currency_of_pack", "currency", lambda bank: col("currency") != bank.currency
)

LOANS: Final = Kind(
    "loans",
    key=("loan_id",),
    total="balance_minor",
    columns=(
        Column("loan_id", IDENT, required=True),
        Column("borrower_id", IDENT, required=True),
        Column(
            "product",
            one_of(*PRODUCTS),
            required=True,
        ),
        Column("currency", CURRENCY, required=True),
        Column("as_of_date", DAY, required=True),
        Column("balance_minor", AMOUNT, required=True),
        Column("overdue_minor", AMOUNT, required=True),
        Column("first_overdue_on", DAY),
        Column("instalment_minor", AMOUNT),
        Column("limit_minor", AMOUNT),
        Column("last_payment_minor", AMOUNT),
        Column("last_payment_on", DAY),
        Column("disbursed_on", DAY),
        Column("last_instalment_due_on", DAY),
        Column("contract_no", words(64)),
        Column("status", one_of("open", "disputed", "stayed", "closed"), required=True),
    ),
    rules=(
        RowRule("card_number", "loan_id", _is(identity.is_card_number(col("loan_id")))),
        RowRule(
            "identity_number",
            "loan_id",
            _is(identity.is_mainland_number(col("loan_id").str.to_uppercase())),
        ),
        _OTHER_CURRENCY,
        RowRule("in_the_future", "as_of_date", lambda bank: col("as_of_date") > bank.today),
        RowRule("more_than_balance", "overdue_minor", _is(col("overdue_minor") > col("balance_minor"))),
        RowRule(
            "overdue_without_day",
            "first_overdue_on",
            _is((col("overdue_minor") > 0) & col("first_overdue_on").is_null()),
        ),
        RowRule(
            "day_without_overdue",
            "first_overdue_on",
            _is((col("overdue_minor") == 0) & col("first_overdue_on").is_not_null()),
        ),
        RowRule("after_state", "first_overdue_on", _is(col("first_overdue_on") > col("as_of_date"))),
    ),
)

BORROWERS: Final = Kind(
    "borrowers",
    key=("borrower_id",),
    columns=(
        Column("borrower_id", IDENT, required=True),
        Column("kind", one_of("person", "enterprise"), required=True),
        Column("name", words(200), required=True),
        Column("id_kind", one_of("cn_id", "cn_uscc", "tw_id", "passport", "other")),
        Column("id_number", ID_NUMBER),
        Column("born_on", DAY),
        Column("language", LANGUAGE),
        Column("address", words(300)),
        Column("service_address_agreed", FLAG),
    ),
    rules=(
        RowRule("no_letter", "name", _is(~col("name").str.contains(r"\p{L}"))),
        RowRule(
            "number_without_kind", "id_kind", _is(col("id_number").is_not_null() & col("id_kind").is_null())
        ),
        RowRule(
            "kind_without_number", "id_number", _is(col("id_kind").is_not_null() & col("id_number").is_null())
        ),
        RowRule(
            "id_check",
            "id_number",
            _is(
                col("id_number").is_not_null()
                & ~pl.when(col("id_kind") == "cn_id")
                .then(identity.is_mainland_number(col("id_number")))
                .when(col("id_kind") == "cn_uscc")
                .then(identity.is_credit_code(col("id_number")))
                .when(col("id_kind") == "tw_id")
                .then(identity.is_taiwan_number(col("id_number")))
                .otherwise(statement=True)
            ),
        ),
        RowRule("in_the_future", "born_on", lambda bank: col("born_on") > bank.today),
    ),
)

PARTIES: Final = Kind(
    "parties",
    key=("loan_id", "borrower_id", "role"),
    columns=(
        Column("loan_id", IDENT, required=True),
        Column("borrower_id", IDENT, required=True),
        Column("role", one_of("co_borrower", "guarantor", "guardian", "heir"), required=True),
        Column("guarantee_kind", one_of("joint", "general")),
        Column("guarantee_until", DAY),
        Column("guarantee_demanded_on", DAY),
    ),
    rules=(
        RowRule(
            "not_a_guarantor",
            "guarantee_kind",
            _is(
                (col("role") != "guarantor")
                & (
                    col("guarantee_kind").is_not_null()
                    | col("guarantee_until").is_not_null()
                    | col("guarantee_demanded_on").is_not_null()
                )
            ),
        ),
        RowRule(
            "in_the_future", "guarantee_demanded_on", lambda bank: col("guarantee_demanded_on") > bank.today
        ),
    ),
)

CONTACTS: Final = Kind(
    "contacts",
    key=("borrower_id", "channel", "address"),
    columns=(
        Column("borrower_id", IDENT, required=True),
        Column("channel", one_of("email", "phone", "post", "sms"), required=True),
        Column("address", words(300), required=True),
        Column("language", LANGUAGE),
        Column("timezone", ZONE),
        Column("allowed_from", TIME_OF_DAY),
        Column("allowed_to", TIME_OF_DAY),
        Column("preferred", FLAG),
        Column("do_not_contact", FLAG),
    ),
    rules=(
        RowRule(
            "not_an_address",
            "address",
            _is(
                ((col("channel") == "email") & ~col("address").str.contains(r"^[^@\s]+@[^@\s]+$"))
                | (
                    col("channel").is_in(["phone", "sms"])
                    & ~col("address").str.contains(r"^\+?[0-9][0-9 ()-]{2,31}$")
                )
            ),
        ),
        RowRule(
            "half_a_window",
            "allowed_to",
            _is(col("allowed_from").is_null() != col("allowed_to").is_null()),
        ),
        RowRule("window_order", "allowed_to", _is(col("allowed_from") >= col("allowed_to"))),
    ),
)

PAYMENTS: Final = Kind(
    "payments",
    key=("payment_id",),
    total="amount_minor",
    repeatable=True,
    columns=(
        Column("payment_id", IDENT, required=True),
        Column("loan_id", IDENT, required=True),
        Column("booked_on", DAY, required=True),
        Column("value_on", DAY, required=True),
        Column("amount_minor", AMOUNT, required=True),
        Column("currency", CURRENCY, required=True),
        Column("channel", one_of("transfer", "card", "cash", "direct_debit", "unknown"), required=True),
        Column("kind", one_of("payment", "reversal", "fee", "write_off"), required=True),
        Column("reverses_payment_id", IDENT),
        Column("provisional", FLAG),
        Column("designation", IDENT),
        Column("reversal_reason", one_of(*(reason.value for reason in TakenBack))),
    ),
    rules=(
        _OTHER_CURRENCY,
        RowRule("not_positive", "amount_minor", _is(col("amount_minor") == 0)),
        RowRule("in_the_future", "booked_on", lambda bank: col("booked_on") > bank.today),
        RowRule(
            "reverses_nothing",
            "reverses_payment_id",
            _is((col("kind") == "reversal") & col("reverses_payment_id").is_null()),
        ),
        RowRule(
            "not_a_reversal",
            "reverses_payment_id",
            _is((col("kind") != "reversal") & col("reverses_payment_id").is_not_null()),
        ),
        RowRule(
            "not_a_reversal",
            "reversal_reason",
            _is((col("kind") != "reversal") & col("reversal_reason").is_not_null()),
        ),
    ),
)

HISTORY: Final = Kind(
    "history",
    key=("loan_id", "period"),
    columns=(
        Column("loan_id", IDENT, required=True),
        Column("period", PERIOD, required=True),
        Column("period_end", DAY, required=True),
        Column("months_overdue", count(-2, 999), required=True),
        Column("bill_minor", CREDIT_OR_DEBIT, required=True),
        Column("paid_minor", AMOUNT, required=True),
    ),
)

# In the order in which they are loaded: whoever is asked about must be there before the question.
KINDS: Final = {kind.name: kind for kind in (BORROWERS, CONTACTS, PARTIES, HISTORY, LOANS, PAYMENTS)}

RULES: Final = {
    "required": "must not be empty",
    "id": "must be 1 to 48 letters, digits, _ or -",
    "amount": "must be whole minor units: digits only, no point, sign or exponent, at most 10^13",
    "signed_amount": "must be whole minor units: digits only, at most a leading minus, at most 10^13",
    "whole_number": "must be a whole number in its range (months overdue: -2 or more)",
    "date": "must be a day that exists, as YYYY-MM-DD",
    "period": "must be a month, as YYYY-MM",
    "flag": "must be 0 or 1",
    "one_of": "must be one of the words of the format",
    "text": "must not be blank, too long, or hold invisible signs",
    "currency": "must be a currency of ISO 4217 in three capitals",
    "currency_of_pack": "must be the currency of the policy pack",
    "language": "must be a language tag such as zh-CN",
    "timezone": "must be a zone of the IANA list such as Asia/Shanghai",
    "time_of_day": "must be a time of day, as HH:MM",
    "card_number": "looks like a card number and is no loan id",
    "identity_number": "looks like an identity number and is no loan id",
    "in_the_future": "must not be after today",
    "more_than_balance": "must not be more than the balance",
    "overdue_without_day": "must be there when something is overdue",
    "day_without_overdue": "must be empty when nothing is overdue",
    "after_state": "must not be after as_of_date",
    "no_letter": "must hold a letter",
    "number_without_kind": "must say what kind of number id_number is",
    "kind_without_number": "must be there when id_kind is",
    "id_check": "is no such number: length, day of birth or check digit are wrong",
    "id_number": "must be 3 to 32 letters, digits or dashes",
    "not_a_guarantor": "belongs to a guarantor only",
    "not_an_address": "is no address of this channel",
    "half_a_window": "must be there exactly when allowed_from is",
    "window_order": "must be after allowed_from",
    "not_positive": "must be more than 0",
    "reverses_nothing": "must name the payment that is reversed",
    "not_a_reversal": "belongs to a reversal only",
    "duplicate": "comes more than once in this delivery",
    "other_borrower": "is known with another borrower",
    "earlier_state": "is older than the state that is known",
    "other_state_of_the_day": "differs from the state already known for this day",
    "other_content": "is known with other content",
    "fields": "has too few or too many fields",
    "quotes": "has quotes that do not match, or a line break inside quotes",
    "encoding": "is not UTF-8",
    "unknown_column": "is no column of this kind of file",
    "missing_column": "must be a column of this kind of file",
    "repeated_column": "comes more than once in the header",
    "file": "cannot be used",
    "rebase": "cannot be rebased this way",
    "manifest": "is not what the manifest says, or the manifest is wrong",
}
