from tests import lives
def test_x(conn, house):
    a = lives.expanded(conn, house)
    assert a.stage == "approved"
    from broadcaster.store import deliveries
    print(deliveries.counts(conn, a.id))
