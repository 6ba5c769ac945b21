"""The filters beside the list: what one may name, and what is named now."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from arrears.policy.tasks import WORK, Role
from arrears.store.views import NOBODY, Either, Narrowed
from web import words
from web.language import gettext as _
from web.language import pgettext
from web.listing import WITHOUT, Listing
from web.words import Words, called


@dataclass(frozen=True)
class Mesh:
    """One thing that may be wanted alone, or not at all."""

    code: str
    name: str
    only: bool
    without: bool


@dataclass(frozen=True)
class Sieve:
    code: str
    name: str
    meshes: tuple[Mesh, ...]

    @property
    def without(self) -> str:
        return WITHOUT + self.code


@dataclass(frozen=True)
class Sieves:
    """`kept` are the parts of the address that the form does not name itself."""

    all: tuple[Sieve, ...]
    kept: tuple[tuple[str, str], ...]
    named: int
    clear_href: str


def sieves(listing: Listing, roles: Iterable[str], people: Iterable[tuple[str, str]]) -> Sieves:
    narrowed = listing.narrowed
    kinds = [kind for kind, work in WORK.items() if work.role in roles or _is_managers(kind, roles)]
    made = [
        _sieve("stage", pgettext("sieve", "Stage"), words.STAGES, narrowed.stage, but=("closed",)),
        _sieve("kind", pgettext("sieve", "Task"), {kind: words.TASKS[kind] for kind in kinds}, narrowed.kind),
        _sieve("band", pgettext("sieve", "Overdue amount"), words.BANDS, narrowed.band),
        _sieve("product", pgettext("sieve", "Product"), words.PRODUCTS, narrowed.product),
        _sieve("debtor", pgettext("sieve", "Debtor"), words.DEBTORS, narrowed.debtor),
    ]
    holders = tuple(_mesh(staff_id, name, narrowed.holder) for staff_id, name in people)
    if holders:
        holders = (_mesh(NOBODY, _("Nobody"), narrowed.holder), *holders)
        made.append(Sieve("holder", pgettext("sieve", "In whose hands"), holders))
    bare = replace(listing.first_page, narrowed=Narrowed())
    return Sieves(
        tuple(made),
        tuple(bare.asked()),
        sum(1 for _ in listing.filters()),
        replace(bare, search=listing.search).href,
    )


def _is_managers(kind: str, roles: Iterable[str]) -> bool:
    """A large amount takes a manager's second approval instead of an advisor's."""
    return kind == "second_approval" and Role.MANAGER.value in roles


def _sieve(code: str, name: str, terms: Words, either: Either, *, but: tuple[str, ...] = ()) -> Sieve:
    return Sieve(code, name, tuple(_mesh(one, called(terms, one), either) for one in terms if one not in but))


def _mesh(code: str, name: str, either: Either) -> Mesh:
    return Mesh(code, name, code in either.only, code in either.without)
