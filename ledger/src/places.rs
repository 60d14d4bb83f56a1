//! Where a shop is and when it is open: what it tells everybody, so that members know where their units are taken.
//!
//! ```text
//! table 33   account:16    sealed {1?: address, 2?: quarter, 3?: about, 4?: offers, 5?: phone, 6: [weekday, opens, closes, …]}
//! ```
//! It is public as long as it stands here; it is sealed all the same, because a shop is often one person, who may want to be erased.

use crate::directory::Directory;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::fault::Fault;
use crate::key::AccountId;
use crate::records::{Change, KeyRange, Records, Table};

const PLACES: Table = Table(33);

/// The longest address: two lines of an envelope.
pub const MAX_ADDRESS_BYTES: usize = 140;
/// The longest name of a quarter.
pub const MAX_QUARTER_BYTES: usize = 60;
/// The longest text about a shop, or about what it offers: some sentences on a phone.
pub const MAX_ABOUT_BYTES: usize = 300;
/// The longest telephone number, with its spaces.
pub const MAX_PHONE_BYTES: usize = 30;
/// Three times a day, on seven days.
pub const MAX_OPENINGS: usize = 21;
/// The minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// A time at which a shop is open, each week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Opening {
    /// The day of the week: 0 is Monday.
    pub weekday: u8,
    /// From this minute of the local day on.
    pub opens: u16,
    /// Before this minute; 1,440 is midnight.
    pub closes: u16,
}

/// What a shop tells everybody. Every text is optional.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Place {
    /// Street, number and town.
    pub address: Option<String>,
    /// The part of the town, as people call it.
    pub quarter: Option<String>,
    /// About the shop.
    pub about: Option<String>,
    /// What it offers to other shops: whom may they pay with what they took.
    pub offers: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// When it is open, ascending and apart from each other.
    pub openings: Vec<Opening>,
}

impl Place {
    fn texts(&self) -> [(u64, &Option<String>); 5] {
        [(1, &self.address), (2, &self.quarter), (3, &self.about), (4, &self.offers), (5, &self.phone)]
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(1 + self.texts().iter().filter(|(_, text)| text.is_some()).count());
        for (key, text) in self.texts() {
            if let Some(text) = text {
                out.uint(key).text(text);
            }
        }
        out.uint(6).array(3 * self.openings.len());
        for opening in &self.openings {
            out.uint(opening.weekday.into()).uint(opening.opens.into()).uint(opening.closes.into());
        }
        out.into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<Place, DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut map = reader.map()?;
        let mut text = |key, most| -> Result<Option<String>, DecodeError> {
            if map.optional(&mut reader, key)? { Ok(Some(reader.text(most)?.to_owned())) } else { Ok(None) }
        };
        let (address, quarter) = (text(1, MAX_ADDRESS_BYTES)?, text(2, MAX_QUARTER_BYTES)?);
        let (about, offers) = (text(3, MAX_ABOUT_BYTES)?, text(4, MAX_ABOUT_BYTES)?);
        let phone = text(5, MAX_PHONE_BYTES)?;
        map.required(&mut reader, 6)?;
        let numbers = reader.array(3 * MAX_OPENINGS)?;
        let mut openings = Vec::with_capacity(numbers / 3);
        for _ in 0..numbers / 3 {
            openings.push(opening(&mut reader)?);
        }
        map.end()?;
        reader.end()?;
        let apart = |pair: &[Opening]| {
            pair[0].weekday < pair[1].weekday || (pair[0].weekday == pair[1].weekday && pair[0].closes <= pair[1].opens)
        };
        if !openings.windows(2).all(apart) {
            return Err(DecodeError::OutOfBounds("opening hours overlap or are not in order"));
        }
        Ok(Place { address, quarter, about, offers, phone, openings })
    }

    /// True when every text is within its length and without control characters, and the openings are in order and apart.
    pub fn is_sound(&self) -> bool {
        self.openings.len() <= MAX_OPENINGS && Place::decode(&self.encode()).is_ok()
    }
}

fn opening(reader: &mut Reader) -> Result<Opening, DecodeError> {
    let out_of_bounds = || DecodeError::OutOfBounds("a shop opens on a day from 0 to 6, and closes later on that day");
    let mut number = || -> Result<u16, DecodeError> { u16::try_from(reader.uint()?).map_err(|_| out_of_bounds()) };
    let (weekday, opens, closes) = (number()?, number()?, number()?);
    let weekday = u8::try_from(weekday).ok().filter(|day| *day < 7).ok_or_else(out_of_bounds)?;
    if opens >= closes || closes > DAY_MINUTES { Err(out_of_bounds()) } else { Ok(Opening { weekday, opens, closes }) }
}

/// What is wrong with what a shop wants to tell: a text is too long or has control characters, or openings overlap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unsound;

/// The places of all shops.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    records: &'a Records,
    directory: &'a Directory,
}

impl<'a> Places<'a> {
    /// Over these records, sealed by this directory.
    pub fn new(records: &'a Records, directory: &'a Directory) -> Places<'a> {
        Places { records, directory }
    }

    /// What a shop tells; nothing when it told nothing, or was erased.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn of(&self, account: &AccountId) -> Result<Place, Fault> {
        let sealed = self.records.get(PLACES, &account.0)?;
        Ok(sealed.map(|sealed| self.opened(account, &sealed)).transpose()?.flatten().unwrap_or_default())
    }

    /// What all shops tell.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn all(&self) -> Result<Vec<(AccountId, Place)>, Fault> {
        let mut found = Vec::new();
        self.records.each(PLACES, KeyRange::all(), |key, sealed| -> Result<(), Fault> {
            let Ok(account) = key.try_into().map(AccountId) else { return Ok(()) };
            found.extend(self.opened(&account, sealed)?.map(|place| (account, place)));
            Ok(())
        })?;
        Ok(found)
    }

    fn opened(&self, account: &AccountId, sealed: &[u8]) -> Result<Option<Place>, Fault> {
        let plain = self.directory.unseal(account, PLACES, &account.0, sealed)?;
        Ok(plain.and_then(|plain| Place::decode(&plain).ok()))
    }

    /// Writes what a shop tells, in the place of what it told before.
    ///
    /// # Errors
    ///
    /// As writing records; an [`Unsound`] place is not written.
    pub fn put(&self, account: &AccountId, place: &Place) -> Result<Result<(), Unsound>, Fault> {
        if !place.is_sound() {
            return Ok(Err(Unsound));
        }
        let value = self.directory.seal(account, PLACES, &account.0, &place.encode())?;
        let put = Change::Put { table: PLACES, key: account.0.to_vec(), value };
        self.records.keep(&[put])?;
        Ok(Ok(()))
    }
}
