"""What an address must be, and what must not stand in it: it is printed, and written into every report."""

import re
from urllib.parse import urlsplit

_KEY = "name the environment variable that holds the key in target.api_key_env"
_USER_INFO = re.compile(r"(?<=://)[^/?#]*@")  # RFC 3986, section 3.2.1


def refuse_user_info(name: str, url: str, instead: str = _KEY) -> None:
    """Raises ValueError where `url`, called `name`, holds a user name or password; it does not repeat them.

    `instead` is the way out.
    """
    if _USER_INFO.search(url):
        raise ValueError(
            f"{name} holds a user name or password, and addresses are written into reports; "
            f"take it out, and {instead}"
        )


def without_user_info(url: str) -> str:
    """`url` as it may be shown."""
    return _USER_INFO.sub("", url)


def must_be_url(name: str, url: str) -> None:
    """Raises ValueError where `url`, called `name`, is no address that HTTP can be spoken to."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{name} must begin with http:// or https://")
    refuse_user_info(name, url)
    try:
        parts = urlsplit(url)
        _ = parts.port  # looked at only when it is asked for
    except ValueError as error:
        raise ValueError(f"{name}: {url} is no address: {error}") from None
    if not parts.hostname:
        raise ValueError(f"{name}: {url} names no host")
