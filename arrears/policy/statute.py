"""What a statute binds every pack of a jurisdiction to: a pack may be stricter, never looser."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from arrears.policy.caps import Cap
from arrears.policy.guard import Conduct
from arrears.policy.terms import Terms


@dataclass(frozen=True)
class Statute:
    """`caps` by rule: a pack must have a cap of the same rule, scope and window that lets no more pass."""

    window_from: str
    window_to: str
    visit_staff: int
    recording_days: int
    plan_periods: int  # of a repayment plan; 0: no limit of the law
    caps: tuple[Cap, ...]


def loosened(statute: Statute, terms: Terms, conduct: Conduct) -> Iterator[str]:
    """Where a pack would allow what the statute forbids."""
    if terms.window_from < statute.window_from:
        yield f"contact.window_from is before {statute.window_from}, which the law sets (C01)"
    if terms.window_to > statute.window_to:
        yield f"contact.window_to is after {statute.window_to}, which the law sets (C01)"
    if conduct.visit_staff < statute.visit_staff:
        yield f"contact.visit_staff is below {statute.visit_staff}, which the law sets (C10)"
    if conduct.recording_days < statute.recording_days:
        yield f"recording.keep_days is below {statute.recording_days}, which the law sets (C17)"
    if 0 < statute.plan_periods < terms.plan_max_periods:
        yield f"plan.max_periods is above {statute.plan_periods}, which the law sets (1.3)"
    yield from _loosened_caps(statute, conduct)


def _loosened_caps(statute: Statute, conduct: Conduct) -> Iterator[str]:
    for cap in statute.caps:
        most = [own.most for own in conduct.caps if _same(own, cap)]
        if not most:
            yield f"caps lacks {cap.rule}, which the law sets at {cap.most}"
        elif min(most) > cap.most:
            yield f"caps: {cap.rule} is {min(most)}, above the {cap.most} that the law sets"


def _same(own: Cap, cap: Cap) -> bool:
    return (own.rule, own.scope, own.window, own.counts) == (cap.rule, cap.scope, cap.window, cap.counts)


UNBOUND: Final = Statute("00:00", "24:00", 1, 0, 0, ())
