//! Texts as glyphs: which, in which order, how wide. Latin and Arabic may stand in one text.

use rustybuzz::{Direction, Face, UnicodeBuffer};
use std::ops::Range;
use std::sync::LazyLock;
use unicode_bidi::BidiInfo;

/// DejaVu Sans: free, and it has Latin with all its accents and Arabic with its joined letters.
pub(crate) const PLAIN: &[u8] = include_bytes!("../fonts/DejaVuSans.ttf");
pub(crate) const BOLD: &[u8] = include_bytes!("../fonts/DejaVuSans-Bold.ttf");

static FACES: LazyLock<[Face<'static>; 2]> =
    LazyLock::new(|| [PLAIN, BOLD].map(|bytes| Face::from_slice(bytes, 0).expect("the fonts in the program are whole")));

/// How thick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weight {
    Plain,
    Bold,
}

impl Weight {
    fn face(self) -> &'static Face<'static> {
        &FACES[if self == Weight::Plain { 0 } else { 1 }]
    }
}

/// One glyph, in units of the font.
pub(crate) struct Glyph {
    pub id: u32,
    pub advance: i32,
    pub right: i32,
    pub up: i32,
    /// The bytes of the text that it shows.
    pub shows: Range<usize>,
}

/// Units of the font in the height of a line.
pub(crate) fn units_per_em(weight: Weight) -> i32 {
    weight.face().units_per_em()
}

/// A text of one line as glyphs, from left to right as they are printed.
pub(crate) fn shape(weight: Weight, text: &str) -> Vec<Glyph> {
    let bidi = BidiInfo::new(text, None);
    let mut glyphs = Vec::new();
    for paragraph in &bidi.paragraphs {
        let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            let direction = if levels[run.start].is_rtl() { Direction::RightToLeft } else { Direction::LeftToRight };
            shape_run(weight, text, run, direction, &mut glyphs);
        }
    }
    glyphs
}

fn shape_run(weight: Weight, text: &str, run: Range<usize>, direction: Direction, glyphs: &mut Vec<Glyph>) {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(&text[run.clone()]);
    buffer.guess_segment_properties();
    buffer.set_direction(direction);
    let shaped = rustybuzz::shape(weight.face(), &[], buffer);
    let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
    starts.sort_unstable();
    for (info, place) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
        let start = info.cluster as usize;
        let next = starts.get(starts.partition_point(|&other| other <= start)).copied();
        let shows = run.start + start..next.map_or(run.end, |next| run.start + next);
        glyphs.push(Glyph { id: info.glyph_id, advance: place.x_advance, right: place.x_offset, up: place.y_offset, shows });
    }
}

/// How wide a text is when it is printed, in micrometres, for a height of line in micrometres.
pub(crate) fn width(weight: Weight, size: i32, text: &str) -> i32 {
    let units: i64 = shape(weight, text).iter().map(|glyph| i64::from(glyph.advance)).sum();
    let micrometres = units * i64::from(size) / i64::from(units_per_em(weight));
    i32::try_from(micrometres).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_the_four_languages_has_a_glyph() {
        for text in ["Épicerie de l’Œuvre à Noël – 12,50", "Ñabarra, ordaindu", "محمد الأمين، متجر ١٢٣", "\u{2212}1\u{202f}234,00"]
        {
            for weight in [Weight::Plain, Weight::Bold] {
                assert!(shape(weight, text).iter().all(|glyph| glyph.id != 0), "{text}");
            }
        }
    }

    #[test]
    fn arabic_letters_are_joined_and_run_from_the_right() {
        let glyphs = shape(Weight::Plain, "سلم");
        assert_eq!(glyphs[0].shows.end, 6, "the last letter is printed leftmost");
        let alone: Vec<u32> = ["س", "ل", "م"].iter().map(|letter| shape(Weight::Plain, letter)[0].id).collect();
        assert!(glyphs.iter().all(|glyph| !alone.contains(&glyph.id)), "no letter has the form that it has alone");
    }

    #[test]
    fn a_latin_name_in_an_arabic_text_still_runs_from_the_left() {
        let text = "إلى Bela شكرا";
        let at = text.find('B').unwrap_or_default();
        let order: Vec<usize> = shape(Weight::Plain, text).iter().map(|glyph| glyph.shows.start).collect();
        let latin: Vec<usize> = order.iter().copied().filter(|start| (at..at + 4).contains(start)).collect();
        assert_eq!(latin, [at, at + 1, at + 2, at + 3]);
        assert!(order[0] > at, "what comes last is leftmost");
    }
}
