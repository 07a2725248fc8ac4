"""Reads a mail as Python's `email` does: prints its headers and parts as JSON.

python mime.py FILE
"""

import email
import email.policy
import json
import pathlib
import sys


def part(one):
    """A part with those that it holds."""
    shown = {"type": one.get_content_type(), "defects": [str(defect) for defect in one.defects]}
    if one.is_multipart():
        shown["parts"] = [part(inner) for inner in one.iter_parts()]
        return shown
    content = one["Content-Type"]
    shown["parameters"] = {name: content.params[name] for name in sorted(content.params)}
    shown["encoding"] = str(one.get("Content-Transfer-Encoding", ""))
    shown["disposition"] = one.get_content_disposition()
    shown["file"] = one.get_filename()
    raw = one.get_payload(decode=True)
    shown["text"] = raw.decode("utf-8")
    return shown


def main():
    mail = email.message_from_bytes(pathlib.Path(sys.argv[1]).read_bytes(), policy=email.policy.default)
    headers = [[name, str(value)] for name, value in mail.items() if not name.lower().startswith("content-type")]
    party = lambda name: [[one.display_name, one.addr_spec] for one in mail[name].addresses]
    shown = {"from": party("From"), "to": party("To"), "headers": headers, "body": part(mail)}
    # An address in UTF-8 (RFC 6532) comes as bytes.
    sys.stdout.buffer.write(json.dumps(shown, ensure_ascii=False).encode("utf-8", "surrogateescape"))


main()
