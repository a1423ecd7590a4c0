"""What keeps a command from doing what was asked."""


class Problem(Exception):
    """Its text is meant for people: it names the place and the way out. The command ends with it."""
