"""Lets a signed-in person through whose roles have the permission of the page."""

from api.auth.permissions import Permission, may_ever
from api.auth.person import Person
from api.desk.errors import NotAllowed
from api.errors import NotSignedIn
from web.visitor import Anyone


class Permitted:
    """`Depends(Permitted(permission))`; the reception knows the person, the seal has checked the form."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, visitor: Anyone) -> Person:
        if visitor.person is None:
            raise NotSignedIn
        if not may_ever(visitor.person, self.permission):
            raise NotAllowed
        return visitor.person
