"""What can go wrong with a network proxy's control API, one type an answer."""

from harness.problem import Problem


class ControlError(Problem):
    """Any failure to read or change the network; its text names the call and the server's words."""


class Invalid(ControlError):
    """A value the server would refuse (400), or one that we refuse to send because it would harm it."""


class Forbidden(ControlError):
    """403: the server takes us for a browser."""


class NotFound(ControlError):
    """404: no such proxy or toxic."""


class Unsupported(ControlError):
    """405: this server does not know the call; PATCH came with Toxiproxy 2.6."""


class Conflict(ControlError):
    """409: the name is taken."""


class ServerError(ControlError):
    """500, in the operating system's words: most often a port that is taken."""


class Stuck(ControlError):
    """503 or no answer in time: the proxy named is jammed and must be left alone from now on."""


class Quarantined(ControlError):
    """Refused by us: an earlier call got stuck, and touching the proxy again may hang the whole API."""


class Gone(ControlError):
    """Nobody listens at the API's address: the proxy process has died, or was never there."""


BY_STATUS: dict[int, type[ControlError]] = {
    400: Invalid,
    403: Forbidden,
    404: NotFound,
    405: Unsupported,
    409: Conflict,
    503: Stuck,
}
