"""Where a Genesys account lives: the region table and the three addresses it gives. Pure.

Host names are never made by joining a region code to a domain; they come from this table or from the configuration.
Source: reference/genesys.md, section 4.3; contract, sections 2 and 3.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

DOMAINS: Final[dict[str, str]] = {
    "us-east-1": "mypurecloud.com",
    "us-east-2": "use2.us-gov-pure.cloud",
    "us-west-2": "usw2.pure.cloud",
    "ca-central-1": "cac1.pure.cloud",
    "mx-central-1": "mxc1.pure.cloud",
    "sa-east-1": "sae1.pure.cloud",
    "eu-west-1": "mypurecloud.ie",
    "eu-west-2": "euw2.pure.cloud",
    "eu-central-1": "mypurecloud.de",
    "eu-central-2": "euc2.pure.cloud",
    "eusc-de-east-1": "edee1.eusc-pure.cloud",
    "me-central-1": "mec1.pure.cloud",
    "ap-south-1": "aps1.pure.cloud",
    "ap-northeast-1": "mypurecloud.jp",
    "ap-northeast-2": "apne2.pure.cloud",
    "ap-northeast-3": "apne3.pure.cloud",
    "ap-southeast-1": "apse1.pure.cloud",
    "ap-southeast-2": "mypurecloud.com.au",
}

_ORG_ID: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)  # one label of a host name
_ORG_DOMAIN: Final = "mypurecloud.com"  # the media profile's documents know this one only
_LONGEST_URL: Final = 2_048


class EndpointFault(ValueError):
    """An address that the configuration should not hold; the text says which and what is allowed."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The three addresses of one account, checked. No credentials in them, no query, no slash at the end."""

    login_url: str
    api_url: str
    stream_url: str

    @property
    def token_url(self) -> str:
        """Where client credentials become a token."""
        return f"{self.login_url}/oauth/token"

    @property
    def transcriptions_url(self) -> str:
        """Where the media profile activates a transcription."""
        return f"{self.api_url}/api/v2/media/transcriptions"


def resolve(
    *, region: str, login_url: str = "", api_url: str = "", stream_url: str = "", org_id: str = ""
) -> Endpoints:
    """The addresses of one account in the media profile.

    Args:
        region: a key of `DOMAINS`; picks what the URLs leave empty.
        login_url, api_url, stream_url: overrides, as configured; "" means none.
        org_id: where an API or stream URL is empty, its host is `{org_id}.mypurecloud.com`.
    Raises:
        EndpointFault: an unknown region, a bad organisation or an address that `endpoint_fault` objects to.
    """
    if region not in DOMAINS:
        raise EndpointFault(f"region {region[:40]!r} is not one of {', '.join(DOMAINS)}")
    if org_id and not _ORG_ID.fullmatch(org_id):
        raise EndpointFault(f"org_id {org_id[:80]!r} cannot be part of a host name")
    api_host = f"{org_id}.{_ORG_DOMAIN}" if org_id else f"api.{DOMAINS[region]}"
    login_url = login_url or f"https://login.{DOMAINS[region]}"
    api_url = api_url or f"https://{api_host}"
    stream_url = stream_url or f"wss://{api_host}/api/v2/websocket"
    for key, url, scheme in (
        ("login_url", login_url, "http"),
        ("api_url", api_url, "http"),
        ("stream_url", stream_url, "ws"),
    ):
        fault = endpoint_fault(url, scheme=scheme)
        if fault is not None:
            raise EndpointFault(f"{key} {fault}")
    return Endpoints(login_url=login_url.rstrip("/"), api_url=api_url.rstrip("/"), stream_url=stream_url)


def endpoint_fault(url: str, *, scheme: str) -> str | None:
    """What is wrong with an address of upstream, or None where nothing is.

    Args:
        url: as configured. It is never quoted in the answer: it might hold a password.
        scheme: "http" or "ws". The secure form is always allowed; the plain one only to this machine, since
            everything that goes there carries a token or a conversation.
    """
    if len(url) > _LONGEST_URL or any(character <= " " or character == "\x7f" for character in url):
        return f"holds white space or a control character, or is longer than {_LONGEST_URL} characters"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # the port is read because reading checks it
        (host or "").encode("idna")  # what a name goes through before it is looked up
    except ValueError:
        return "is not a URL"
    faults = (
        (parts.scheme not in (scheme, f"{scheme}s") or not host, f"must start with {scheme}s:// and name a host"),
        (parts.username is not None or parts.password is not None, "must not hold a user name or a password"),
        (bool(parts.query or parts.fragment), "must not hold a query or a fragment"),
        (
            parts.scheme == scheme and not is_loopback(host or ""),
            f"must start with {scheme}s:// ({scheme}:// is allowed to this machine only)",
        ),
    )
    return next((words for wrong, words in faults if wrong), None)


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine by its name alone: `localhost` or a loopback address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
