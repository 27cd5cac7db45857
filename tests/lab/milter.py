"""A milter that refuses by script (protocol version 2 of Sendmail's libmilter)."""
import socket
import struct
import threading

CONTINUE, REJECT, TEMPFAIL, DISCARD = b"c", b"r", b"t", b"d"
_STAGES = {b"C": "connect", b"H": "helo", b"M": "mail", b"R": "rcpt", b"E": "end"}


class Milter(threading.Thread):
    """`script`: stage (connect, helo, mail, rcpt, end) -> {argument: answer}.

    The argument is the host name, HELO name, sender, recipient, and the sender again. The answer is
    REJECT, TEMPFAIL, DISCARD or a reply such as "550 5.7.1 no"; CRLF parts the lines of a reply.
    """

    def __init__(self, port=8890, **script):
        super().__init__(daemon=True)
        self.script = script
        self.listener = socket.create_server(("127.0.0.1", port))

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        stream, sender = connection.makefile("rwb"), ""
        while head := stream.read(5):
            length, command = struct.unpack("!I", head[:4])[0], head[4:]
            data = stream.read(length - 1)
            if command == b"O":
                self._put(stream, b"O", struct.pack("!III", 2, 0, 0))
            elif command == b"Q":
                break
            elif command not in b"DA":
                argument = data.split(b"\0")[0].decode("latin-1").strip("<>")
                if command == b"M":
                    sender = argument
                stage = _STAGES.get(command, "")
                answer = self.script.get(stage, {}).get(sender if stage == "end" else argument,
                                                        CONTINUE)
                if isinstance(answer, str):
                    self._put(stream, b"y", answer.encode("latin-1") + b"\0")
                else:
                    self._put(stream, answer)
        connection.close()

    @staticmethod
    def _put(stream, command, data=b""):
        stream.write(struct.pack("!I", len(data) + 1) + command + data)
        stream.flush()
