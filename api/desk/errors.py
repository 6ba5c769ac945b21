"""Why the desk says no, in words a reader knows; doors turn each into their own answer."""

from datetime import datetime

from arrears.policy.tasks import Missing


class DeskError(Exception):
    """`status` is the HTTP status of the answer, `message_id` the words of it."""

    status = 409
    message_id = "desk_error"


class NotFound(DeskError):
    """No such thing, or not for this person: the answer does not tell which."""

    status = 404
    message_id = "not_found"


class NotAllowed(DeskError):
    """The person's roles do not give this, whatever the object is."""

    status = 403
    message_id = "not_allowed"


class SecondPersonNeeded(DeskError):
    """Four eyes: this person proposed, approved or worked the case."""

    status = 403
    message_id = "second_person_needed"


class ProofNeeded(DeskError):
    """An approval, and the password was last given too long ago, or by no person at all."""

    status = 403
    message_id = "proof_needed"


class NotCertified(DeskError):
    """Without a certificate that holds nobody works with debtors, and nobody can allow it (C19)."""

    status = 403
    message_id = "not_certified"


class TaskFree(DeskError):
    """Nobody holds the task: it is taken before it is worked."""

    message_id = "task_not_taken"


class TaskTaken(DeskError):
    """Somebody else holds the task."""

    message_id = "task_taken"

    def __init__(self, by: str, since: datetime | None) -> None:
        super().__init__(self.message_id)
        self.by, self.since = by, since


class TaskGone(DeskError):
    """The task is no longer open; `how` is done or cancelled, with the outcome or the reason."""

    message_id = "task_gone"

    def __init__(self, how: str, *, by: str | None, at: datetime | None, why: str | None) -> None:
        super().__init__(self.message_id)
        self.how, self.by, self.at, self.why = how, by, at, why


class AlreadyAnswered(DeskError):
    """Somebody answered this task a moment ago; the first answer stands, this one was kept as a remark."""

    message_id = "already_answered"

    def __init__(self, by: str, at: datetime) -> None:
        super().__init__(self.message_id)
        self.by, self.at = by, at


class TooLate(DeskError):
    """The answer is on its way to its case, or was heard already."""

    message_id = "already_on_its_way"


class StaleForm(DeskError):
    """The facts changed while the person was writing; nothing was decided."""

    message_id = "facts_changed"

    def __init__(self, facts_no: int) -> None:
        super().__init__(self.message_id)
        self.facts_no = facts_no


class CaseClosed(DeskError):
    message_id = "case_closed"


class Invalid(DeskError):
    """What was entered cannot be taken as it is."""

    status = 422
    message_id = "invalid"

    def __init__(self, missing: list[Missing]) -> None:
        super().__init__(", ".join(f"{lack.field}: {lack.why}" for lack in missing))
        self.missing = missing


class EvidenceLacking(Invalid):
    """Documents the pack asks for are missing or too old: no claim goes to the court. `items` of the checklist."""

    def __init__(self, items: tuple[str, ...]) -> None:
        super().__init__([Missing("outcome", "evidence_lacking")])
        self.items = items


class LetterUnread(DeskError):
    """A letter is released by whoever has read it; `changed` when another one than that would go out by now."""

    message_id = "letter_unread"

    def __init__(self, *, changed: bool = False) -> None:
        super().__init__(self.message_id)
        self.changed = changed


class LetterStopped(DeskError):
    """No letter can be made of the figures and names there are; `why` is a code."""

    message_id = "letter_stopped"

    def __init__(self, why: str) -> None:
        super().__init__(self.message_id)
        self.why = why


class PaymentConflict(DeskError):
    """This payment id is known with other content; the first one stands."""

    message_id = "payment_differs"


class WebhookReused(DeskError):
    """This event id was heard with another body; the first one stands, and somebody is told."""

    message_id = "event_differs"


class SurplusUnseen(DeskError):
    """More than is owed: whoever types it is asked first. Minor units; without a case all of it is left over."""

    status = 409
    message_id = "surplus_unseen"

    def __init__(self, *, owed: int, surplus: int, has_case: bool) -> None:
        super().__init__(self.message_id)
        self.owed, self.surplus, self.has_case = owed, surplus, has_case


class CannotTake(DeskError):
    """A task cannot be given to this person; `by` is who stands in the way, when somebody does."""

    def __init__(self, message_id: str, by: str = "") -> None:
        self.message_id = message_id
        super().__init__(message_id)
        self.by = by


class NotReversible(DeskError):
    """The payment was taken back already, or no case ever took it."""

    message_id = "payment_not_reversible"


class NotProvisional(DeskError):
    """The payment cannot become final: it is already, or it was taken back."""

    message_id = "payment_not_provisional"


class DeliveryConflict(DeskError):
    """The notice was reported like this before, with another time or number; the first report stands."""

    message_id = "delivery_differs"


class PlanStands(DeskError):
    """A repayment plan of the case runs, or was signed a moment ago."""

    message_id = "plan_stands"


class HoldStands(DeskError):
    """A hold of this kind stands already, or is on its way."""

    message_id = "hold_stands"


class HoldOver(DeskError):
    """This hold is over already."""

    message_id = "hold_not_open"


class ContactRefused(DeskError):
    """The guard says not before `at`, because of `rule`; without an instant no time opens it."""

    message_id = "contact_not_now"
    at: datetime | None = None
    rule: str = ""

    def __init__(self, at: datetime | None, rule: str) -> None:
        self.message_id = "contact_not_now" if at is not None else "contact_never"
        super().__init__(f"{self.message_id}: {rule}")
        self.at, self.rule = at, rule


class ContactConflict(DeskError):
    """This contact is another one's, or was answered otherwise already; the first word stands."""

    message_id = "contact_differs"


class ContactUnderWay(DeskError):
    """Another contact of this task was started by this person and its result is not told yet."""

    message_id = "contact_under_way"


class RevealQuota(DeskError):
    """This person has seen masked data in full as often as one may on one day (P11)."""

    status = 429
    message_id = "reveal_quota"

    def __init__(self, most: int) -> None:
        super().__init__(self.message_id)
        self.most = most


class ExportQuota(DeskError):
    """This person has carried as many lists away as one may on one day."""

    status = 429
    message_id = "export_quota"


class CannotSkipNow(DeskError):
    """The case has no deadline, or does not come to rest."""

    message_id = "cannot_skip"
