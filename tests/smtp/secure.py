"""A real SMTP server that encrypts and asks who is there.

python secure.py PORT MODE CERTIFICATE KEY USER PASSWORD
  MODE   plain      no TLS; AUTH in the clear, as some servers still do
         starttls   STARTTLS is offered; AUTH only after it
         smtps      TLS from the first byte
         silent     listens and says nothing
  USER   `-`: nobody has to sign in
Prints `ready` when it listens, then a line of JSON for each mail that it takes.
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Taker:
    async def handle_DATA(self, server, session, envelope):
        tls = server.transport.get_extra_info("ssl_object")
        told = {
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "tls": tls.version() if tls else None,
            "user": session.auth_data,
        }
        print(json.dumps(told), flush=True)
        return "250 2.0.0 taken"


async def main():
    port, mode, certificate, key, user, password = sys.argv[1:]
    tls = None
    if mode in ("starttls", "smtps"):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)

    def known(server, session, envelope, mechanism, data):
        good = (data.login.decode(), data.password.decode()) == (user, password)
        return AuthResult(success=good, handled=False, auth_data=user if good else None)

    def speak():
        return SMTP(
            Taker(),
            enable_SMTPUTF8=True,
            ident="secure test server",
            hostname="relay.example.test",
            tls_context=tls if mode == "starttls" else None,
            authenticator=known,
            auth_required=user != "-",
            auth_require_tls=mode == "starttls",
            loop=asyncio.get_running_loop(),
        )

    async def silence(reader, writer):
        await asyncio.sleep(3600)

    if mode == "silent":
        server = await asyncio.start_server(silence, "127.0.0.1", port)
    else:
        ssl_context = tls if mode == "smtps" else None
        server = await asyncio.get_running_loop().create_server(speak, "127.0.0.1", int(port), ssl=ssl_context)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
