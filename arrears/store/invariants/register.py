"""All of them: 28 sentences, by what they are about."""

from typing import Final

from arrears.store.invariants.conduct import CONDUCT
from arrears.store.invariants.delivery import DELIVERY
from arrears.store.invariants.engine import ENGINE
from arrears.store.invariants.money import MONEY
from arrears.store.invariants.trust import TRUST
from arrears.store.invariants.work import WORK

ALL: Final = (*DELIVERY, *WORK, *CONDUCT, *MONEY, *TRUST, *ENGINE)
