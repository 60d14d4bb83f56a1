//! XML, read strictly and with limits: no DOCTYPE, no entities but the five of XML, no end of depth.

use super::Unreadable;
use super::text::{identifier, name, words};
use documents::table::shown;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

/// The deepest element: bank files go some 15 deep, envelopes around them a few more.
pub const MAX_DEPTH: usize = 32;
/// The most elements in one entry: a batch of some ten thousand payments.
pub const MAX_ELEMENTS: usize = 500_000;
/// The most attributes of one element: namespaces, a schema, a currency.
const MAX_ATTRIBUTES: usize = 32;

/// The start of an element.
pub struct Tag {
    /// The name without its prefix.
    pub name: String,
    /// The line that it stands on.
    pub line: usize,
    /// The attribute `Ccy`.
    pub currency: Option<String>,
    /// The name of an ISO 20022 message that a namespace speaks of, such as `camt.053.001.08`.
    pub message: Option<String>,
}

/// An element with everything in it.
pub struct Element {
    /// The name without its prefix.
    pub name: String,
    /// The line that it starts on.
    pub line: usize,
    /// The attribute `Ccy`.
    pub currency: Option<String>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn new(tag: Tag) -> Element {
        Element { name: tag.name, line: tag.line, currency: tag.currency, text: String::new(), children: Vec::new() }
    }

    /// An element of another notation than XML.
    pub fn plain(name: &str, line: usize, text: &str) -> Element {
        Element { name: name.to_owned(), line, currency: None, text: text.to_owned(), children: Vec::new() }
    }

    /// Puts an element at the end of this one.
    pub fn push(&mut self, child: Element) {
        self.children.push(child);
    }

    /// Puts what is in an element at the end of this one.
    pub fn absorb(&mut self, child: Element) {
        self.children.extend(child.children);
    }

    /// The elements of a name directly below this one.
    pub fn children<'s, 'n>(&'s self, name: &'n str) -> impl Iterator<Item = &'s Element> + use<'s, 'n> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element at a path of names, `/` between them.
    pub fn at(&self, path: &str) -> Option<&Element> {
        path.split('/').try_fold(self, |element, name| {
            let place = element.children.iter().position(|child| child.name == name);
            #[cfg(test)]
            LOOKED_AT.with(|sum| sum.set(sum.get() + place.map_or(element.children.len(), |place| place + 1)));
            element.children.get(place?)
        })
    }

    /// The text directly in it, without space around.
    pub fn text(&self) -> &str {
        self.text.trim()
    }

    /// The words at a path.
    pub fn words(&self, path: &str, most: usize) -> Option<String> {
        words(self.at(path)?.text(), most)
    }

    /// The name at the first of some paths that has one.
    pub fn name(&self, paths: &[&str]) -> Option<String> {
        paths.iter().find_map(|path| name(self.at(path)?.text()))
    }

