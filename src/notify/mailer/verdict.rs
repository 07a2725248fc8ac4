//! What an error of a conversation means for the message: again, again but the server itself is away, or never.

use lettre::transport::smtp::Error as SmtpError;

use super::connection::{Broken, Step, Why};
use crate::outbox::Outcome;

/// What became of a message whose conversation broke off there.
pub fn outcome(broken: &Broken) -> Outcome {
    match &broken.why {
        Why::Unreached(error) => Outcome::Away(one_line(&format!("{}: {error}", broken.step.as_str()))),
        Why::Refused(text) => Outcome::Away(one_line(text)),
        Why::NoUtf8 => {
            Outcome::Dead("the mail server takes only letters of ASCII before the @: it offers no SMTPUTF8".to_owned())
        }
        Why::Silence(seconds) => {
            let text = format!("no answer to {} within {seconds} seconds", broken.step.as_str());
            if broken.step == Step::Open { Outcome::Away(text) } else { Outcome::Failed(text) }
        }
        Why::Smtp(error) => of_error(broken.step, error),
    }
}

fn of_error(step: Step, error: &SmtpError) -> Outcome {
    let code = error.status().map(|code| code.to_string()).unwrap_or_default();
    let mut text = error.to_string();
    let said = text.split_once("): ").filter(|_| !code.is_empty()).map(|(_, said)| said.to_owned());
    if let Some(said) = &said {
        text = format!("{code} {said}");
    } else if code.is_empty() {
        // Nothing was said: then it matters where.
        text = format!("{}: {text}", step.as_str());
    }
    let text = one_line(&text);
    // What is said before a mail is offered is not about the mail.
    if step == Step::Open || is_about_us(&code) || is_busy(&code, said.as_deref().unwrap_or_default()) {
        return Outcome::Away(text);
    }
    // A sender that it does not let send (553, 550 5.7.1) is a matter of settings, here or there: the message is good.
    let is_of_sender = step == Step::Mail && error.is_permanent();
    let is_final = (error.is_permanent() || error.is_client()) && !is_of_sender;
    if is_final { Outcome::Dead(text) } else { Outcome::Failed(text) }
}

/// Whether no other message would fare better until somebody changes the settings, here or there.
pub fn is_a_matter_of_settings(broken: &Broken) -> bool {
    match &broken.why {
        Why::Refused(_) => true,
        Why::Smtp(error) => error.status().is_some_and(|code| is_about_us(&code.to_string())),
        Why::Unreached(_) | Why::NoUtf8 | Why::Silence(_) => false,
    }
}

/// Whether the server itself said no to a mail that it was offered: then it is there.
pub fn is_of_mail(broken: &Broken) -> bool {
    matches!(&broken.why, Why::Smtp(error) if broken.step != Step::Open && error.status().is_some())
}

/// An account that it does not take is a matter of the settings (RFC 4954 section 6), not of this mail.
fn is_about_us(code: &str) -> bool {
    ["530", "534", "535", "538"].contains(&code)
}

/// RFC 5321 section 4.2.3: it closes, or has no room. A mailbox that is full (RFC 3463, X.2.2) is another thing.
fn is_busy(code: &str, said: &str) -> bool {
    code == "421" || (code == "452" && !said.starts_with("4.2."))
}

/// What a server said, as it is kept: one line, not too long, and nothing in it that a database may not take.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(500).collect()
}
