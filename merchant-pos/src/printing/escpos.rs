//! The few commands of ESC/POS that a ticket needs, byte for byte as Epson's reference of the language has them.
//!
//! Our own and not a library: the crate `escpos` (0.19) sends the drawer's pulse without its two times, so that the printer takes the
//! next two bytes for them; its table of page 858 has `Ô` twice, so that it prints `Ò`, and the soft hyphen in the place of `-`; and
//! what is not in the page it sends as UTF-8, which prints as other characters. Golden bytes in the tests hold these here.

/// A page of characters, as printers know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Page {
    /// PC858: what nearly every printer of a shop in Europe has.
    Pc858,
    /// Windows-1252: has `œ` too.
    Windows1252,
    /// No accents at all, for printers whose page is not known.
    Ascii,
}

impl Page {
    /// All of them.
    pub const ALL: [Page; 3] = [Page::Pc858, Page::Windows1252, Page::Ascii];

    /// The name in settings.
    pub fn word(self) -> &'static str {
        match self {
            Page::Pc858 => "pc858",
            Page::Windows1252 => "windows1252",
            Page::Ascii => "ascii",
        }
    }

    /// Its number for `ESC t`.
    fn number(self) -> u8 {
        match self {
            Page::Pc858 => 19,
            Page::Windows1252 => 16,
            Page::Ascii => 0,
        }
    }

    /// The byte of a character that is not in ASCII.
    fn byte(self, character: char) -> Option<u8> {
        let (first, table) = match self {
            Page::Pc858 => (0x80, PC858),
            Page::Windows1252 => match u8::try_from(character) {
                Ok(byte @ 0xa0..) => return Some(byte),
                _ => (0x80, WINDOWS_1252),
            },
            Page::Ascii => return None,
        };
        // A space stands where the page has none of its own that is printed here.
        let place = table.chars().position(|known| known == character && known != ' ')?;
        u8::try_from(first + place).ok()
    }

    /// The bytes of a text on one line: what the page lacks is written with what it has, and as `?` when nothing comes near.
    pub fn bytes(self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len());
        for character in text.chars() {
            match (u8::try_from(character), self.byte(character)) {
                (Ok(byte @ 0x20..=0x7e), _) => bytes.push(byte),
                (_, Some(byte)) => bytes.push(byte),
                _ => bytes.extend(near(character).bytes()),
            }
        }
        bytes
    }

    /// The text as it is printed, so that what is counted is what stands on the paper.
    pub fn shown(self, text: &str) -> String {
        let shown = |character: char| match (u8::try_from(character), self.byte(character)) {
            (Ok(0x20..=0x7e), _) | (_, Some(_)) => character.to_string(),
            _ => near(character).to_owned(),
        };
        text.chars().map(shown).collect()
    }
}

/// The upper half of PC858, as IBM defined it.
const PC858: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";
/// 0x80 to 0x9f of Windows-1252.
const WINDOWS_1252: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

/// What is printed for a character that a page lacks.
fn near(character: char) -> &'static str {
    match character {
        'à' | 'â' | 'ä' | 'á' | 'ã' | 'å' => "a",
        'é' | 'è' | 'ê' | 'ë' => "e",
        'î' | 'ï' | 'í' | 'ì' => "i",
        'ô' | 'ö' | 'ó' | 'ò' | 'õ' => "o",
        'ù' | 'û' | 'ü' | 'ú' => "u",
        'ÿ' | 'ý' => "y",
        'ç' => "c",
        'ñ' => "n",
        'À' | 'Â' | 'Ä' | 'Á' | 'Ã' | 'Å' => "A",
        'É' | 'È' | 'Ê' | 'Ë' => "E",
        'Î' | 'Ï' | 'Í' | 'Ì' => "I",
        'Ô' | 'Ö' | 'Ó' | 'Ò' | 'Õ' => "O",
        'Ù' | 'Û' | 'Ü' | 'Ú' => "U",
        'Ÿ' | 'Ý' => "Y",
        'Ç' => "C",
        'Ñ' => "N",
        'œ' => "oe",
        'Œ' => "OE",
        'æ' => "ae",
        'Æ' => "AE",
        '’' | '‘' => "'",
        '“' | '”' | '«' | '»' => "\"",
        '–' | '—' | '−' | '‐' | '‑' => "-",
        '…' => "...",
        '€' => "EUR",
        '×' => "x",
        '·' => "-",
        '°' => "o",
        '\u{a0}' | '\u{202f}' | '\u{2009}' => " ",
        _ => "?",
    }
}

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    /// At the left.
    Left,
    /// In the middle.
    Middle,
}

