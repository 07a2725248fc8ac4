"""A real SMTP server for tests: keeps what it accepts in a folder, and behaves as a file there says.

python server.py PORT FOLDER
  FOLDER/behaviour   read again for every mail; missing means `accept`:
                     accept        takes the mail
                     slow SECONDS  takes it after a while
                     hang [STEP]   never answers to greeting, ehlo, mail, rcpt or data; without a step, after the data
                     451           asks to come again later
                     550           refuses the recipient
                     drop          closes the connection in the middle
                     keep-drop     takes the mail, and closes the connection without a word
                     sender ADDRESS    refuses every other sender
                     most N        lets no more than N connections in at once
                     ascii         does not offer SMTPUTF8
                     greylist N    sends each of the first N recipients away once, as servers do that do not know a
                                   sender yet
  FOLDER/script      {"ADDRESS": ["451", "accept", …]}: how the first, second, … mail to an address is treated; then,
                     and for all others, `behaviour` stands
  FOLDER/no-pipelining  if it is there, commands at once are not offered (RFC 2920)
  FOLDER/N.eml       the mail as it came, N counting from 1
  FOLDER/log         a line of JSON for each mail offered: outcome, from, to, utf8 (SMTPUTF8 was asked for), message_id,
                     subject, file
Prints `ready` when it listens.
"""

import asyncio
import collections
import email
import email.policy
import json
import pathlib
import sys

from aiosmtpd.smtp import SMTP, syntax


class Keeper:
    def __init__(self, folder):
        self.folder = folder
        self.count = len(list(folder.glob("*.eml")))
        self.offers = collections.Counter()
        self.greylisted = set()
        self.open = 0

    def treats(self, address):
        """How the mail is treated that is offered to an address now."""
        self.offers[address] += 1
        try:
            script = json.loads((self.folder / "script").read_text())
        except FileNotFoundError:
            script = {}
        of_address = script.get(address, [])
        if self.offers[address] <= len(of_address):
            return of_address[self.offers[address] - 1].split()
        return self.behaviour()

    def is_greylisted(self, address, most):
        if address in self.greylisted or len(self.greylisted) >= most:
            return False
        self.greylisted.add(address)
        return True

    async def hang(self, step):
        if self.behaviour() == ["hang", step]:
            await asyncio.sleep(3600)

    def behaviour(self):
        try:
            return (self.folder / "behaviour").read_text().split() or ["accept"]
        except FileNotFoundError:
            return ["accept"]

    def log(self, outcome, envelope, file=None):
        mail = email.message_from_bytes(envelope.content or b"", policy=email.policy.default)
        line = {
            "outcome": outcome,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "utf8": envelope.smtp_utf8,
            "message_id": mail["message-id"],
            "subject": mail["subject"],
            "file": file,
        }
        with open(self.folder / "log", "a", encoding="utf-8") as log:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")

    def refuse(self, envelope, address, answer):
        envelope.rcpt_tos.append(address)
        self.log(answer[:3], envelope)
        envelope.rcpt_tos.pop()
        return answer

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        # aiosmtpd reads line by line, so it takes commands at once; it does not say so by itself.
        if not (self.folder / "no-pipelining").exists():
            responses.insert(-1, "250-PIPELINING")
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        await self.hang("rcpt")
        envelope.does = self.treats(address)
        match envelope.does:
            case ["550"]:
                return self.refuse(envelope, address, "550 5.1.1 no such mailbox")
            case ["greylist", most] if self.is_greylisted(address, int(most)):
                return self.refuse(envelope, address, "451 4.7.1 greylisted, come again later")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        match envelope.does:
            case ["451"]:
                self.log("451", envelope)
                return "451 4.3.0 come again later"
            case ["drop"]:
                self.log("drop", envelope)
                server.transport.abort()
                return "421 4.3.2 going down"
            case ["hang"]:
                self.log("hang", envelope)
                await asyncio.sleep(3600)
            case ["slow", seconds]:
                await asyncio.sleep(float(seconds))
        self.count += 1
        name = f"{self.count}.eml"
        (self.folder / name).write_bytes(envelope.original_content)
        self.log("accepted", envelope, name)
        if envelope.does == ["keep-drop"]:
            server.transport.abort()
        return f"250 2.0.0 kept as {name}"


class Server(SMTP):
    """Answers each step but those at which it is to hang."""

    async def _handle_client(self):
        keeper = self.event_handler
        await keeper.hang("greeting")
        match keeper.behaviour():
            case ["most", most] if keeper.open >= int(most):
                await self.push("421 4.7.0 too many connections")
                self.transport.close()
                return
        keeper.open += 1
        try:
            await super()._handle_client()
        finally:
            keeper.open -= 1

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname):
        await self.event_handler.hang("ehlo")
        await super().smtp_EHLO(hostname)

    @syntax("MAIL FROM: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_MAIL(self, arg):
        await self.event_handler.hang("mail")
        match self.event_handler.behaviour():
            case ["sender", address] if f"<{address}>" not in arg:
                await self.push("553 5.7.1 not your address")
                return
        await super().smtp_MAIL(arg)

    @syntax("DATA")
    async def smtp_DATA(self, arg):
        await self.event_handler.hang("data")
        await super().smtp_DATA(arg)


async def main():
    port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    keeper = Keeper(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Server(keeper, enable_SMTPUTF8=keeper.behaviour() != ["ascii"], ident="test server", loop=loop),
        "127.0.0.1",
        port,
    )
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
