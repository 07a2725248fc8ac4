//! Files that people hand in: what they are, by their content, and what they are called. Pure.
//!
//! Only kinds that a browser does not run are taken, and each must be what its name says; they are handed out as
//! attachments under a cleaned name.

use crate::error::FieldProblem;

/// Characters of a file's name, its ending included.
const LONGEST: usize = 150;

/// A kind of file that is taken: ending, media type, and how its content begins.
struct Taken {
    ending: &'static str,
    media_type: &'static str,
    sign: Sign,
}

enum Sign {
    /// The content begins so.
    Begins(&'static [u8]),
    /// RIFF of that form.
    Riff(&'static [u8]),
    /// A ZIP archive with an entry of that name.
    ZipWith(&'static [u8]),
    /// A compound file of older office programs.
    Compound,
    /// Text without control characters, in UTF-8 or GB18030.
    Text,
}

macro_rules! taken {
    ($($ending:literal $media_type:expr, $sign:expr;)+) => {
        const TAKEN: &[Taken] = &[$(Taken { ending: $ending, media_type: $media_type, sign: $sign }),+];
    };
}

taken! {
    "pdf" "application/pdf", Sign::Begins(b"%PDF-");
    "docx" "application/vnd.openxmlformats-officedocument.wordprocessingml.document", Sign::ZipWith(b"word/document.xml");
    "xlsx" "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Sign::ZipWith(b"xl/workbook.xml");
    "pptx" "application/vnd.openxmlformats-officedocument.presentationml.presentation", Sign::ZipWith(b"ppt/presentation.xml");
    "doc" "application/msword", Sign::Compound;
    "xls" "application/vnd.ms-excel", Sign::Compound;
    "ppt" "application/vnd.ms-powerpoint", Sign::Compound;
    "wps" "application/vnd.ms-works", Sign::Compound;
    "ofd" "application/ofd", Sign::ZipWith(b"OFD.xml");
    "txt" "text/plain", Sign::Text;
    "md" "text/markdown", Sign::Text;
    "csv" "text/csv", Sign::Text;
    "png" "image/png", Sign::Begins(b"\x89PNG\r\n\x1a\n");
    "jpg" "image/jpeg", Sign::Begins(b"\xff\xd8\xff");
    "jpeg" "image/jpeg", Sign::Begins(b"\xff\xd8\xff");
    "gif" "image/gif", Sign::Begins(b"GIF8");
    "webp" "image/webp", Sign::Riff(b"WEBP");
    "zip" "application/zip", Sign::Begins(b"PK\x03\x04");
}

impl Sign {
    fn fits(&self, content: &[u8]) -> bool {
        let holds = |name: &[u8]| content.windows(name.len()).any(|window| window == name);
        match self {
            Self::Begins(start) => content.starts_with(start),
            Self::Riff(form) => content.starts_with(b"RIFF") && content.get(8..12) == Some(form),
            Self::ZipWith(name) => content.starts_with(b"PK\x03\x04") && holds(name),
            Self::Compound => content.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
            Self::Text => is_text(content),
        }
    }
}

fn is_text(content: &[u8]) -> bool {
    let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c) || *byte == 0x7f;
    if content.iter().any(control) {
        return false;
    }
    std::str::from_utf8(content).is_ok() || !encoding_rs::GB18030.decode(content).2
}

/// Endings that are taken, for people: `pdf, docx, …`.
#[must_use]
pub fn endings() -> String {
    TAKEN.iter().map(|taken| taken.ending).collect::<Vec<_>>().join(", ")
}

/// The same as a form's file field wants it: `.pdf,.docx,…`.
#[must_use]
pub fn accept() -> String {
    TAKEN.iter().map(|taken| format!(".{}", taken.ending)).collect::<Vec<_>>().join(",")
}

/// A cleaned name of a file, and its media type by content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    /// Without folders, quotes and control characters.
    pub name: String,
    /// By the content, which fits the name's ending.
    pub media_type: &'static str,
}

impl FileName {
    /// What a file handed in under `name` is called and is; or what is wrong with it, for `field`.
    pub fn read(field: &str, name: &str, content: &[u8]) -> Result<Self, FieldProblem> {
        if content.is_empty() {
            return Err(FieldProblem::new(field, "file-empty"));
        }
        let name = cleaned(name);
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        let Some(taken) = TAKEN.iter().find(|taken| taken.ending == ending) else {
            return Err(FieldProblem::new(field, "file-type").with("list", endings()));
        };
        if !taken.sign.fits(content) {
            return Err(FieldProblem::new(field, "file-differs").with("ending", ending));
        }
        Ok(Self { name, media_type: taken.media_type })
    }
}

/// A name without what a file's name may not hold anywhere: folders of the sender's machine, control and
/// direction-changing characters, quotes and signs that Windows keeps for itself; at most 150 characters.
fn cleaned(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = name.chars().filter(|c| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    });
    let safe: String =
        kept.map(|c| if matches!(c, '"' | '<' | '>' | ':' | '|' | '?' | '*') { '_' } else { c }).collect();
    let safe = safe.trim_matches([' ', '.']);
    let (stem, ending) = safe.rsplit_once('.').map_or((safe, ""), |(stem, ending)| (stem.trim_end(), ending));
    let room = LONGEST.saturating_sub(ending.chars().count() + 1);
    let stem: String = stem.chars().take(room).collect();
    if ending.is_empty() { stem } else { format!("{stem}.{ending}") }
}

