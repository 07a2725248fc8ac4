//! Reads a CSV (RFC 4180) as Chinese and other spreadsheets save it: UTF-8 with or without a byte order mark, else
//! GB18030. Pure. Keeps the line in which each record begins, exactly, whatever ends the lines.

use std::borrow::Cow;

use super::Reason;

/// A record and the line in which it begins, from 1.
pub type Record = (u64, Vec<String>);

/// The text of a file; the error when it is neither UTF-8 nor GB18030.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Reason> {
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(plain) {
        return Ok(Cow::Borrowed(text));
    }
    encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(plain).ok_or(Reason::Unreadable)
}

/// The records of a CSV; lines with nothing in them are left out. The error is the line of a quotation mark that is
/// never closed: everything behind it would be one cell.
pub fn records(text: &str) -> Result<Vec<Record>, u64> {
    let mut parser = Parser { records: Vec::new(), cells: Vec::new(), cell: String::new(), began: 1, line: 1 };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if parser.cell.is_empty() => {
                let opened = parser.line;
                loop {
                    match chars.next() {
                        None => return Err(opened),
                        Some('"') if chars.peek() == Some(&'"') => {
                            chars.next();
                            parser.cell.push('"');
                        }
                        Some('"') => break,
                        Some(inner) => {
                            parser.line += u64::from(inner == '\n');
                            parser.cell.push(inner);
                        }
                    }
                }
            }
            ',' => parser.end_cell(),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => parser.end_record(),
            other => parser.cell.push(other),
        }
    }
    parser.end_record();
    Ok(parser.records)
}

struct Parser {
    records: Vec<Record>,
    cells: Vec<String>,
    cell: String,
    began: u64,
    line: u64,
}

impl Parser {
    fn end_cell(&mut self) {
        self.cells.push(std::mem::take(&mut self.cell).trim().to_owned());
    }

    fn end_record(&mut self) {
        self.end_cell();
        let cells = std::mem::take(&mut self.cells);
        if cells.iter().any(|cell| !cell.is_empty()) {
            self.records.push((self.began, cells));
        }
        self.line += 1;
        self.began = self.line;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<(u64, Vec<&str>)> {
        let records: &'static Vec<Record> = Box::leak(Box::new(records(text).unwrap()));
        records.iter().map(|(line, cells)| (*line, cells.iter().map(String::as_str).collect())).collect()
    }

    #[test]
    fn lines_are_counted_over_blank_ones_and_quoted_breaks() {
        for end in ["\n", "\r\n"] {
            let text = ["a,b", "", "1,\"two", "lines, \"\"quoted\"\"\"", ",", "3, 四 "].join(end);
            let inner = format!("two{end}lines, \"quoted\"");
            let found = cells(&text);
            assert_eq!(found, [(1, vec!["a", "b"]), (3, vec!["1", inner.as_str()]), (6, vec!["3", "四"])], "{end:?}");
        }
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_told_by_its_line() {
        assert_eq!(records("a,b\n1,2\n3,\"4\n5,6\n"), Err(3));
    }

    #[test]
    fn utf_8_and_gb18030_give_the_same_text() {
        let text = "code,name\nGQ,高青县㐂𠀀\n";
        let (gb, _, _) = encoding_rs::GB18030.encode(text);
        assert_ne!(&*gb, text.as_bytes());
        assert_eq!(decode(&gb).unwrap(), text);
        assert_eq!(decode(format!("\u{feff}{text}").as_bytes()).unwrap(), text);
        assert_eq!(decode(b"a,\xff\xff\n"), Err(Reason::Unreadable));
    }
}
