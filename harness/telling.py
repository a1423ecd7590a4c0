"""How a command speaks while it works: lines, and a picture of the run that goes on."""

from types import TracebackType
from typing import NoReturn, Protocol

from rich.console import Console, RenderableType
from rich.live import Live as Panel

from reports.progress import LINE_EVERY_S, Live, Minute, dashboard, line


class Say(Protocol):
    """Text as it is: no markup, no colours of ours; lines are cut to the terminal only with `wrap`."""

    def __call__(self, what: RenderableType, /, wrap: bool = False) -> None: ...


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """rich would leave with 1, as if a check had failed; the command decides what it means."""
        raise BrokenPipeError


class Teller:
    """A panel redrawn in place on a terminal, a line every few seconds elsewhere."""

    def __init__(self) -> None:
        self._console = _Console()
        terminal = self._console.is_terminal
        self._panel = Panel(console=self._console, transient=True) if terminal else None
        self._next_line_s = 0.0
        self._minute = Minute()

    def __enter__(self) -> "Teller":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._panel is not None:
            self._panel.stop()

    def say(self, what: RenderableType, /, wrap: bool = False) -> None:
        # not cropped: a line that must not be folded is longer than a narrow terminal
        self._console.print(what, soft_wrap=not wrap, crop=False, highlight=False, markup=False, emoji=False)

    def show(self, live: Live) -> None:
        self._minute.add(live)
        if self._panel is not None:
            self._panel.start()  # once; not before, as its thread would disturb what has no use for it
            self._panel.update(dashboard(live, self._minute))
        elif live.elapsed_s >= self._next_line_s:
            self._next_line_s = live.elapsed_s + LINE_EVERY_S
            self.say(line(live))
