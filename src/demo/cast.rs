//! Who lives in the town: the association, the town hall, shops and residents, each with a key and an account.

use super::chance::Chance;
use super::names::{SHOPS, Trade, place_of, resident_name, shop_name};
use super::town::{Town, character};
use crate::failure::{Failure, Outcome};
use ledger::SigningKey;
use ledger::account::{AccountKind, Scope};
use ledger::amount::Amount;
use ledger::directory::Profile;
use ledger::key::AccountId;
use ledger::transaction::{Act, Body, OpenAccount};

/// One resident in so many opened the account alone, on the phone, and nobody has checked who they are.
const UNCHECKED_PERCENT: u64 = 15;
/// The associations of the town.
const CLUBS: [&str; 3] = ["Jardin partagé des Lices", "Ciné-club de Belrive", "Atelier vélo du Canal"];
/// What a till may refund in a day.
const TILL_REFUNDS: u64 = 20_000;

/// Someone with an account.
pub struct Person {
    /// A name.
    pub name: String,
    /// The key with all rights.
    pub key: SigningKey,
    /// The account.
    pub account: AccountId,
    /// Its identity level.
    pub level: u8,
    /// What is on the account, in cents, as far as the story has come.
    pub balance: u64,
    /// Of a shop, what it sells.
    pub trade: Option<&'static Trade>,
}

/// Everyone.
pub struct Cast {
    /// The association that issues the currency.
    pub association: Person,
    /// The associations that members can support.
    pub clubs: Vec<Person>,
    /// The town hall.
    pub town_hall: Person,
    /// The shops; the first has a till.
    pub shops: Vec<Person>,
    /// The residents; the first is the one whose wallet is shown.
    pub residents: Vec<Person>,
    /// The key of the first shop's till.
    pub till: SigningKey,
}

/// Opens everybody's account, from `time` on.
pub fn gather(town: &mut Town, time: u64, residents: usize, shops: usize, chance: &mut Chance) -> Outcome<Cast> {
    let association = join(town, time, "Association Le Liard de Belrive", AccountKind::Association)?;
    let town_hall = join(town, time, "Ville de Belrive", AccountKind::PublicBody)?;
    let mut cast =
        Cast { association, clubs: Vec::new(), town_hall, shops: Vec::new(), residents: Vec::new(), till: character()? };
    for number in 0..shops {
        let mut shop = join(town, time, &shop_name(number), AccountKind::Professional)?;
        shop.trade = Some(&SHOPS[number % SHOPS.len()]);
        cast.shops.push(shop);
    }
    for number in 0..residents {
        let name = resident_name(number, chance);
        let alone = number > 0 && chance.percent(UNCHECKED_PERCENT);
        let resident = if alone { open_alone(town, time, name)? } else { join(town, time, &name, AccountKind::Resident)? };
        cast.residents.push(resident);
    }
    for name in CLUBS {
        cast.clubs.push(join(town, time, name, AccountKind::Association)?);
    }
    town.settle()?;
    choose(town, time, &cast)?;
    equip_till(town, time, &cast)?;
    enter_names(town, &cast)?;
    Ok(cast)
}

/// More than half of the residents support an association, the first one most; the first resident has not chosen yet. Shops too.
fn choose(town: &mut Town, time: u64, cast: &Cast) -> Outcome {
    let residents = cast.residents.iter().enumerate().filter(|(number, _)| number % 5 > 1);
    for (number, member) in residents.chain(cast.shops.iter().enumerate().filter(|(number, _)| number % 2 == 1)) {
        let first = [0, 0, 1, 0, 2, 1][number % 6];
        let associations = [first, (first + 1) % CLUBS.len()].map(|place| cast.clubs[place].account).to_vec();
        town.submit(time, &member.key, Body::Choose { account: member.account, associations })?;
    }
    Ok(())
}

/// The association opens an account for someone it has recognised.
fn join(town: &mut Town, time: u64, name: &str, kind: AccountKind) -> Outcome<Person> {
    let level = if kind == AccountKind::Resident { 1 } else { 2 };
    let key = character()?;
    let open = OpenAccount { kind, key: key.verifying_key().into(), level, groups: Vec::new() };
    let opening = town.act(time, Act::OpenAccount(open))?;
    Ok(Person { name: name.to_owned(), key, account: AccountId::opened_by(&opening), level, balance: 0, trade: None })
}

fn open_alone(town: &mut Town, time: u64, name: String) -> Outcome<Person> {
    let key = character()?;
    let open = OpenAccount { kind: AccountKind::Resident, key: key.verifying_key().into(), level: 0, groups: Vec::new() };
    let opening = town.submit(time, &key, Body::OpenAccount(open))?;
    Ok(Person { name, key, account: AccountId::opened_by(&opening), level: 0, balance: 0, trade: None })
}

fn equip_till(town: &mut Town, time: u64, cast: &Cast) -> Outcome {
    let (Some(shop), Some(per_day)) = (cast.shops.first(), Amount::from_cents(TILL_REFUNDS)) else { return Ok(()) };
    let key = cast.till.verifying_key().into();
    town.submit(time, &shop.key, Body::AddKey { account: shop.account, key, scope: Scope::Till { per_day } })?;
    town.settle().map(drop)
}

/// Writes everybody into the directory; shops with an IBAN, since they redeem.
fn enter_names(town: &Town, cast: &Cast) -> Outcome {
    let directory = town.ledger.directory();
    let others = [&cast.association, &cast.town_hall];
    for (number, person) in others.into_iter().chain(&cast.shops).chain(&cast.residents).chain(&cast.clubs).enumerate() {
        let trade = person.trade.map(|trade| trade.trade.to_owned());
        let iban = trade.as_ref().and_then(|_| made_up_iban(number));
        directory.set_profile(&person.account, Profile { name: Some(person.name.clone()), trade, contact: None, iban })?;
    }
    for (number, shop) in cast.shops.iter().enumerate() {
        if let Some(trade) = shop.trade {
            let sound = town.ledger.places().put(&shop.account, &place_of(number, trade))?;
            sound.map_err(|_| Failure::new(format!("the made-up place of {} makes no sense", shop.name)))?;
        }
    }
    Ok(())
}

/// A French IBAN with good check digits, of a bank that does not exist.
pub fn made_up_iban(number: usize) -> Option<String> {
    (2..=98).find_map(|check| fund_office::iban::normalised(&format!("FR{check:02}9999900001{number:011}00")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_ibans_have_good_check_digits() {
        for number in [0, 7, 99] {
            assert!(made_up_iban(number).is_some_and(|iban| iban.len() == 27));
        }
    }
}
