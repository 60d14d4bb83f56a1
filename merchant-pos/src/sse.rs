//! Reading server-sent events (HTML standard, "parsing an event stream") from chunks that are cut anywhere.
//!
//! What arrives is only a hint that something happened; nobody believes it. So a line or an event beyond its bound ends the
//! connection, and the statement is read again after the next one.

/// A line has at most so many bytes: an entry of the API's contract is a few hundred.
const MAX_LINE_BYTES: usize = 64 << 10;
/// The data of one event has at most so many bytes.
const MAX_DATA_BYTES: usize = 256 << 10;
const MARK: &[u8] = "\u{feff}".as_bytes();

/// One event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Its name; `message` when it has none.
    pub name: String,
    /// Its data.
    pub data: String,
}

/// A line or an event is beyond its bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLong;

/// A reader of one connection.
#[derive(Default)]
pub struct Parser {
    line: Vec<u8>,
    name: String,
    data: String,
    has_data: bool,
    /// The byte before was a carriage return: a line feed now belongs to it.
    after_return: bool,
    /// The first line was read: a byte order mark is looked for no more.
    begun: bool,
}

impl Parser {
    /// Takes the next bytes, and gives the events that they complete.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for byte in chunk {
            let follows_return = std::mem::take(&mut self.after_return);
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => {
                    self.after_return = *byte == b'\r';
                    events.extend(self.end_line()?);
                }
                _ if self.line.len() == MAX_LINE_BYTES => return Err(TooLong),
                _ => self.line.push(*byte),
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Result<Option<Event>, TooLong> {
        let bytes = std::mem::take(&mut self.line);
        let bytes = if self.begun { &bytes[..] } else { bytes.strip_prefix(MARK).unwrap_or(&bytes) };
        self.begun = true;
        if bytes.is_empty() {
            return Ok(self.end_event());
        }
        let line = String::from_utf8_lossy(bytes);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => self.add_data(value)?,
            // A comment, or a field that means nothing here.
            _ => {}
        }
        Ok(None)
    }

    fn add_data(&mut self, value: &str) -> Result<(), TooLong> {
        if self.data.len() + value.len() >= MAX_DATA_BYTES {
            return Err(TooLong);
        }
        if self.has_data {
            self.data.push('\n');
        }
        self.has_data = true;
        self.data.push_str(value);
        Ok(())
    }

    fn end_event(&mut self) -> Option<Event> {
        let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
        let name = if name.is_empty() { "message".to_owned() } else { name };
        std::mem::take(&mut self.has_data).then_some(Event { name, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "\u{feff}event: hello\ndata: {\"last_entry\":7}\n\n: still here\n\nevent:entry\r\ndata:1é\r\ndata:  2\r\n\r\nid: 9\rdata\r\revent: lost\n\ndata: x\n\n";

    fn expected() -> Vec<Event> {
        let event = |name: &str, data: &str| Event { name: name.into(), data: data.into() };
        vec![event("hello", "{\"last_entry\":7}"), event("entry", "1é\n 2"), event("message", ""), event("message", "x")]
    }

    #[test]
    fn a_stream_split_at_any_byte_gives_the_same_events() {
        let bytes = STREAM.as_bytes();
        for first in 0..=bytes.len() {
            for second in [first, (first + bytes.len()) / 2, bytes.len()] {
                let mut parser = Parser::default();
                let parts = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                let events: Vec<Event> = parts.iter().flat_map(|part| parser.feed(part).unwrap()).collect();
                assert_eq!(events, expected(), "split at {first} and {second}");
            }
        }
    }

    #[test]
    fn byte_by_byte_is_the_same() {
        let mut parser = Parser::default();
        let events: Vec<Event> = STREAM.bytes().flat_map(|byte| parser.feed(&[byte]).unwrap()).collect();
        assert_eq!(events, expected());
    }

    #[test]
    fn an_unfinished_event_is_none() {
        assert_eq!(Parser::default().feed(b"event: entry\ndata: 1\n").unwrap(), []);
    }

    #[test]
    fn what_has_no_end_is_refused() {
        let mut parser = Parser::default();
        let block = [b'x'; 1 << 10];
        let taken = (0..1_000).take_while(|_| parser.feed(&block).is_ok()).count();
        assert_eq!(taken, MAX_LINE_BYTES / block.len());
        let mut parser = Parser::default();
        let line = [b"data:", &block[..], b"\n"].concat();
        let taken = (0..1_000).take_while(|_| parser.feed(&line).is_ok()).count();
        assert!((200..256).contains(&taken), "{taken}");
    }
}