const ESC: u8 = 0x1b;
const GS: u8 = 0x1d;
/// The paper moves so far before the cut that the last line is beyond the knife; by the printer itself, plus this many dots.
const CUT_FEED: u8 = 0;
/// The drawer's coil is on for so many steps of 2 ms, and off for so many: 120 ms and 240 ms, which every lock of a drawer takes.
const PULSE_ON: u8 = 60;
const PULSE_OFF: u8 = 120;
/// A code may have so many bytes: what a QR code of the second model holds at level M.
pub const MAX_CODE_BYTES: usize = 2_331;
/// One module of a code is so many dots wide: half a millimetre, which phones read.
const CODE_MODULE: u8 = 5;
const QR_MODEL_2: u8 = 50;
const QR_LEVEL_M: u8 = 49;

/// Bytes for a printer, in the order in which it does them.
pub struct Job {
    page: Page,
    bytes: Vec<u8>,
    /// What the printer was told last; it is told again only when that changes.
    align: Align,
    bold: bool,
    large: bool,
}

impl Job {
    /// Begins: the printer forgets what it was told before, and takes this page.
    pub fn new(page: Page) -> Job {
        let bytes = vec![ESC, b'@', ESC, b't', page.number()];
        Job { page, bytes, align: Align::Left, bold: false, large: false }
    }

    /// Where the next lines stand.
    pub fn align(&mut self, align: Align) -> &mut Job {
        let changed = std::mem::replace(&mut self.align, align) != align;
        if changed { self.command(&[ESC, b'a', align as u8]) } else { self }
    }

    /// Whether the next lines are bold.
    pub fn bold(&mut self, bold: bool) -> &mut Job {
        let changed = std::mem::replace(&mut self.bold, bold) != bold;
        if changed { self.command(&[ESC, b'E', bold.into()]) } else { self }
    }

    /// Whether the next lines are twice as wide and high.
    pub fn large(&mut self, large: bool) -> &mut Job {
        let changed = std::mem::replace(&mut self.large, large) != large;
        if changed { self.command(&[GS, b'!', if large { 0x11 } else { 0 }]) } else { self }
    }

    /// A line of text.
    pub fn line(&mut self, text: &str) -> &mut Job {
        let bytes = self.page.bytes(text);
        self.command(&bytes).command(b"\n")
    }

    /// A QR code, level M, which the printer draws itself.
    pub fn code(&mut self, text: &str) -> &mut Job {
        let [low, high] = u16::try_from(text.len() + 3).unwrap_or(u16::MAX).to_le_bytes();
        self.command(&[GS, b'(', b'k', 4, 0, 49, 65, QR_MODEL_2, 0]);
        self.command(&[GS, b'(', b'k', 3, 0, 49, 67, CODE_MODULE]);
        self.command(&[GS, b'(', b'k', 3, 0, 49, 69, QR_LEVEL_M]);
        self.command(&[GS, b'(', b'k', low, high, 49, 80, 48]).command(text.as_bytes());
        self.command(&[GS, b'(', b'k', 3, 0, 49, 81, 48])
    }

    /// Moves the paper on.
    pub fn feed(&mut self, lines: u8) -> &mut Job {
        self.command(&[ESC, b'd', lines])
    }

    /// Moves the last line beyond the knife, and cuts but for a point.
    pub fn cut(&mut self) -> &mut Job {
        self.command(&[GS, b'V', 66, CUT_FEED])
    }