    /// The identifier at the first of some paths that has one.
    pub fn identifier(&self, paths: &[&str]) -> Result<Option<String>, Unreadable> {
        for element in paths.iter().filter_map(|path| self.at(path)) {
            if let Some(found) = identifier(element.text(), element.line)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
thread_local! {
    /// How many elements were looked at on the way along paths: work is counted, not timed.
    pub static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// What comes next between elements.
pub enum Step {
    /// An element starts.
    Open(Tag),
    /// The element that was opened last ends.
    Close,
    /// The file ends.
    End,
}

/// A document that is read from its start to its end.
pub struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    counted: usize,
    line: usize,
    depth: usize,
    roots: usize,
}

impl<'a> Xml<'a> {
    /// Starts to read.
    pub fn new(text: &'a str) -> Xml<'a> {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        Xml { reader, text, counted: 0, line: 1, depth: 0, roots: 0 }
    }

    /// The next start or end of an element; text between elements, comments and instructions are passed over.
    pub fn step(&mut self) -> Result<Step, Unreadable> {
        loop {
            match self.event()? {
                Event::Start(start) => return Ok(Step::Open(self.open(&start)?)),
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(Step::Close);
                }
                Event::Eof => return Ok(Step::End),
                Event::Text(text) if self.depth == 0 && !text.trim_ascii().is_empty() => {
                    return Err(
                        self.wrong("there is text outside of the document: the file is damaged, ask the bank for it again")
                    );
                }
                Event::GeneralRef(reference) => drop(self.reference(&reference)?),
                _ => {}
            }
        }
    }

    /// The whole element that was just opened.
    pub fn element(&mut self, tag: Tag) -> Result<Element, Unreadable> {
        let first = tag.line;
        let mut open = vec![Element::new(tag)];
        let mut elements = 1;
        loop {
            let event = self.event()?;
            let Some(innermost) = open.last_mut() else { return Err(self.wrong("an element ends twice")) };
            match event {
                Event::Start(start) => {
                    elements += 1;
                    if elements > MAX_ELEMENTS {
                        let why = format!("one entry has more than {MAX_ELEMENTS} elements; ask the bank for smaller files");
                        return Err(Unreadable::at(first, why));
                    }
                    let tag = self.open(&start)?;
                    open.push(Element::new(tag));
                }
                Event::End(_) => {
                    self.depth -= 1;
                    let Some(done) = open.pop() else { return Err(self.wrong("an element ends twice")) };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
                Event::Text(text) => innermost.text.push_str(&text.decode().map_err(|_| self.unreadable())?),
                Event::CData(text) => innermost.text.push_str(&text.decode().map_err(|_| self.unreadable())?),
                Event::GeneralRef(reference) => {
                    let c = self.reference(&reference)?;
                    innermost.text.push(c);
                }
                Event::Eof => return Err(self.cut_off()),
                _ => {}
            }
        }
    }

    /// What is wrong at the place that was read last.
    pub fn wrong(&mut self, why: impl Into<String>) -> Unreadable {
        let place = self.reader.buffer_position().max(self.reader.error_position());
        let line = self.line_of(usize::try_from(place).unwrap_or(usize::MAX));
        Unreadable::at(line, why)
    }

    fn event(&mut self) -> Result<Event<'a>, Unreadable> {
        match self.reader.read_event() {
            Ok(Event::Eof) if self.depth > 0 => Err(self.cut_off()),
            Ok(Event::DocType(_)) => {
                Err(self.wrong("the file has a DOCTYPE, which no bank writes and which can do harm: do not use it, ask the bank for the file again"))
            }
            Ok(event) => Ok(event),
            Err(error) => {
                let why = shown_error(&error.to_string());
                Err(self.wrong(format!("this is no well-formed XML ({why}): the file is damaged or cut off, ask the bank for it again")))
            }
        }
    }

    fn cut_off(&mut self) -> Unreadable {
        self.wrong("the file ends in the middle: it was cut off, fetch it from the bank again")
    }

    fn unreadable(&mut self) -> Unreadable {
        self.wrong("there are bytes that are no text: the file is damaged, fetch it from the bank again")
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<Tag, Unreadable> {
        if self.depth == 0 {
            self.roots += 1;
        }
        self.depth += 1;
        if self.roots > 1 {
            return Err(self.wrong("there are two documents in one file: save each in a file of its own"));
        }
        if self.depth > MAX_DEPTH {
            return Err(self.wrong(format!("elements go deeper than {MAX_DEPTH}, which no bank file does: do not use this file")));
        }
        let line = self.line_of(usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX));
        let name = String::from_utf8_lossy(start.local_name().into_inner()).into_owned();
        let mut tag = Tag { name, line, currency: None, message: None };
        for (place, attribute) in start.attributes().with_checks(false).enumerate() {
            let Ok(attribute) = attribute else { return Err(self.wrong("an attribute is not well-formed: the file is damaged")) };
            if place >= MAX_ATTRIBUTES {
                return Err(self.wrong(format!("an element has more than {MAX_ATTRIBUTES} attributes, which no bank file has")));
            }
            match attribute.key.local_name().into_inner() {
                b"Ccy" => {
                    let value = String::from_utf8_lossy(&attribute.value).trim().to_owned();
                    if value.len() != 3 || !value.bytes().all(|byte| byte.is_ascii_uppercase()) {
                        return Err(self.wrong(format!("'{}' is no currency: three capital letters are expected", shown(&value))));
                    }
                    tag.currency = Some(value);
                }
                _ if attribute.key.as_ref().starts_with(b"xmlns") => {
                    let value = String::from_utf8_lossy(&attribute.value);
                    let message = value.rsplit(':').next().filter(|last| last.starts_with("camt.") || last.starts_with("pain."));
                    tag.message = message.map(str::to_owned).or(tag.message);
                }
                _ => {}
            }
        }
        Ok(tag)
    }

    /// One of the five entities of XML, or a character by its number.
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<char, Unreadable> {
        let named = match &**reference {
            b"amp" => Some('&'),
            b"lt" => Some('<'),
            b"gt" => Some('>'),
            b"quot" => Some('"'),
            b"apos" => Some('\''),
            _ => reference.resolve_char_ref().ok().flatten(),
        };
        let entity = String::from_utf8_lossy(reference).into_owned();
        let named = named.filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'));
        named.ok_or_else(|| self.wrong(format!("the entity '&{};' is not taken: bank files have none", shown(&entity))))
    }

    /// The line of a place in the text; places only grow.
    fn line_of(&mut self, place: usize) -> usize {
        let place = place.min(self.text.len());
        if place > self.counted {
            self.line += self.text.as_bytes()[self.counted..place].iter().filter(|byte| **byte == b'\n').count();
            self.counted = place;
        }
        self.line
    }
}

/// A parser's sentence, of which the file may be a part.
fn shown_error(error: &str) -> String {
    const SHOWN: usize = 120;
    error.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
