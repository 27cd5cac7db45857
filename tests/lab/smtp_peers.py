"""Scripted SMTP servers and clients. Both record what was really said: that is the truth."""
import selectors
import socket
import threading

DROP, SILENT = "DROP", "SILENT"
STAGES = {"greeting": "connect", "ehlo": "helo", "mail": "mail", "rcpt": "rcpt", "data": "data",
          "end": "message"}


class Refusal:
    """What one reply refused: the stage, the code, and the recipients it speaks of."""

    def __init__(self, stage, code, recipients):
        self.stage, self.code, self.recipients = stage, code, recipients


class Server:
    """One address and its script: stage -> reply, DROP, SILENT, or a function of the address."""

    def __init__(self, address, pipelining=False, enhanced=False, **script):
        self.address, self.script = address, script
        self.extensions = ["PIPELINING"] * pipelining + ["ENHANCEDSTATUSCODES"] * enhanced
        self.refusals = []
        self.accepted = 0

    def _say(self, stage, default, argument=None):
        reply = self.script.get(stage, default)
        return reply(argument) if callable(reply) else reply

    def serve(self, connection):
        connection.settimeout(15)
        stream = connection.makefile("rwb")
        try:
            self._dialogue(stream)
        except (OSError, EOFError):
            pass
        finally:
            connection.close()

    def _put(self, stream, reply, stage, recipients=()):
        """False where the dialogue of this stage was refused."""
        if reply == SILENT:
            stream.read(1 << 20)
            raise EOFError
        if reply == DROP:
            raise EOFError
        if reply[0] in "45":
            self.refusals.append(Refusal(STAGES[stage], int(reply[:3]), list(recipients)))
        stream.write(reply.replace("\n", "\r\n").encode("latin-1") + b"\r\n")
        stream.flush()
        return reply[0] not in "45"

    def _dialogue(self, stream):
        if not self._put(stream, self._say("greeting", "220 remote ESMTP"), "greeting"):
            while line := stream.readline():
                stream.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"503 no\r\n")
                stream.flush()
            return
        mail, recipients = False, []
        while line := stream.readline():
            text = line.decode("latin-1").rstrip("\r\n")
            verb = text[:4].upper()
            if verb in ("EHLO", "HELO"):
                names = ["remote", *self.extensions] if verb == "EHLO" else ["remote"]
                good = "\n".join(f"250{'-' if n < len(names) - 1 else ' '}{name}"
                                 for n, name in enumerate(names))
                if verb == "HELO" and self.refusals:
                    self.refusals.pop()  # EHLO and HELO refused are one attempt
                self._put(stream, self._say("ehlo", good), "ehlo")
            elif verb == "MAIL":
                mail = self._put(stream, self._say("mail", "250 ok", text[10:]), "mail")
                recipients = []
            elif verb == "RCPT" and mail:
                address = text[8:].strip().removeprefix("<").removesuffix(">")
                if self._put(stream, self._say("rcpt", "250 ok", address), "rcpt", [address]):
                    recipients.append(address)
            elif verb == "DATA" and recipients:
                if not self._put(stream, self._say("data", "354 go"), "data", recipients):
                    continue
                while (line := stream.readline()) not in (b".\r\n", b""):
                    pass
                if self._put(stream, self._say("end", "250 taken"), "end", recipients):
                    self.accepted += 1
                mail, recipients = False, []
            elif verb == "RSET":
                mail, recipients = False, []
                self._put(stream, "250 ok", None)
            elif verb == "QUIT":
                self._put(stream, "221 bye", None)
                return
            else:
                stream.write(b"503 bad sequence\r\n")
                stream.flush()


class Servers(threading.Thread):
    """All scripted servers, each on port 25 of its own address."""

    def __init__(self):
        super().__init__(daemon=True)
        self.selector = selectors.DefaultSelector()

    def add(self, server):
        listener = socket.create_server((server.address, 25), backlog=50)
        self.selector.register(listener, selectors.EVENT_READ, server)
        return server

    def run(self):
        while True:
            for key, _ in self.selector.select():
                connection, _ = key.fileobj.accept()
                threading.Thread(target=key.data.serve, args=(connection,), daemon=True).start()


class Client:
    """One SMTP session from `source`; remembers the last code and text."""

    def __init__(self, source, target, timeout=60):
        self.connection = socket.create_connection((target, 25), timeout, (source, 0))
        self.stream = self.connection.makefile("rwb")
        self.code, self.text = self.read()

    def read(self):
        lines = []
        while line := self.stream.readline():
            lines.append(line.decode("latin-1").rstrip())
            if line[3:4] != b"-":
                break
        return (int(lines[-1][:3]) if lines else None), "\n".join(lines)

    def say(self, command):
        self.stream.write(command.encode("utf-8", "surrogateescape") + b"\r\n")
        self.stream.flush()
        self.code, self.text = self.read()
        return self.code

    def close(self):
        try:
            self.say("QUIT")
        except OSError:
            pass
        self.connection.close()


def dialogue(source, target, helo, sender, recipients, content="Subject: test\n\ntext\n",
             parameters="", ehlo="EHLO", login=None):
    """A whole transaction. Returns the refusals that the client read."""
    client = Client(source, target)
    try:
        if client.code != 220:
            return [Refusal("connect", client.code, [])]
        if client.say(f"{ehlo} {helo}") != 250:
            return [Refusal("helo", client.code, [])]
        if login and client.say(login) not in (235, 535):  # 535: it may go on without
            return [Refusal("auth", client.code, [])]
        if client.say(f"MAIL FROM:<{sender}>{parameters}") != 250:
            return [Refusal("mail", client.code, recipients)]
        refused, taken = [], []
        for recipient in recipients:
            if client.say(f"RCPT TO:<{recipient}>") == 250:
                taken.append(recipient)
            else:
                refused.append(Refusal("rcpt", client.code, [recipient]))
        if taken and content is not None:  # None: a callout, which sends no message
            if client.say("DATA") != 354:
                return [*refused, Refusal("data", client.code, taken)]
            if client.say(content.replace("\n", "\r\n") + ".") != 250:
                refused.append(Refusal("message", client.code, taken))
        return refused
    finally:
        client.close()
