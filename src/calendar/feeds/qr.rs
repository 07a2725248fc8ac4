//! A link as a QR code, for a phone to read off a screen. Pure.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// Blank modules around a code (ISO/IEC 18004 asks for four).
const MARGIN: usize = 4;

/// A code as a drawing: its side, blank margin included, and the path of its dark modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// In modules.
    pub side: usize,
    /// As `d` of an SVG path.
    pub path: String,
}

/// Draws a text; None for one that no code holds.
#[must_use]
pub fn draw(text: &str) -> Option<Drawing> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (at, _) in code.to_colors().iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        let _ = write!(path, "M{} {}h1v1h-1z", at % width + MARGIN, at / width + MARGIN);
    }
    Some(Drawing { side: width + 2 * MARGIN, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_within_its_margin() {
        let drawing = draw("webcal://pufa.example.test/calendar/0123.ics").unwrap();
        assert_eq!(drawing.side, 33 + 8);
        assert!(drawing.path.starts_with("M4 4h1v1h-1z"), "the corner of a finder pattern");
        assert!(draw(&"x".repeat(5_000)).is_none());
    }
}