/// The value of Content-Disposition (RFC 6266) that hands a file out under its name: a plain one for old programs, and
/// the real one as `filename*` (RFC 8187).
#[must_use]
pub fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    let real: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{real}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICE: &str = "application/vnd.openxmlformats-officedocument.";

    fn zip(entry: &str) -> Vec<u8> {
        [b"PK\x03\x04....".as_slice(), entry.as_bytes()].concat()
    }

    #[test]
    fn a_file_must_be_what_its_name_says() {
        let read = |name: &str, content: &[u8]| FileName::read("file", name, content).map(|file| file.media_type);
        assert_eq!(read("讲义.PDF", b"%PDF-1.7 x"), Ok("application/pdf"));
        assert_eq!(read("a.docx", &zip("word/document.xml")).unwrap(), format!("{OFFICE}wordprocessingml.document"));
        assert_eq!(read("a.txt", "宪法\n".as_bytes()), Ok("text/plain"));
        let (gbk, _, _) = encoding_rs::GB18030.encode("宪法宣传");
        assert_eq!(read("a.txt", &gbk), Ok("text/plain"));
        let code = |name: &str, content: &[u8]| read(name, content).unwrap_err().code;
        assert_eq!(code("a.pdf", b""), "file-empty");
        assert_eq!(code("a.pdf", b"<html>"), "file-differs");
        assert_eq!(code("a.docx", &zip("xl/workbook.xml")), "file-differs");
        assert_eq!(code("a.txt", b"MZ\0\x01"), "file-differs");
        for name in ["a.html", "a.svg", "a.exe", "a", "", ".pdf", "a.pdf.js", "../.htaccess"] {
            assert_eq!(code(name, b"%PDF-1.7"), "file-type", "{name}");
        }
    }

    #[test]
    fn a_name_loses_folders_quotes_and_what_turns_it_around() {
        for (name, clean) in [
            ("C:\\资料\\宪法 讲义.pdf", "宪法 讲义.pdf"),
            ("../../etc/passwd.txt", "passwd.txt"),
            ("a\"b\r\nX: y<1>.pdf", "a_bX_ y_1_.pdf"),
            ("exe\u{202e}fdp.pdf", "exefdp.pdf"),
            (" ..讲义 .pdf. ", "讲义.pdf"),
        ] {
            assert_eq!(cleaned(name), clean, "{name:?}");
        }
        let long = cleaned(&format!("{}.pdf", "长".repeat(400)));
        assert!(long.chars().count() == LONGEST && long.ends_with("长.pdf"));
    }

    #[test]
    fn a_name_is_handed_out_plain_and_real() {
        assert_eq!(disposition("a b.pdf"), "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf");
        assert_eq!(
            disposition("讲义%.pdf"),
            "attachment; filename=\"___.pdf\"; filename*=UTF-8''%E8%AE%B2%E4%B9%89%25.pdf"
        );
        assert!(disposition("x\"\r\ny").is_ascii() && !disposition("x\"\r\ny").contains('\n'));
    }
}
