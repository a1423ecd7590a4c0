"""A key in an address would stand in every report."""

import pytest

from harness.plan.address import refuse_user_info, without_user_info


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
