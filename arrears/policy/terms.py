"""The numbers of a policy pack, as a case carries them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Terms:
    """Days are calendar days unless the name says bank days; money is minor units of `currency`."""

    pack: str
    currency: str
    floor_minor: int
    # stages (rule book T1-T7)
    formal_dpd: int
    initial_min_days: int
    legal_review_dpd: int
    legal_dpd: int
    cure_days: int
    arrival_days: int
    # people (T8, T16, T18)
    repropose_escalation_days: int
    repropose_notice_days: int
    repropose_legal_days: int
    idle_days: int
    manager_above_minor: int
    sla_bank_days: dict[str, int] = field(default_factory=dict)
    follow_up_days: dict[str, int] = field(default_factory=dict)
    # contact (C01)
    window_from: str = "08:00"
    window_to: str = "22:00"
    # closing
    reopen_days: int = 7
