"""Telling the municipality something, exactly once: the id is made in the form, so a double tap tells it once."""

from broadcaster.ids import is_id, new_id
from broadcaster.model.board import Mode
from broadcaster.model.report import Heard, Opening, Report, Showing, Urgent
from broadcaster.relay.host.notebook import Notebook
from broadcaster.relay.host.own import Own

Said = Opening | Heard | Urgent | Showing
_MEMBERS: dict[type[Said], str] = {Opening: "opening", Heard: "heard", Urgent: "urgent", Showing: "showing"}


class Teller:
    """Puts what the host says in the relay's outbox, and in the notebook."""

    def __init__(self, own: Own, notebook: Notebook) -> None:
        self._own, self._notebook = own, notebook

    def tell(self, form_id: str, mode: Mode, said: Said) -> bool:
        """False when the same form told the same before. OSError when nothing can be kept."""
        earlier = self._notebook.find(form_id)
        if earlier is not None and _said_in(earlier) == said and earlier.mode is mode:
            return False
        report = self._report(form_id if earlier is None else "", mode, said)
        self._own.put(report)
        self._notebook.add(report)
        return True

    def _report(self, form_id: str, mode: Mode, said: Said) -> Report:
        now = self._own.clock.now()
        # Who goes back in the browser and writes something else has a form with an id that is used already.
        return Report(
            id=form_id if is_id(form_id) else new_id(now),
            point=self._own.point,
            mode=mode,
            at=now,
            clock_known=self._own.clock_known,
            **{_MEMBERS[type(said)]: said},
        )


def _said_in(report: Report) -> Said | None:
    return report.opening or report.heard or report.urgent or report.showing
