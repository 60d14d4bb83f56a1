//! What is printed, in the languages of the pages. Basque and Arabic were not yet read by a speaker.

/// A language of paper.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
    /// Basque.
    Eu,
    /// Arabic, from right to left.
    Ar,
}

impl Language {
    /// The language of a tag such as `fr` or `ar-MA`; French for one that is not printed here.
    pub fn of(tag: &str) -> Language {
        match tag.split('-').next().unwrap_or_default() {
            "en" => Language::En,
            "eu" => Language::Eu,
            "ar" => Language::Ar,
            _ => Language::Fr,
        }
    }

    pub(crate) fn tag(self) -> &'static str {
        match self {
            Language::Fr => "fr",
            Language::En => "en",
            Language::Eu => "eu",
            Language::Ar => "ar",
        }
    }

    /// Whether a page begins on the right.
    pub(crate) fn is_mirrored(self) -> bool {
        self == Language::Ar
    }

    pub(crate) fn words(self) -> &'static Words {
        match self {
            Language::Fr => &FRENCH,
            Language::En => &ENGLISH,
            Language::Eu => &BASQUE,
            Language::Ar => &ARABIC,
        }
    }

    /// What stands between groups of three digits, and before the cents.
    fn separators(self) -> (char, char) {
        match self {
            Language::Fr => ('\u{202f}', ','),
            Language::En => (',', '.'),
            Language::Eu | Language::Ar => ('.', ','),
        }
    }
}

/// An amount in cents, as the language writes it, in groups of three digits. Without a sign when it is not negative.
pub fn amount(language: Language, cents: i128) -> String {
    let (group, decimal) = language.separators();
    let whole = (cents.unsigned_abs() / 100).to_string();
    let mut text = String::from(if cents < 0 { "\u{2212}" } else { "" });
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(group);
        }
        text.push(digit);
    }
    text.push(decimal);
    text.push_str(&format!("{:02}", cents.unsigned_abs() % 100));
    text
}

/// The words of one language.
pub(crate) struct Words {
    pub card: &'static str,
    pub found: &'static str,
    pub pin: &'static str,
    pub statement: &'static str,
    pub account: &'static str,
    pub period: &'static str,
    pub made: &'static str,
    pub day: &'static str,
    pub what: &'static str,
    pub amount: &'static str,
    pub balance: &'static str,
    pub opening: &'static str,
    pub carried: &'static str,
    pub came: &'static str,
    pub went: &'static str,
    pub closing: &'static str,
    pub nothing: &'static str,
    pub page: &'static str,
}

const FRENCH: Words = Words {
    card: "Carte de paiement",
    found: "Trouvée ? Merci de la rapporter à :",
    pin: "Ne dites votre code secret à personne.",
    statement: "Relevé de compte",
    account: "Compte",
    period: "Période",
    made: "Établi le",
    day: "Date",
    what: "Opération",
    amount: "Montant",
    balance: "Solde",
    opening: "Solde au début",
    carried: "Report",
    came: "Total reçu",
    went: "Total payé",
    closing: "Solde à la fin",
    nothing: "Aucune opération pendant cette période.",
    page: "Page",
};

const ENGLISH: Words = Words {
    card: "Payment card",
    found: "Found? Please bring it to:",
    pin: "Tell nobody your PIN.",
    statement: "Account statement",
    account: "Account",
    period: "Period",
    made: "Made on",
    day: "Date",
    what: "What",
    amount: "Amount",
    balance: "Balance",
    opening: "Balance at the start",
    carried: "Carried over",
    came: "Total received",
    went: "Total paid",
    closing: "Balance at the end",
    nothing: "Nothing happened in this period.",
    page: "Page",
};

const BASQUE: Words = Words {
    card: "Ordaintzeko txartela",
    found: "Aurkitu duzu? Eraman hona, mesedez:",
    pin: "Ez esan zure kode sekretua inori.",
    statement: "Kontuaren laburpena",
    account: "Kontua",
    period: "Epea",
    made: "Eguna",
    day: "Data",
    what: "Eragiketa",
    amount: "Zenbatekoa",
    balance: "Saldoa",
    opening: "Hasierako saldoa",
    carried: "Aurreko orritik",
    came: "Jasotakoa guztira",
    went: "Ordaindutakoa guztira",
    closing: "Amaierako saldoa",
    nothing: "Ez da eragiketarik izan epe honetan.",
    page: "Orria",
};

const ARABIC: Words = Words {
    card: "بطاقة دفع",
    found: "وجدتها؟ من فضلك أعدها إلى:",
    pin: "لا تقل رمزك السري لأحد.",
    statement: "كشف الحساب",
    account: "الحساب",
    period: "الفترة",
    made: "حُرّر في",
    day: "التاريخ",
    what: "العملية",
    amount: "المبلغ",
    balance: "الرصيد",
    opening: "الرصيد في البداية",
    carried: "منقول",
    came: "مجموع ما وصل",
    went: "مجموع ما دُفع",
    closing: "الرصيد في النهاية",
    nothing: "لا توجد عمليات في هذه الفترة.",
    page: "صفحة",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_groups_cents_and_a_minus_sign() {
        assert_eq!(amount(Language::Fr, 123_456_789), "1\u{202f}234\u{202f}567,89");
        assert_eq!(amount(Language::En, -100_005), "\u{2212}1,000.05");
        assert_eq!(amount(Language::Eu, 99_900), "999,00");
        assert_eq!(amount(Language::Fr, 0), "0,00");
        assert_eq!(amount(Language::Ar, i128::from(i64::MIN)), "\u{2212}92.233.720.368.547.758,08");
    }

    #[test]
    fn an_unknown_language_is_printed_in_french() {
        assert_eq!(Language::of("ar-MA"), Language::Ar);
        assert_eq!(Language::of("oc"), Language::Fr);
        assert_eq!(Language::of(""), Language::Fr);
    }
}
