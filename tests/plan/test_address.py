"""A key in an address would stand in every report."""

import pytest

from harness.plan.address import must_be_url, refuse_user_info, without_user_info


@pytest.mark.parametrize(
    "url",
    ["http://me:pw@here", "https://me@here/x", "http://:pw@here:80", "http://a@b@here", "http://@here?x"],
)
def test_user_info_is_refused_and_not_repeated(url: str):
    with pytest.raises(ValueError) as refused:
        refuse_user_info("hops.app", url)
    assert str(refused.value) == (
        "hops.app holds a user name or password, and addresses are written into reports; take it out, and "
        "name the environment variable that holds the key in target.api_key_env"
    )


@pytest.mark.parametrize(
    "url", ["http://here", "http://here/@me", "http://here?to=a@b", "http://here#@", "/@"]
)
def test_an_at_sign_elsewhere_is_no_secret(url: str):
    refuse_user_info("url", url)
    assert without_user_info(url) == url


def test_an_address_is_shown_without_it():
    assert without_user_info("http://me:pw@here:80/a@b") == "http://here:80/a@b"


@pytest.mark.parametrize(
    "url", ["http://here", "https://here:8080/v1", "http://[::1]:80", "http://here:65535"]
)
def test_an_address_that_can_be_spoken_to(url: str):
    must_be_url("url", url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("here:8080", "url must begin with http:// or https://"),
        ("ftp://here", "url must begin with http:// or https://"),
        ("http://", "url: http:// names no host"),
        ("http://:80", "url: http://:80 names no host"),
        ("http://here:99999", "url: http://here:99999 is no address: Port out of range 0-65535"),
        ("http://here:port", "url: http://here:port is no address: Port could not be cast to integer"),
        ("http://me:pw@here:99999", "url holds a user name or password"),
    ],
)  # fmt: skip
def test_one_that_cannot_is_told(url: str, message: str):
    with pytest.raises(ValueError) as refused:
        must_be_url("url", url)
    assert str(refused.value).startswith(message)
    assert "pw" not in str(refused.value)
