from tests.furnished import conn, database, engine, house, owner, standing
from tests.mint import mint

__all__ = ["conn", "database", "engine", "house", "mint", "owner", "standing"]
