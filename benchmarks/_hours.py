"""The clock of a benchmark stands in the hours of the bank, whatever hour it is here."""

from arrears import clock
from arrears.cli.office_hours import seconds_until_open
from arrears.policy.calendar import Calendar


def keep_office_hours(calendar: Calendar) -> int:
    """Seconds that doors and cases are ahead: else the guard would refuse what a debtor said on the phone at night."""
    ahead = seconds_until_open(int(clock.machine_now().timestamp()), calendar)
    clock.hang_ahead(ahead)
    return ahead
