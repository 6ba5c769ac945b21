"""Payloads as somebody at a keyboard, or a broken program, would send them."""

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row
from temporalio.api.common.v1 import Payload

from arrears.contracts import Message


def written(value: Any) -> Payload:
    """JSON, as the Temporal UI sends what is typed into its form."""
    return raw(json.dumps(value).encode())


def raw(data: bytes, *, encoding: bytes | None = b"json/plain") -> Payload:
    """Any bytes under any name of an encoding, or under none."""
    return Payload(metadata={} if encoding is None else {"encoding": encoding}, data=data)


def copied(row: Row[*tuple[Any, ...]], **changed: Any) -> Payload:
    """A message row as the relay would send it, with whatever somebody changed in its content."""
    return written(asdict(Message(row.message_id, row.signal, row.actor, row.content | changed, row.task_id)))
