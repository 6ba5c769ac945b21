"""Comments and whom they name, on both databases."""

from datetime import UTC, datetime, timedelta

from arrears.store import comments, packs
from arrears.store.session import Store
from tests.builders import CaseRoom

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_a_mention_waits_until_it_is_seen(store: Store) -> None:
    room = CaseRoom(store, packs.load("cn-bank-2026").rules)
    room.staff()
    case_id = room.a_case()
    with store.transaction() as connection:
        for n, named in enumerate(({"s-lead", "s-colleague"}, set(), {"s-lead"})):
            at = NOW + timedelta(minutes=n)
            comments.put(
                connection, f"c{n}", case_id, author="s-collector", words=f"第{n}条", named=named, at=at
            )
    with store.reading() as connection:
        told = comments.of_case(connection, case_id, "s-lead")
        assert [(one.words, one.is_new) for one in told] == [
            ("第2条", True),
            ("第1条", False),
            ("第0条", True),
        ]
        assert "第2条" not in repr(told)
        assert [one.at for one in comments.unseen(connection, "s-lead")] == [NOW + timedelta(minutes=2), NOW]
        assert comments.unseen(connection, "s-collector") == ()
    with store.transaction() as connection:
        comments.see(connection, case_id, "s-lead", at=NOW)
    with store.reading() as connection:
        assert comments.unseen(connection, "s-lead") == ()
        assert len(comments.unseen(connection, "s-colleague")) == 1
        assert not any(one.is_new for one in comments.of_case(connection, case_id, "s-lead"))