    /// Opens the drawer: both pins, because a drawer hangs on one of them and nothing on the other.
    pub fn drawer(&mut self) -> &mut Job {
        self.command(&[ESC, b'p', 0, PULSE_ON, PULSE_OFF]).command(&[ESC, b'p', 1, PULSE_ON, PULSE_OFF])
    }

    /// The bytes.
    pub fn done(self) -> Vec<u8> {
        self.bytes
    }

    fn command(&mut self, bytes: &[u8]) -> &mut Job {
        self.bytes.extend_from_slice(bytes);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_128_places_and_each_accent_of_french_stands_where_the_printers_have_it() {
        assert_eq!(PC858.chars().count(), 128);
        assert_eq!(WINDOWS_1252.chars().count(), 32);
        // Bytes of IBM 858 and of Windows-1252, from their published tables.
        let rows = [
            ('é', 0x82, 0xe9),
            ('è', 0x8a, 0xe8),
            ('à', 0x85, 0xe0),
            ('ç', 0x87, 0xe7),
            ('ù', 0x97, 0xf9),
            ('û', 0x96, 0xfb),
            ('ô', 0x93, 0xf4),
            ('Ô', 0xe2, 0xd4),
            ('Ò', 0xe3, 0xd2),
            ('É', 0x90, 0xc9),
            ('À', 0xb7, 0xc0),
            ('Ç', 0x80, 0xc7),
            ('€', 0xd5, 0x80),
            ('ñ', 0xa4, 0xf1),
            ('°', 0xf8, 0xb0),
            ('«', 0xae, 0xab),
            ('■', 0xfe, b'?'),
            ('œ', b'o', 0x9c),
            ('ÿ', 0x98, 0xff),
        ];
        for (character, pc858, windows) in rows {
            let text = character.to_string();
            assert_eq!((Page::Pc858.bytes(&text)[0], Page::Windows1252.bytes(&text)[0]), (pc858, windows), "{character}");
        }
        assert_eq!(Page::Pc858.bytes("-A z~"), b"-A z~");
    }

    #[test]
    fn what_a_page_lacks_is_written_with_what_it_has_and_commands_in_a_text_do_nothing() {
        assert_eq!(
            Page::Pc858.bytes("Œuf à l’œil… « ا »"),
            [&b"OEuf "[..], &[0x85], b" l'oeil... ", &[0xae], b" ? ", &[0xaf]].concat()
        );
        assert_eq!(Page::Ascii.bytes("Crème brûlée 2 €"), b"Creme brulee 2 EUR");
        assert_eq!(Page::Pc858.bytes("a\u{1b}@\u{1d}V\n"), b"a?@?V?");
        for page in Page::ALL {
            let text = "Œuf à l’œil… « ا » ½";
            assert_eq!(page.shown(text).chars().count(), page.bytes(text).len(), "{page:?}");
        }
    }

    #[test]
    fn each_command_is_what_the_reference_says() {
        let mut job = Job::new(Page::Pc858);
        job.bold(false)
            .align(Align::Middle)
            .align(Align::Middle)
            .bold(true)
            .large(true)
            .line("É")
            .large(false)
            .bold(false)
            .align(Align::Left)
            .feed(2)
            .cut()
            .drawer();
        let expected: &[u8] = b"\x1b@\x1bt\x13\x1ba\x01\x1bE\x01\x1d!\x11\x90\n\x1d!\x00\x1bE\x00\x1ba\x00\x1bd\x02\x1dVB\x00\x1bp\x00\x3c\x78\x1bp\x01\x3c\x78";
        assert_eq!(job.done(), expected);
        let mut job = Job::new(Page::Ascii);
        job.code("https://m.example/ticket/#A");
        let expected: &[u8] = b"\x1b@\x1bt\x00\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x05\x1d(k\x03\x001E1\x1d(k\x1e\x001P0https://m.example/ticket/#A\x1d(k\x03\x001Q0";
        assert_eq!(job.done(), expected);
    }
}
