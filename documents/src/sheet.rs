//! One page of paper: marks at places, in whole micrometres from the upper corner where the language begins to read.

use crate::font::{self, Weight};
use qrcode::{Color, EcLevel, QrCode};

/// A4, in micrometres.
pub(crate) const WIDTH: i32 = 210_000;
pub(crate) const HEIGHT: i32 = 297_000;

/// One millimetre.
pub(crate) const MM: i32 = 1_000;

/// A height of line in micrometres, from tenths of a printer's point (1/72 inch).
pub(crate) const fn points(tenths: i32) -> i32 {
    tenths * 25_400 / 720
}

/// What a text does at its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Align {
    /// It begins there.
    Start,
    /// It ends there.
    End,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub weight: Weight,
    /// In micrometres.
    pub size: i32,
}

impl Style {
    pub(crate) const fn plain(tenths: i32) -> Style {
        Style { weight: Weight::Plain, size: points(tenths) }
    }

    pub(crate) const fn bold(tenths: i32) -> Style {
        Style { weight: Weight::Bold, size: points(tenths) }
    }
}

/// A mark on the page; `x` and `y` are micrometres from the upper left corner.
pub(crate) enum Mark {
    /// A text whose base line begins at the left here.
    Text { x: i32, y: i32, style: Style, text: String },
    /// Black rectangles: x, y, width, height.
    Black(Vec<[i32; 4]>),
}

/// A page under the hand. In a language that is read from the right, `x` counts from the right.
pub(crate) struct Sheet {
    from_right: bool,
    pub(crate) marks: Vec<Mark>,
}

impl Sheet {
    pub(crate) fn new(from_right: bool) -> Sheet {
        Sheet { from_right, marks: Vec::new() }
    }

    /// Writes one line, with its base line at `y`.
    pub(crate) fn write(&mut self, x: i32, y: i32, align: Align, style: Style, text: &str) {
        let text = one_line(text);
        let wide = font::width(style.weight, style.size, &text);
        let from_left = if self.from_right { WIDTH - x } else { x };
        let leftwards = (align == Align::End) != self.from_right;
        let x = if leftwards { from_left - wide } else { from_left };
        self.marks.push(Mark::Text { x, y, style, text });
    }

    /// Writes a text between its start and `wide`, in so many lines at most; what does not fit ends in "…". Gives the base line of
    /// the last one.
    pub(crate) fn write_within(&mut self, x: i32, y: i32, wide: i32, lines: usize, style: Style, text: &str) -> i32 {
        let mut y = y;
        for (place, line) in broken(style, wide, lines, &one_line(text)).iter().enumerate() {
            y += if place == 0 { 0 } else { style.size * 5 / 4 };
            self.write(x, y, Align::Start, style, line);
        }
        y
    }

    /// A black rectangle.
    pub(crate) fn fill(&mut self, x: i32, y: i32, wide: i32, high: i32) {
        let x = if self.from_right { WIDTH - x - wide } else { x };
        self.marks.push(Mark::Black(vec![[x, y, wide, high]]));
    }

    /// A text as a QR code (level M) in a square of this width, with its white margin inside.
    pub(crate) fn qr(&mut self, x: i32, y: i32, wide: i32, text: &str) {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).expect("a link is shorter than a QR code holds");
        let modules = code.width();
        // Four modules of white on each side, as ISO/IEC 18004 asks for.
        let module = wide / (modules as i32 + 8);
        let margin = (wide - module * modules as i32) / 2;
        let left = if self.from_right { WIDTH - x - wide } else { x } + margin;
        let mut black = Vec::new();
        for (row, colors) in code.to_colors().chunks(modules).enumerate() {
            let mut column = 0;
            for run in colors.chunk_by(|a, b| a == b) {
                if run[0] == Color::Dark {
                    let [across, down, long] = [column, row, run.len()].map(|count| count as i32 * module);
                    black.push([left + across, y + margin + down, long, module]);
                }
                column += run.len();
            }
        }
        self.marks.push(Mark::Black(black));
    }

    #[cfg(test)]
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.marks.iter().filter_map(|mark| if let Mark::Text { text, .. } = mark { Some(text.as_str()) } else { None }).collect()
    }
}

/// Characters of one text that are looked at: more fit on no line, and to break a text takes its square.
const MAX_CHARACTERS: usize = 400;

/// A text without line breaks and other control characters.
fn one_line(text: &str) -> String {
    text.chars().take(MAX_CHARACTERS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A text in lines of this width, in so many at most.
fn broken(style: Style, wide: i32, most: usize, text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}")).filter(|line| fits(style, wide, line));
        match (longer, lines.last_mut()) {
            (Some(longer), Some(last)) => *last = longer,
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.len() > most {
        let rest = lines.split_off(most - 1).join(" ");
        lines.push(rest);
    }
    lines.into_iter().map(|line| shortened(style, wide, line)).collect()
}

fn fits(style: Style, wide: i32, line: &str) -> bool {
    font::width(style.weight, style.size, line) <= wide
}

fn shortened(style: Style, wide: i32, mut line: String) -> String {
    if fits(style, wide, &line) {
        return line;
    }
    while line.pop().is_some() && !fits(style, wide, &format!("{line}…")) {}
    line + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style::plain(100);

    #[test]
    fn a_text_is_broken_between_words_and_ends_in_dots_only_where_it_does_not_fit() {
        let text = "Association of the coin, 12 market street";
        assert_eq!(broken(STYLE, 200 * MM, 2, text), [text]);
        let two = broken(STYLE, 45 * MM, 2, text);
        assert_eq!(two.join(" "), text);
        assert_eq!(two.len(), 2);
        let cut = broken(STYLE, 45 * MM, 1, text);
        assert!(cut[0].ends_with('…') && cut[0].starts_with("Association of") && fits(STYLE, 45 * MM, &cut[0]));
        assert!(broken(STYLE, 20 * MM, 3, &"W".repeat(300)).iter().all(|line| fits(STYLE, 20 * MM, line)));
        assert!(broken(STYLE, 20 * MM, 3, "").is_empty());
    }

    #[test]
    fn in_a_language_from_the_right_everything_is_mirrored() {
        let mut left = Sheet::new(false);
        let mut right = Sheet::new(true);
        for sheet in [&mut left, &mut right] {
            sheet.fill(10 * MM, 0, 5 * MM, MM);
            sheet.write(20 * MM, 0, Align::End, STYLE, "12,00");
        }
        let place = |sheet: &Sheet| match (&sheet.marks[0], &sheet.marks[1]) {
            (Mark::Black(black), Mark::Text { x, .. }) => (black[0][0], *x),
            _ => (0, 0),
        };
        let wide = font::width(STYLE.weight, STYLE.size, "12,00");
        assert_eq!(place(&left), (10 * MM, 20 * MM - wide));
        assert_eq!(place(&right), (WIDTH - 15 * MM, WIDTH - 20 * MM));
    }
}
