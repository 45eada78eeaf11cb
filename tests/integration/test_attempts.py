"""The figures of an alert, on both engines."""

from pathlib import Path

from broadcaster.clock import SystemClock
from broadcaster.ids import new_id
from broadcaster.store import attempts
from broadcaster.store.opening import open_database


def test_an_alert_that_went_nowhere_has_no_figures_and_no_ledger(store_url):
    database = open_database(store_url, home=Path("/"))
    nothing = new_id(SystemClock().now())
    with database.reading() as conn:
        assert attempts.figures(conn, nothing) == {}
        assert attempts.ledger(conn, nothing) == []
    database.close()
