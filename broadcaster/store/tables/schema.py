"""What the tables have in common."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Text

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
        "uq": "%(table_name)s_%(column_0_N_name)s_unique",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_index",
    }
)


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """The column holds one of these."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(v.value) for v in values)})", name=column)


def ref(name: str, target: str, *, nullable: bool = False) -> "Column[str]":
    """A column that refers to `target`."""
    return Column(name, Text, ForeignKey(target), nullable=nullable)
