"""Who may do what to which object: one table, asked by every route."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from api.auth.person import Person
from arrears.policy.tasks import Role


class Permission(StrEnum):
    BE_SIGNED_IN = "be_signed_in"  # one's own sessions, language, way out
    READ_API = "read_api"  # the description of the JSON API
    READ_CASE = "read_case"
    COMMENT = "comment"  # talk to colleagues about a case
    SEE_NAME = "see_name"  # the borrower's full name; everybody else sees its first character
    READ_TASK = "read_task"
    CLAIM_TASK = "claim_task"
    RELEASE_TASK = "release_task"
    DECIDE_TASK = "decide_task"
    ASSIGN_TASK = "assign_task"  # give work to others; whose, the desk says
    EXPORT_LIST = "export_list"  # carry a list away as a file
    READ_MESSAGE = "read_message"
    CONTACT = "contact"  # call, write to or visit a debtor: people, and dialers with an account of their own
    HEAR = "hear"  # a debtor, or somebody else, called, wrote or came to the bank
    REVEAL = "reveal"  # see masked data in full, for a purpose (P11)
    READ_REVEALS = "read_reveals"  # who saw what, and why
    POST_PAYMENT = "post_payment"
    CLOSE_DAY = "close_day"
    REPORT_DELIVERY = "report_delivery"  # a carrier's or printer's word on a notice
    SIGN_PLAN = "sign_plan"  # a debtor agreed to a repayment plan
    READ_INCIDENT = "read_incident"
    CLOSE_INCIDENT = "close_incident"
    INSPECT_ENGINE = "inspect_engine"  # the link into the Temporal UI
    SKIP_TIME = "skip_time"
    SEE_STAFF = "see_staff"  # who works here, as what, and who is away
    MANAGE_STAFF = "manage_staff"  # invite, give and take roles, let go
    PLAN_ABSENCE = "plan_absence"  # who is away, and who stands in
    END_SESSIONS = "end_sessions"  # of other people
    READ_PACK = "read_pack"  # which rules hold, and which are proposed
    PUBLISH_PACK = "publish_pack"  # one of its two keys
    PLACE_HOLD = "place_hold"
    END_HOLD = "end_hold"  # which kinds, the desk of holds says
    FREEZE = "freeze"  # stop all work of the bank
    THAW = "thaw"
    SEE_FREEZE = "see_freeze"
    CHANGE_CONSENT = "change_consent"
    CERTIFY_STAFF = "certify_staff"  # trained and tested (C19)
    READ_APPROVAL = "read_approval"  # the claims before advisors, each with its evidence
    READ_EXHIBIT = "read_exhibit"  # a document for the court, which names the debtor in full
    FILE_EXHIBIT = "file_exhibit"  # hand one in, or take back what it was named for


class Relation(StrEnum):
    """How a person stands to an object."""

    ANY = "any"  # whatever the object is, or there is none
    OF_ROLE = "of_role"  # the task is for one of the person's roles
    FIT = "fit"  # and four eyes do not bar the person from it
    OWN = "own"  # the person holds the task, holds a task of the case, or said the message


ANY: Final = frozenset({Relation.ANY})
OF_ROLE: Final = frozenset({Relation.OF_ROLE, Relation.OWN})
FIT: Final = frozenset({Relation.FIT})
OWN: Final = frozenset({Relation.OWN})

WORKERS: Final = (
    Role.COLLECTOR,
    Role.TEAM_LEAD,
    Role.LEGAL_ADVISOR,
    Role.PLAN_OFFICER,
    Role.CASE_DESK,
    Role.OPS,
    Role.MANAGER,
)
READERS: Final = (*WORKERS, Role.COMPLIANCE, Role.OPERATOR)
OVERSEERS: Final = (Role.TEAM_LEAD, Role.MANAGER, Role.COMPLIANCE, Role.OPERATOR)

Grants = dict[Role, frozenset[Relation]]


def _to(roles: Collection[Role], relations: frozenset[Relation]) -> Grants:
    return dict.fromkeys(roles, relations)


GRANTS: Final[dict[Permission, Grants]] = {
    Permission.BE_SIGNED_IN: _to(tuple(Role), ANY),
    Permission.READ_API: _to(tuple(Role), ANY),
    Permission.READ_CASE: _to(READERS, ANY),
    Permission.COMMENT: _to(WORKERS, ANY),
    Permission.SEE_NAME: _to(WORKERS, OWN),
    Permission.READ_TASK: _to(WORKERS, OF_ROLE) | _to(OVERSEERS, ANY),
    Permission.CLAIM_TASK: _to(WORKERS, FIT),
    Permission.RELEASE_TASK: _to(WORKERS, OWN),
    Permission.DECIDE_TASK: _to(WORKERS, FIT),
    Permission.ASSIGN_TASK: _to((Role.TEAM_LEAD, Role.MANAGER), ANY),
    Permission.EXPORT_LIST: _to((Role.TEAM_LEAD, Role.MANAGER), ANY),
    Permission.READ_MESSAGE: _to(WORKERS, OWN) | _to((*OVERSEERS, Role.OPS), ANY),
    Permission.CONTACT: _to((Role.COLLECTOR, Role.PLAN_OFFICER, Role.CASE_DESK), ANY),
    Permission.HEAR: _to((Role.COLLECTOR, Role.TEAM_LEAD, Role.PLAN_OFFICER, Role.CASE_DESK), ANY),
    Permission.REVEAL: _to(WORKERS, OWN) | _to((Role.TEAM_LEAD, Role.CASE_DESK, Role.COMPLIANCE), ANY),
    Permission.READ_REVEALS: _to((Role.COMPLIANCE,), ANY),
    Permission.POST_PAYMENT: _to((Role.OPS,), ANY),
    Permission.CLOSE_DAY: _to((Role.OPS,), ANY),
    Permission.REPORT_DELIVERY: _to((Role.OPS, Role.CASE_DESK), ANY),
    Permission.SIGN_PLAN: _to((Role.PLAN_OFFICER,), ANY),
    Permission.READ_INCIDENT: _to((Role.OPS, Role.OPERATOR, Role.COMPLIANCE), ANY),
    Permission.CLOSE_INCIDENT: _to((Role.OPS, Role.OPERATOR), ANY),
    Permission.INSPECT_ENGINE: _to((Role.OPERATOR, Role.OPS, Role.TEAM_LEAD, Role.COMPLIANCE), ANY),
    Permission.SKIP_TIME: _to((Role.OPERATOR,), ANY),
    Permission.SEE_STAFF: _to((Role.TEAM_LEAD, Role.OPS, Role.MANAGER, Role.COMPLIANCE, Role.ADMIN), ANY),
    Permission.MANAGE_STAFF: _to((Role.ADMIN,), ANY),
    Permission.PLAN_ABSENCE: _to((Role.TEAM_LEAD, Role.MANAGER, Role.ADMIN), ANY),
    Permission.END_SESSIONS: _to((Role.OPS, Role.MANAGER, Role.ADMIN), ANY),
    Permission.READ_PACK: _to((Role.COMPLIANCE, Role.MANAGER, Role.OPERATOR), ANY),
    Permission.PUBLISH_PACK: _to((Role.COMPLIANCE, Role.MANAGER), ANY),
    Permission.PLACE_HOLD: _to((Role.TEAM_LEAD, Role.PLAN_OFFICER, Role.CASE_DESK, Role.MANAGER), ANY),
    Permission.END_HOLD: _to((Role.PLAN_OFFICER, Role.CASE_DESK), ANY),
    Permission.FREEZE: _to((Role.MANAGER,), ANY),
    Permission.THAW: _to((Role.TEAM_LEAD,), ANY),
    Permission.SEE_FREEZE: _to((Role.TEAM_LEAD, Role.MANAGER, Role.COMPLIANCE, Role.OPERATOR), ANY),
    Permission.CHANGE_CONSENT: _to((Role.COLLECTOR, Role.PLAN_OFFICER, Role.CASE_DESK), ANY),
    Permission.READ_APPROVAL: _to((Role.LEGAL_ADVISOR, Role.MANAGER, Role.COMPLIANCE), ANY),
    Permission.READ_EXHIBIT: _to((Role.LEGAL_ADVISOR, Role.MANAGER, Role.COMPLIANCE), ANY),
    Permission.FILE_EXHIBIT: _to((Role.LEGAL_ADVISOR, Role.MANAGER), ANY),
    Permission.CERTIFY_STAFF: _to((Role.ADMIN, Role.TEAM_LEAD, Role.MANAGER), ANY),
}


def may(person: Person, permission: Permission, relations: Collection[Relation] = ()) -> bool:
    """Whether one of the person's roles has the permission for an object the person stands so to."""
    wanted = {Relation.ANY, *relations}
    grants = GRANTS[permission]
    return any(grants.get(role, frozenset()) & wanted for role in person.roles)


def may_ever(person: Person, permission: Permission) -> bool:
    """Whether some object could exist on which the person has the permission: what a menu asks."""
    return any(role in GRANTS[permission] for role in person.roles)


def task_relations(
    person: Person, *, role: str, assignee: str | None, barred: Collection[str] = ()
) -> frozenset[Relation]:
    """How the person stands to a task row: each kind of task is the work of one role (4.7)."""
    relations = set()
    if assignee == person.staff_id:
        relations.add(Relation.OWN)
    if role in person.roles:
        relations.add(Relation.OF_ROLE)
        if person.staff_id not in barred:
            relations.add(Relation.FIT)
    return frozenset(relations)


def own_relation(person: Person, *, owner: str | None) -> frozenset[Relation]:
    """How the person stands to a thing one person made or holds."""
    return OWN if owner == person.staff_id else frozenset()
