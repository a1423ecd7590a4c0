"""What must not stand in an address: it is printed, and written into every report."""

import re

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
