"""What people do by hand for an alert, such as placing it on a website: one transition table, as data."""

from enum import StrEnum


class TaskState(StrEnum):
    """Where a task stands."""

    OFFERED = "offered"  # nobody asked for it, an officer may
    OPEN = "open"  # it is asked for
    PLACED = "placed"  # somebody says when it was done
    NOT_NEEDED = "not-needed"  # somebody says why it is not done


class Act(StrEnum):
    """What is to be done. It follows from what was placed before."""

    PLACE = "place"
    REPLACE = "replace"  # an earlier message of the same series stands there
    REMOVE = "remove"  # and this one withdraws it


TASK_TRANSITIONS: dict[TaskState, frozenset[TaskState]] = {
    TaskState.OFFERED: frozenset({TaskState.OPEN, TaskState.PLACED}),
    TaskState.OPEN: frozenset({TaskState.PLACED, TaskState.NOT_NEEDED}),
    # Who said that it is not needed may have been wrong.
    TaskState.NOT_NEEDED: frozenset({TaskState.OPEN, TaskState.PLACED}),
    TaskState.PLACED: frozenset(),
}
