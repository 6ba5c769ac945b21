"""The channel of a print room: a folder in which each letter appears once, whole, with its facts beside it."""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from arrears.channels.port import Address, ChannelDown, ChannelRefused, Letter, Sent, check_key


class FileChannel:
    """`<key>.pdf` is the letter and `<key>.json` its facts. A letter is sent when its PDF is there."""

    name: Final = "file"
    dedupes_by_key: Final = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, key: str, letter: Letter, to: Address) -> Sent:
        check_key(key)
        if letter.media_type != "application/pdf":
            raise ChannelRefused("the file channel takes PDF letters only")
        sent = Sent(f"{key}.pdf")
        try:
            if not self._is_there(key, letter):
                self._publish(key, letter, _facts(key, letter, to, sent))
            self._settle()
        except OSError as error:
            raise ChannelDown(f"the letters folder cannot be used: {error.strerror}") from error
        return sent

    def _is_there(self, key: str, letter: Letter) -> bool:
        try:
            there = (self._folder / f"{key}.pdf").read_bytes()
        except FileNotFoundError:
            return False
        if there != letter.body:
            raise ChannelRefused(f"another letter was sent as {key}")
        return True

    def _publish(self, key: str, letter: Letter, facts: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep(key)
        drafts: list[Path] = []
        try:
            drafts.append(self._draft(key, facts))
            drafts.append(self._draft(key, letter.body))
            # The PDF comes last: whoever finds one finds its facts too.
            drafts[0].rename(self._folder / f"{key}.json")
            drafts[1].rename(self._folder / f"{key}.pdf")
        except OSError:
            for draft in drafts:
                with suppress(OSError):
                    draft.unlink(missing_ok=True)
            raise

    def _draft(self, key: str, content: bytes) -> Path:
        handle, path = tempfile.mkstemp(dir=self._folder, prefix=f".{key}.", suffix=".tmp")
        with os.fdopen(handle, "wb") as draft:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
        return Path(path)

    def _sweep(self, key: str) -> None:
        """Drafts of an attempt that was killed; should it still live, its rename fails and it is tried again."""
        for left in self._folder.glob(f".{key}.*.tmp"):
            left.unlink(missing_ok=True)

    def _settle(self) -> None:
        """The new names themselves must survive a power cut, not only what is in the files."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _facts(key: str, letter: Letter, to: Address, sent: Sent) -> bytes:
    facts = {
        "key": key,
        "reference": sent.reference,
        "subject": letter.subject,
        "kind": to.kind,
        "media_type": letter.media_type,
        "bytes": len(letter.body),
        "sha256": letter.sha256,
    }
    return (json.dumps(facts, ensure_ascii=False, indent=2) + "\n").encode()
