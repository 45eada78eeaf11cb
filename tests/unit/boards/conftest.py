from tests.mint import mint

__all__ = ["mint"]
