//! Marks on sheets as a PDF file. The one file with floats: the PDF writer asks for places in points. No amount passes here as a number.
#![allow(clippy::float_arithmetic)]

use crate::font::{self, BOLD, PLAIN, Weight};
use crate::sheet::{HEIGHT, Mark, Sheet, Style, WIDTH};
use crate::words::Language;
use krilla::Document;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{Metadata, TextDirection};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};

/// Points of 1/72 inch in so many micrometres.
fn points(micrometres: i32) -> f32 {
    micrometres as f32 * 72.0 / 25_400.0
}

/// The sheets as one file.
pub(crate) fn write(sheets: &[Sheet], language: Language, title: String) -> Vec<u8> {
    let fonts = [PLAIN, BOLD].map(|bytes| Font::new(bytes.into(), 0).expect("the fonts in the program are whole"));
    let direction = if language.is_mirrored() { TextDirection::RightToLeft } else { TextDirection::LeftToRight };
    let mut document = Document::new();
    document.set_metadata(Metadata::new().title(title).language(language.tag().to_owned()).text_direction(direction));
    for sheet in sheets {
        let size = PageSettings::from_wh(points(WIDTH), points(HEIGHT)).expect("A4 has a size");
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for mark in &sheet.marks {
            match mark {
                Mark::Text { x, y, style, text } => draw_text(&mut surface, &fonts, [*x, *y], *style, text),
                Mark::Black(rectangles) => draw_black(&mut surface, rectangles),
            }
        }
        surface.finish();
        page.finish();
    }
    document.finish().expect("texts and rectangles on A4 are within what PDF allows")
}

fn draw_text(surface: &mut Surface, fonts: &[Font; 2], [x, y]: [i32; 2], style: Style, text: &str) {
    let em = font::units_per_em(style.weight) as f32;
    let glyph = |g: font::Glyph| {
        let [advance, right, up] = [g.advance, g.right, g.up].map(|units| units as f32 / em);
        KrillaGlyph::new(GlyphId::new(g.id), advance, right, up, 0.0, g.shows, None)
    };
    let glyphs: Vec<KrillaGlyph> = font::shape(style.weight, text).into_iter().map(glyph).collect();
    let font = fonts[if style.weight == Weight::Plain { 0 } else { 1 }].clone();
    surface.draw_glyphs(Point::from_xy(points(x), points(y)), &glyphs, font, text, points(style.size), false);
}

fn draw_black(surface: &mut Surface, rectangles: &[[i32; 4]]) {
    let mut path = PathBuilder::new();
    for [x, y, wide, high] in rectangles {
        let rectangle = Rect::from_xywh(points(*x), points(*y), points(*wide), points(*high));
        path.push_rect(rectangle.expect("a rectangle has a size"));
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}
