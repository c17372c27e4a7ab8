"""A TCP proxy that can cut, delay, go dark and swallow replies; in a thread, so that tests stay plain."""

import asyncio
import contextlib
import threading


class Proxy:
    """Between a client and a server on loopback; `port` is where clients connect.

    `delay`: seconds that everything takes on its way, in each direction; `dark`: nothing arrives, and nobody is told.
    """

    def __init__(self, server_port):
        self._server_port = server_port
        self.delay, self.dark = 0.0, False
        self._swallow = 0
        self.swallowed = 0
        self._writers = set()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._loop.run_forever()
        self._server.close()
        pumps = asyncio.all_tasks(self._loop)
        for pump in pumps:
            pump.cancel()
        self._loop.run_until_complete(asyncio.gather(*pumps, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0.01))  # closed transports say goodbye
        self._loop.close()

    async def _listen(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()

    async def _serve(self, reader, writer):
        try:
            theirs_reader, theirs_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, theirs_writer}
        with contextlib.suppress(asyncio.CancelledError):  # at the end of the test
            await asyncio.gather(
                self._pump(reader, theirs_writer, replies=False), self._pump(theirs_reader, writer, replies=True)
            )
        self._writers -= {writer, theirs_writer}

    async def _read(self, reader, waiting):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                waiting.put_nowait((self._loop.time(), data))
        waiting.put_nowait((self._loop.time(), b""))

    async def _pump(self, reader, writer, *, replies):
        waiting = asyncio.Queue()
        reading = self._loop.create_task(self._read(reader, waiting))
        try:
            while True:
                came, data = await waiting.get()
                while self.dark or self._loop.time() < came + self.delay:
                    await asyncio.sleep(0.02)
                if not data:
                    break
                if replies and self._swallow:
                    self._swallow -= 1
                    self.swallowed += 1
                    break
                writer.write(data)
                await writer.drain()
        except (ConnectionError, RuntimeError):
            pass
        finally:
            reading.cancel()
            writer.close()

    def swallow_next(self, count=1):
        """The next replies never arrive: the server has done what was asked, and the connection ends."""
        self._swallow = count

    def cut(self):
        """End every connection."""
        for writer in list(self._writers):
            self._loop.call_soon_threadsafe(writer.close)

    def close(self):
        """Stop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
