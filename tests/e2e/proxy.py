# SPDX-License-Identifier: Apache-2.0
"""A line between two processes that can be cut: a TCP proxy on loopback which
goes silent.  Silent it neither forwards nor closes nor takes a connection's
bytes, as a cable that was pulled; what was on its way comes when it is mended.
"""
import selectors
import socket
import threading

CHUNK = 64 << 10


class Proxy:
    """Listens at .port; .to is the port it forwards to and may be set later."""

    def __init__(self, to=None):
        self.to = to
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(128)
        self.port = self.listener.getsockname()[1]
        self.bytes = 0
        self.open = threading.Event()
        self.open.set()
        self.ended = False
        self.threads = []
        self.sockets = [self.listener]
        self.run(self.accept)

    def run(self, what, *arguments):
        thread = threading.Thread(target=what, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def cut(self):
        self.open.clear()

    def mend(self):
        self.open.set()

    def accept(self):
        while not self.ended:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            self.open.wait()
            try:
                far = socket.create_connection(("127.0.0.1", self.to or 0))
            except OSError:
                near.close()
                continue
            self.sockets += [near, far]
            self.run(self.carry, near, far)

    def carry(self, near, far):
        """Both ways, until either side closes."""
        ready = selectors.DefaultSelector()
        ready.register(near, selectors.EVENT_READ, far)
        ready.register(far, selectors.EVENT_READ, near)
        try:
            while not self.ended:
                for key, _ in ready.select(.2):
                    self.open.wait()
                    data = key.fileobj.recv(CHUNK)
                    self.bytes += len(data)
                    self.open.wait()
                    if not data:
                        return
                    key.data.sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            ready.close()
            near.close()
            far.close()

    def close(self):
        self.ended = True
        self.open.set()
        for one in self.sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
        for thread in self.threads:
            thread.join(10)
