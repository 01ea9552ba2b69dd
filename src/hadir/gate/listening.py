"""Where connections come in: a port, a Unix socket, and accepting all pending ones at once."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hadir.gate.log import LogEvent
from hadir.site import SiteError

#: Connections that wait to be accepted; the kernel refuses more, and they try again.
BACKLOG = 2_048
#: Accepted at a time; then open connections have their turn.
ACCEPTED_AT_ONCE_MAX = 256
#: After accepting has failed.
PAUSE_SECONDS = 1.0


@asynccontextmanager
async def beside(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """`work` runs as long as the block does."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@dataclass(frozen=True)
class BindAddress:
    """Where the gate listens: a port, and a Unix socket too, which costs less when the proxy is on this machine
    (docs/decisions/0038-the-proxy-comes-by-a-unix-socket.md); `asgi` through uvicorn's own protocol instead of ours.
    """

    host: str = "127.0.0.1"
    port: int = 8001
    unix_socket: Path | None = None
    asgi: bool = False

    @contextmanager
    def listeners(self) -> Iterator[list[socket.socket]]:
        """SiteError when another program's Unix socket stands there."""
        listeners = [listen_at(self.host, self.port)]
        if self.unix_socket is None:
            yield listeners
            return
        listeners.append(_listen_unix(self.unix_socket))
        try:
            yield listeners
        finally:
            self.unix_socket.unlink(missing_ok=True)


class Acceptor:
    """Accepts all pending connections each time one comes.

    The event loop's own server takes in one for each round of the loop, and a round is milliseconds while a batch is
    computed: a thousand newcomers waited for two seconds (docs/decisions/0040-all-pending-connections-are-accepted.md).
    """

    def __init__(
        self,
        listener: socket.socket,
        make_protocol: Callable[[], asyncio.Protocol],
        log: LogEvent,
        backlog: int = BACKLOG,
    ) -> None:
        """In a running event loop."""
        self._loop = asyncio.get_running_loop()
        self._listener, self._make_protocol, self._log = listener, make_protocol, log
        self._greeted: set[asyncio.Task[object]] = set()
        self._pause: asyncio.TimerHandle | None = None
        listener.settimeout(0)
        listener.listen(backlog)
        self._loop.add_reader(listener, self._accept)

    def close(self) -> None:
        """Take nobody in any more."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listener)
        self._listener.close()

    async def wait_closed(self) -> None:
        """Until every accepted connection is set up."""
        await asyncio.gather(*self._greeted, return_exceptions=True)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE_MAX):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError as error:  # mostly no file or no memory left
                self._rest(error)
                return
            self._greet(connection)

    def _greet(self, connection: socket.socket) -> None:
        connection.settimeout(0)
        greeting = self._loop.create_task(self._loop.connect_accepted_socket(self._make_protocol, connection))
        self._greeted.add(greeting)
        greeting.add_done_callback(self._greeted.discard)

    def _rest(self, error: OSError) -> None:
        """Who waits stays in the backlog; asking again at once would only keep the processor busy."""
        self._log("cannot_accept", why=str(error))
        self._loop.remove_reader(self._listener)
        self._pause = self._loop.call_later(PAUSE_SECONDS, self._loop.add_reader, self._listener, self._accept)


def allow_connections() -> None:
    """As many open files as the machine allows: a thousand is one school's worth of slow phones."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def listen_at(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def _listen_unix(path: Path) -> socket.socket:
    """As open as the port is: every user of this machine who may enter the folder may connect."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            _check_abandoned(path)
            path.unlink()
        listener.bind(str(path))
        path.chmod(0o666)
    except OSError as error:
        listener.close()
        raise SiteError(f"{path} cannot be the gate's socket: {error}") from error
    return listener


def _check_abandoned(path: Path) -> None:
    """A gate that was killed leaves its socket, and nobody answers there. SiteError when somebody does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return
    raise SiteError(f"another program listens at {path}: stop it, or choose another --socket")
