"""What activities count, among the figures that the SDK shows of its worker (`ARREARS_WORKER_METRICS`)."""

from temporalio import activity


def guard_refused(rule: str) -> None:
    """The same figure that the web process counts for people at their desks."""
    _count("arrears_contacts_refused", "Contacts that the guard did not let begin, by rule.", rule=rule)


def delivery_failed(why: str) -> None:
    _count("arrears_deliveries_failed", "Notices that did not go, or may not have gone, by reason.", why=why)


def _count(name: str, says: str, **labels: str) -> None:
    activity.metric_meter().create_counter(name, says).add(1, labels)
