"""What stands between a tracker and us, and goes wrong below HTTP: sockets, certificates, proxies, memory."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# --- who is dialled


@dataclass
class Listener:
    """A host that is not the tracker. `heard`: what each connection sent; empty as long as nobody came."""

    port: int
    heard: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def somebody_else() -> Iterator[Listener]:
    """Another server on this machine that listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(server.getsockname()[1])
        with _served(server, lambda connection: listener.heard.append(connection.recv(65_536))):
            yield listener


_dialled: list[list[object]] = []


def _remember(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _dialled:
        _dialled[-1].append(arguments[1])


@contextlib.contextmanager
def dialled() -> Iterator[list[object]]:
    """Every address that this process connects to meanwhile, by any library."""
    if _remember not in _hooked:
        sys.addaudithook(_remember)  # there is no way to take it back; outside of here it remembers nothing
        _hooked.append(_remember)
    _dialled.append([])
    try:
        yield _dialled[-1]
    finally:
        _dialled.pop()


_hooked: list[Callable[[str, tuple[Any, ...]], None]] = []


@contextlib.contextmanager
def black_hole(port: int = 0) -> Iterator[int]:
    """A port at which connections are neither accepted nor refused: its queue is full."""
    with contextlib.ExitStack() as opened:
        server = opened.enter_context(socket.socket())
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen(0)
        for _ in range(8):
            waiting = opened.enter_context(socket.socket())
            waiting.settimeout(0.05)
            try:
                waiting.connect(server.getsockname())
            except TimeoutError:
                break
        yield server.getsockname()[1]


# --- certificates


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A self-signed certificate and its key, as files; `file` serves as ca_bundle, too."""

    file: Path
    key: Path

    def context(self, *, newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        """What a server presents; `newest` limits it to old versions of the protocol."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if newest is not None:
            made.set_ciphers("ALL:@SECLEVEL=0")
            made.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            made.maximum_version = newest
        made.load_cert_chain(self.file, self.key)
        return made


def a_certificate(folder: Path, *, host: str = "127.0.0.1", days: int = 1) -> Certificate:
    """A certificate for one address, that ends in `days`."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=10))
        .not_valid_after(datetime.now(UTC) + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    found = Certificate(file=folder / "certificate.pem", key=folder / "key.pem")
    found.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    found.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return found


# --- proxies


@dataclass
class Proxy:
    """A proxy that opens tunnels. `says` answers instead of opening one; `heard`: what was said to it itself."""

    url: str
    says: bytes | None = None
    heard: list[bytes] = field(default_factory=list)
    tunnels: int = 0


@contextlib.contextmanager
def a_proxy() -> Iterator[Proxy]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = Proxy(f"http://127.0.0.1:{server.getsockname()[1]}")
        with _served(server, lambda connection: _pass_on(connection, proxy)):
            yield proxy


def _pass_on(connection: socket.socket, proxy: Proxy) -> None:
    asked = b""
    while b"\r\n\r\n" not in asked and (part := connection.recv(65_536)):
        asked += part
    proxy.heard.append(asked)
    if proxy.says is not None:
        connection.sendall(proxy.says)
        connection.settimeout(0.5)
        with contextlib.suppress(OSError):
            proxy.heard.append(connection.recv(65_536))
        return
    host, port = asked.split(b" ")[1].split(b":")
    with socket.create_connection((host.decode(), int(port))) as onward:
        proxy.tunnels += 1
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        there = threading.Thread(target=_pump, args=(connection, onward), daemon=True)
        there.start()
        _pump(onward, connection)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            sink.sendall(part)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _served(server: socket.socket, serve: Callable[[socket.socket], object]) -> Iterator[None]:
    """Serve each connection in a thread of its own until the block ends."""

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            serve(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=2)


# --- memory


@dataclass
class Growth:
    """How much this process grew at its largest, in megabytes; known when the block has ended."""

    megabytes: float = 0.0


@contextlib.contextmanager
def growing() -> Iterator[Growth]:
    """Measure the peak of resident memory over the block. Linux lets a process begin its peak anew."""
    found = Growth()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _resident_peak()
    yield found
    found.megabytes = _resident_peak() - before


def _resident_peak() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("this system does not tell the peak of a process")
