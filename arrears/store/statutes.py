"""The statutes that ship with the product, by the zone of a bank's calendar."""

import tomllib
from functools import cache
from importlib.resources import files

from arrears.policy.caps import Cap, Scope, Window
from arrears.policy.codes import Counts
from arrears.policy.statute import UNBOUND, Statute


def of(zone: str) -> Statute:
    """What binds a bank in this zone; a zone without a statute of ours binds to nothing."""
    return _all().get(zone, UNBOUND)


@cache
def _all() -> dict[str, Statute]:
    found: dict[str, Statute] = {}
    for file in (files("arrears.policy") / "packs").iterdir():
        if file.name.startswith("statute-"):
            said = tomllib.loads(file.read_text(encoding="utf-8"))
            caps = tuple(
                Cap(
                    cap["rule"],
                    Scope(cap["scope"]),
                    Window(cap["window"]),
                    Counts(cap["counts"]),
                    cap["most"],
                )
                for cap in said["caps"]
            )
            statute = Statute(
                said["window_from"],
                said["window_to"],
                said["visit_staff"],
                said["recording_days"],
                said["plan_periods"],
                caps,
            )
            found |= dict.fromkeys(said["zones"], statute)
    return found
