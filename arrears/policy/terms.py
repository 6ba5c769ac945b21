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
    arrival_days: int = 0  # of earlier packs: an arrival was assumed so long after sending
    # What came later has a default that leaves it out: a case keeps the terms its stage was entered under.
    attempts_needed: int = 0  # T3: documented attempts before escalation is proposed
    attempt_days: int = 0  # ... on so many different days
    step_back_days: int = 0  # 4.6-6: so long below the threshold before FORMAL becomes INITIAL again
    former_stage_days: int = 0  # T17: so long after a cure a new episode starts one stage below the last
    silence_days: int = 0  # after sending: nobody reported an arrival, somebody asks the carrier
    promise_days: int = 0  # T14: how far ahead a promise may lie, before the formal threshold
    promise_days_late: int = 0  # ... and after it
    promise_percent: int = 100  # of the amount: from here it counts as kept
    promises_broken: int = 0  # in one stage: then escalation is proposed
    limitation_years: int = 0  # L01; 0: no evidence is kept of what interrupts it
    lost_numbers: int = 0  # C07: in a row, on which the debtor is not to be had
    lost_days: int = 0  # ... on so many different days
    technical_bank_days: int = (
        0  # after the bank's own fault took a payment back, before the promise is judged
    )
    hold_blocks: dict[str, tuple[str, ...]] = field(default_factory=dict)  # 4.2; a kind not named blocks all
    hold_days: dict[str, int] = field(default_factory=dict)  # then a person is asked; 0 or not named: never
    hold_bank_days: dict[str, int] = field(default_factory=dict)  # the same, in bank days
    complaint_days: tuple[int, ...] = ()  # K1: an extension of the reply takes the next of these
    resume_bank_days: int = 3  # at least, before a clock that presses on the debtor rings after a hold
    sla_percent: tuple[
        int, ...
    ] = ()  # T16: share of the time after which a task is reminded of, freed, reported
    burden: tuple[str, ...] = ()  # W2: products, the heaviest debt first
    end_of_day: bool = False  # the core bank says when a day's money is all here
    refund_bank_days: int = 0  # 4.7: until what was paid too much is given back
    plan_max_periods: int = 0  # 1.3: monthly instalments of a plan; 0: this pack knows no plans
    plan_officer_periods: int = 0  # 4.4: up to here an officer alone
    plan_manager_periods: int = 0  # ... and up to here with a manager; beyond, with two
    plan_most_yearly_bp: int = 0  # I04: interest of a plan, basis points of a year
    plan_risk_bank_days: int = 0  # T15: after an instalment was due and not paid, it is at risk
    plan_breach_days: int = 0  # ... and after so many days an officer is asked whether it is broken
    plan_missed: int = 0  # ... or with so many instalments missed
    plan_cure_days: int = 0  # 4.7: time to catch up, or to agree anew
    stage_days: dict[str, int] = field(
        default_factory=dict
    )  # T7: a stage between approval and court; 0: none
    court_evidence: tuple[str, ...] = ()  # 4.9: items without which no advisor sends a claim to the court
    statement_days: int = 0  # ... so long a statement of account may be used; 0: for ever
    claim_days_ahead: int = 0  # 1.8: so far ahead a claim may be stated
