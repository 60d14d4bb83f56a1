//! The evening on paper: what came in units and what went back, with sums per means of payment and VAT rate below.

use super::{Book, decimal};
use crate::evening::figures::Figures;
use crate::evening::receipt::Receipt;
use documents::{Language, Row, Statement, amount, statement};
use ledger::calendar::{day_text, paris_day};
use std::collections::BTreeMap;

/// The words of paper in a language: a receipt, a refund, something unexpected; receipts and refunds of a day; sums; VAT.
struct Words {
    paid: &'static str,
    back: &'static str,
    unexpected: &'static str,
    means: [&'static str; 5],
    sums: &'static str,
    vat: &'static str,
}

const FRENCH: Words = Words {
    paid: "Paiement",
    back: "Remboursement",
    unexpected: "Paiement inattendu",
    means: ["monnaie locale", "espèces", "carte", "chèque", "autre"],
    sums: "Par moyen de paiement",
    vat: "TVA",
};
const ENGLISH: Words = Words {
    paid: "Payment",
    back: "Refund",
    unexpected: "Unexpected payment",
    means: ["units", "cash", "card", "cheque", "other"],
    sums: "By means of payment",
    vat: "VAT",
};
const BASQUE: Words = Words {
    paid: "Ordainketa",
    back: "Itzulketa",
    unexpected: "Ustekabeko ordainketa",
    means: ["tokiko moneta", "eskudirua", "txartela", "txekea", "bestelakoa"],
    sums: "Ordainbideka",
    vat: "BEZ",
};
const ARABIC: Words = Words {
    paid: "دفع",
    back: "استرداد",
    unexpected: "دفع غير متوقع",
    means: ["العملة المحلية", "نقدا", "بطاقة", "شيك", "أخرى"],
    sums: "حسب وسيلة الدفع",
    vat: "الضريبة على القيمة المضافة",
};

fn words(language: Language) -> &'static Words {
    match language {
        Language::Fr => &FRENCH,
        Language::En => &ENGLISH,
        Language::Eu => &BASQUE,
        Language::Ar => &ARABIC,
    }
}

/// A day as it is printed.
fn printed(day: i64, language: Language) -> String {
    let text = day_text(day);
    if language == Language::Eu {
        return text.replace('-', "/");
    }
    let mut parts: Vec<&str> = text.split('-').collect();
    parts.reverse();
    parts.join("/")
}

/// The pages.
pub fn paper(book: &Book, figures: &Figures, language: Language, unit: &str) -> Vec<u8> {
    let words = words(language);
    let day = |ms: u64| printed(paris_day(ms), language);
    let (first, last) = (paris_day(book.from), paris_day(book.to.saturating_sub(1)));
    let rows = if first == last {
        book.movements().map(|row| single(book, row, words, language)).collect()
    } else {
        per_day(book, words, language)
    };
    let means: Vec<String> = figures
        .by_means
        .iter()
        .map(|sum| {
            let name = crate::tickets::record::Means::ALL
                .iter()
                .position(|means| means.word() == sum.means)
                .map(|place| words.means[place]);
            format!("{} {}", name.unwrap_or_default(), amount(language, sum.amount.into()))
        })
        .collect();
    let rates: Vec<String> = figures
        .by_rate
        .iter()
        .map(|rate| {
            format!(
                "{} {} % : {} / {}",
                words.vat,
                decimal(rate.rate.into()),
                amount(language, rate.vat.into()),
                amount(language, rate.gross.into())
            )
        })
        .collect();
    let note =
        if means.is_empty() { String::new() } else { format!("{} : {}. {}", words.sums, means.join(" ; "), rates.join(" ; ")) };
    statement(&Statement {
        language,
        issuer: book.shop.to_owned(),
        unit: unit.to_owned(),
        holder: String::new(),
        account: book.account.to_owned(),
        period: [day(book.from), day(book.to.saturating_sub(1))],
        made: day(book.made),
        opening: 0,
        rows,
        note,
    })
}

fn single(book: &Book, row: &Receipt, words: &Words, language: Language) -> Row {
    let what = match row.standing {
        crate::evening::receipt::Standing::Refund => words.back,
        crate::evening::receipt::Standing::Unexpected(_) => words.unexpected,
        _ => words.paid,
    };
    let (_, hour) = crate::day::paris(row.time);
    Row {
        day: printed(paris_day(row.time), language),
        what: format!("{} · {what} · {}", &hour[..5], book.what(row)),
        detail: row.charge.map(hex::encode).unwrap_or_default(),
        cents: row.cents,
    }
}

/// Two lines a day: what came, and what went.
fn per_day(book: &Book, words: &Words, language: Language) -> Vec<Row> {
    let mut days: BTreeMap<(i64, bool), (i64, u64)> = BTreeMap::new();
    for row in book.movements() {
        let sum = days.entry((paris_day(row.time), row.cents < 0)).or_default();
        (sum.0, sum.1) = (sum.0 + row.cents, sum.1 + 1);
    }
    let line = |((day, back), (cents, count)): ((i64, bool), (i64, u64))| Row {
        day: printed(day, language),
        what: format!("{} × {count}", if back { words.back } else { words.paid }),
        detail: String::new(),
        cents,
    };
    days.into_iter().map(line).collect()
}
