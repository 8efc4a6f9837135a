"""Where a language model is asked: the server's address, taken apart, and whether it may be reached at all.

Decides by what is written, before anything is looked up: a name that leads back to this computer is not known to do so
until a name server has been asked, which is already the network.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ...errors import InputError

_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?")
_PATH: Final = re.compile(r"[A-Za-z0-9._~/%+:@-]*")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_END: Final = "/chat/completions"
_MOST_CHARACTERS: Final = 500
_HERE: Final = ("127.0.0.1", "::1")
_EXAMPLE: Final = "Enter it as http://localhost:11434/v1 or https://api.example.com/v1."


@dataclass(frozen=True)
class Server:
    """An address, taken apart.

    Attributes:
        scheme: http or https.
        host: the name or the IP address, the latter without brackets.
        port: the port.
        path: what comes before `/chat/completions`; begins with a slash.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as a `Host` header has them; the scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """The address as it should have been entered."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def is_here(self) -> bool:
        """It is this computer's own loopback address, as is seen without looking anything up."""
        return self.known_addresses() is not None and all(_is_loopback(each) for each in self.known_addresses() or ())

    def known_addresses(self) -> tuple[str, ...] | None:
        """The IP addresses to try in turn, or None where a name server must be asked.

        `localhost` and names below it are loopback by RFC 6761; the address "any" (0.0.0.0), which Ollama's settings
        show, is this computer for whoever connects to it.
        """
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return _HERE
        address = _ip(self.host)
        if address is None:
            return None
        if address.is_unspecified:
            return (_HERE[address.version == 6],)
        return (str(address),)

    def url_at(self, address: str) -> str:
        """Where a request to one of the IP addresses goes, so that nothing is looked up a second time."""
        host = f"[{address}]" if ":" in address else address
        return f"{self.scheme}://{host}:{self.port}{self.path}{_END}"


def parse_server(base_url: str) -> Server:
    """The server of an address as an artist enters it: with or without scheme, `/v1` and `/chat/completions`.

    Raises:
        InputError: it is no address of a web server, or holds what does not belong there: a name and password, a query.
    """
    written = base_url.strip()
    if not written:
        raise InputError(f"No address of a language model's server is set. {_EXAMPLE}")
    if len(written) > _MOST_CHARACTERS or not written.isprintable() or " " in written or "\\" in written:
        raise InputError(f"The server's address is no web address. {_EXAMPLE}")
    try:
        parts = urlsplit(written if _SCHEME.match(written) else f"{_scheme_of(written)}://{written}")
        port = parts.port
    except ValueError as error:
        raise InputError(f"The server's address is no web address. {_EXAMPLE}") from error
    _check_parts(parts)
    return Server(parts.scheme, _host(parts.hostname or ""), port or _PORTS[parts.scheme], _path(parts.path))


def check_allowed(server: Server, *, online_access: bool) -> None:
    """Loopback always; everything else only with online access.

    Raises:
        InputError: online access is off and the server is not on this computer's loopback address.
    """
    if not online_access and not server.is_here:
        raise InputError(
            f"{server.host} is not this computer, and online access is off. Allow it in Blender's preferences (System, "
            "Network, Allow Online Access), or use a model on this computer, such as http://localhost:11434/v1."
        )


def check_encrypted(server: Server, addresses: tuple[str, ...], *, has_key: bool) -> None:
    """A key may cross a studio's own network in the clear, not the Internet.

    Raises:
        InputError: there is a key, the scheme is http, and an address is a public one.
    """
    if has_key and server.scheme == "http" and any(_is_public(address) for address in addresses):
        raise InputError(
            f"The key would be sent to {server.host} unencrypted. Write the address with https://, or take the key out."
        )


def _check_parts(parts: SplitResult) -> None:
    if parts.scheme not in _PORTS:
        raise InputError(f"The server's address must begin with http:// or https://. {_EXAMPLE}")
    if "@" in parts.netloc:
        raise InputError("The server's address holds a name or password. Enter the key in its own field instead.")
    if parts.query or parts.fragment:
        raise InputError(f"The server's address must end with its path, without `?` or `#`. {_EXAMPLE}")
    if not _PATH.fullmatch(parts.path):
        raise InputError(f"The server's address has a path with characters that no web address has. {_EXAMPLE}")


def _scheme_of(written: str) -> str:
    """What is meant where no scheme is written: plain on this computer, encrypted elsewhere."""
    host = urlsplit(f"http://{written}").hostname or ""
    return "http" if Server("http", host, 80, "/").is_here else "https"


def _host(hostname: str) -> str:
    """In lower case, in ASCII (IDNA), or a plain IP address."""
    address = _ip(hostname)
    if address is not None:
        return str(address)
    try:
        host = hostname.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise InputError(f"The server's address has no usable host name. {_EXAMPLE}") from error
    if not _HOST.fullmatch(host):
        raise InputError(f"The server's address has no usable host name. {_EXAMPLE}")
    return host.removesuffix(".")


def _path(path: str) -> str:
    """Without a slash at the end; `/v1`, which all these servers have, where none is written."""
    path = path.rstrip("/").removesuffix(_END).rstrip("/")
    return path or "/v1"


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(address: str) -> bool:
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped.is_loopback
    return found.is_loopback


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_global
