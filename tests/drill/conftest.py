from tests.furnished import conn, database, engine, house, owner, standing

__all__ = ["conn", "database", "engine", "house", "owner", "standing"]
