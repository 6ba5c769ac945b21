"""What can go wrong between us and Temporal, each said so that the reader knows what to do."""

from collections.abc import Sequence
from pathlib import Path


class EngineError(Exception):
    """Its text is one plain sentence for the person at the terminal."""


class TemporalNotFound(EngineError):
    """Carries why each way failed, so that the person can mend the nearest one."""

    def __init__(self, reasons: Sequence[str], choices: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        self.choices = tuple(choices)
        tried = "\n".join(f"  - {reason}" for reason in self.reasons)
        offered = "\n".join(f"  - {choice}" for choice in self.choices)
        super().__init__(
            "No Temporal server is here and none could be fetched.\n"
            f"Tried:\n{tried}\nAny one of these is enough:\n{offered}"
        )


class BuildFailed(EngineError):
    def __init__(self, what: str, last_lines: Sequence[str]) -> None:
        super().__init__(f"Go could not build the {what}: {' / '.join(last_lines) or 'it said nothing'}")


class DownloadGaveUp(EngineError):
    pass


class PortTaken(EngineError):
    def __init__(self, port: int, purpose: str, setting: str) -> None:
        self.port = port
        super().__init__(
            f"Port {port} for the {purpose} is taken by another program: "
            f"end that program, or set {setting} to another port, or leave it unset for a free one."
        )


class DidNotStart(EngineError):
    def __init__(self, what: str, why: str, *, log: Path, last_lines: Sequence[str]) -> None:
        self.last_lines = tuple(last_lines)
        quoted = "".join(f"\n  {line}" for line in self.last_lines)
        super().__init__(f"The {what} did not come up ({why}); the end of {log}:{quoted or ' it is empty'}")


class FolderInUse(EngineError):
    def __init__(self, folder: Path, pid: str) -> None:
        holder = f"process {pid}" if pid else "another process"
        super().__init__(
            f"The data folder {folder} is in use by {holder}: stop that one first, or choose another folder."
        )


class NoAnswer(EngineError):
    def __init__(self, address: str, why: str) -> None:
        super().__init__(f"Temporal at {address} does not answer: {why}.")


class VersionTooOld(EngineError):
    def __init__(self, what: str, version: str, oldest: str) -> None:
        super().__init__(f"{what} is version {version}; {oldest} or newer is needed.")


class AttributeClash(EngineError):
    def __init__(self, namespace: str, name: str, *, has: str, wanted: str) -> None:
        super().__init__(
            f"Namespace {namespace} already has a search attribute {name} of type {has}, "
            f"and the product needs {wanted}: use another namespace or remove that attribute."
        )
