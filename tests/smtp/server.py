"""A real SMTP server for tests: keeps what it accepts in a folder, and behaves as a file there says.

python server.py PORT FOLDER
  FOLDER/behaviour   read again for every mail; missing means `accept`:
                     accept        takes the mail
                     slow SECONDS  takes it after a while
                     hang          never answers after the data
                     451           asks to come again later
                     550           refuses the recipient
                     drop          closes the connection in the middle
  FOLDER/N.eml       the mail as it came, N counting from 1
  FOLDER/log         a line of JSON for each mail offered: outcome, from, to, message_id, subject, file
Prints `ready` when it listens.
"""

import asyncio
import email
import email.policy
import json
import pathlib
import sys

from aiosmtpd.smtp import SMTP


class Keeper:
    def __init__(self, folder):
        self.folder = folder
        self.count = len(list(folder.glob("*.eml")))

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
            "message_id": mail["message-id"],
            "subject": mail["subject"],
            "file": file,
        }
        with open(self.folder / "log", "a", encoding="utf-8") as log:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.behaviour()[0] == "550":
            envelope.rcpt_tos.append(address)
            self.log("550", envelope)
            envelope.rcpt_tos.pop()
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        does = self.behaviour()
        match does[0]:
            case "451":
                self.log("451", envelope)
                return "451 4.3.0 come again later"
            case "drop":
                self.log("drop", envelope)
                server.transport.abort()
                return "421 4.3.2 going down"
            case "hang":
                self.log("hang", envelope)
                await asyncio.sleep(3600)
            case "slow":
                await asyncio.sleep(float(does[1]))
        self.count += 1
        name = f"{self.count}.eml"
        (self.folder / name).write_bytes(envelope.original_content)
        self.log("accepted", envelope, name)
        return f"250 2.0.0 kept as {name}"


async def main():
    port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    keeper = Keeper(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(keeper, enable_SMTPUTF8=True, ident="test server", loop=loop), "127.0.0.1", port
    )
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
