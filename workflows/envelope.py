"""What a case says to Temporal, sealed: AES-GCM under a ring of keys, of which the first seals and all open."""

import os
from collections.abc import Mapping, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

ENCODING: Final = b"binary/encrypted"
_NONCE_BYTES: Final = 12


class Envelope(PayloadCodec):
    """Never raises: what it cannot open it gives back unchanged, and the case hears it as what cannot be read (4.4)."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """By their names; 32 bytes each."""
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._seals_with = next(iter(keys))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._seal(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._open(payload) for payload in payloads]

    def _seal(self, payload: Payload) -> Payload:
        nonce, name = os.urandom(_NONCE_BYTES), self._seals_with.encode()
        sealed = self._ciphers[self._seals_with].encrypt(nonce, payload.SerializeToString(), name)
        return Payload(metadata={"encoding": ENCODING, "key": name}, data=nonce + sealed)

    def _open(self, payload: Payload) -> Payload:
        name = payload.metadata.get("key", b"")
        cipher = self._ciphers.get(name.decode(errors="replace"))
        if payload.metadata.get("encoding") != ENCODING or cipher is None:
            return payload
        try:
            plain = cipher.decrypt(payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:], name)
            return Payload.FromString(plain)
        except (InvalidTag, ValueError, DecodeError):
            return payload
