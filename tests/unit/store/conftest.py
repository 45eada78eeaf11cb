from tests.furnished import conn, database, engine, house, owner

__all__ = ["conn", "database", "engine", "house", "owner"]
