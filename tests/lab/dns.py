"""A scripted name server: answers, NXDOMAIN, SERVFAIL and silence."""
import ipaddress
import socket
import struct
import threading

A, PTR, MX, TXT, AAAA, ANY = 1, 12, 15, 16, 28, 255
SERVFAIL, NXDOMAIN = 2, 3


def _name(text):
    labels = [label for label in text.strip(".").split(".") if label]
    return b"".join(bytes([len(part)]) + part.encode() for part in labels) + b"\0"


class NameServer(threading.Thread):
    """Holds the zone; every name not in it does not exist."""

    def __init__(self):
        super().__init__(daemon=True)
        self.records = {}
        self.broken = set()   # SERVFAIL
        self.silent = set()   # no answer at all
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def add(self, name, kind, data):
        self.records.setdefault(name.lower(), []).append((kind, data))

    def host(self, name, address, pointer=True):
        kind = AAAA if ":" in address else A
        self.add(name, kind, ipaddress.ip_address(address).packed)
        if pointer:
            self.pointer(address, name)

    def pointer(self, address, name):
        self.add(ipaddress.ip_address(address).reverse_pointer, PTR, _name(name))

    def mx(self, domain, host, preference=10):
        self.add(domain, MX, struct.pack("!H", preference) + _name(host))

    def listen(self):
        self.socket.bind(("127.0.0.1", 53))
        self.start()

    def run(self):
        while True:
            query, client = self.socket.recvfrom(4096)
            reply = self.answer(query)
            if reply:
                self.socket.sendto(reply, client)

    def _under(self, name, domains):
        return any(name == domain or name.endswith("." + domain) for domain in domains)

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
            at += query[at] + 1
        kind = struct.unpack("!H", query[at + 1:at + 3])[0]
        name, question = ".".join(labels), query[12:at + 5]
        if self._under(name, self.silent):
            return None
        code, found = 0, []
        if self._under(name, self.broken):
            code = SERVFAIL
        else:
            records = self.records.get(name)
            found = [(k, d) for k, d in records or [] if kind in (k, ANY)]
            exists = records or any(other.endswith("." + name) for other in self.records)
            code = 0 if exists else NXDOMAIN
        head = query[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, len(found), 0, 0)
        answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", k, 1, 60, len(d)) + d
                           for k, d in found)
        return head + question + answers
