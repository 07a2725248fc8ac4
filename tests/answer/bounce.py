"""Returns a mail as a mail server does (RFC 3464): bounce.py MAIL.eml WISHES writes the report to standard output.
WISHES is JSON: `action`, `status`, `recipient`, `message_id` (what is to differ from the truth)."""
import json
import sys
from email import message_from_bytes, policy
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

with open(sys.argv[1], "rb") as file:
    mail = message_from_bytes(file.read(), policy=policy.default)
wishes = json.loads(sys.argv[2])
recipient = wishes.get("recipient", mail["To"].addresses[0].addr_spec)
report = MIMEMultipart("report", report_type="delivery-status")
report["From"] = "Mail Delivery System <MAILER-DAEMON@mx.test>"
report["To"] = str(mail["From"])
report["Subject"] = "Undelivered Mail Returned to Sender"
report["Auto-Submitted"] = "auto-replied"
report.attach(MIMEText("I'm sorry to have to inform you that your message could not be delivered.\n"))
status = MIMEBase("message", "delivery-status")
first, second = Message(), Message()
first["Reporting-MTA"] = "dns; mx.test"
second["Final-Recipient"] = f"rfc822; {recipient}"
second["Action"] = wishes.get("action", "failed")
second["Status"] = wishes.get("status", "5.1.1")
second["Diagnostic-Code"] = "smtp; 550 5.1.1 no such mailbox"
status.set_payload([first, second])
report.attach(status)
if "message_id" in wishes:
    mail.replace_header("Message-ID", wishes["message_id"])
report.attach(MIMEMessage(mail))
sys.stdout.buffer.write(report.as_bytes())
