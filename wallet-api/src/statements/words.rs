//! The words of a statement, in the languages of the pages. Basque and Arabic were not reviewed by a native speaker yet.

use crate::wire::Line;
use documents::Language;

/// The words of one language.
pub struct Words {
    /// The language of paper.
    pub language: Language,
    /// Whether a date begins with its year.
    pub year_first: bool,
    /// The headings of the table: when, entry, what, with whom, their account, message, amount, balance, transaction.
    pub columns: [&'static str; 9],
    /// What there was.
    pub opening: &'static str,
    /// What there is then.
    pub closing: &'static str,
    kinds: [(&'static str, &'static str); 11],
    /// Of payments: sent, and received.
    paid: [&'static str; 2],
    fee_share: &'static str,
    other: &'static str,
    /// What covers the units, below a statement on paper.
    pub note: &'static str,
}

impl Words {
    /// What a movement is.
    pub fn kind(&self, line: &Line) -> &'static str {
        match line.kind.as_str() {
            "transfer" | "transfers" => self.paid[usize::from(line.amount > 0)],
            "redeem" | "redeem_standing" if line.amount > 0 => self.fee_share,
            kind => self.kinds.iter().find(|(code, _)| *code == kind).map_or(self.other, |(_, word)| word),
        }
    }
}

/// The words of a language; French ones when it is another.
pub fn of(tag: Option<&str>) -> &'static Words {
    match Language::of(tag.unwrap_or_default()) {
        Language::Fr => &FR,
        Language::En => &EN,
        Language::Eu => &EU,
        Language::Ar => &AR,
    }
}

const FR: Words = Words {
    language: Language::Fr,
    year_first: false,
    columns: ["Date", "Écriture", "Opération", "Avec", "Compte", "Message", "Montant", "Solde", "Transaction"],
    opening: "Solde au début",
    closing: "Solde à la fin",
    kinds: [
        ("refund", "Remboursement"),
        ("convert", "Conversion"),
        ("redeem", "Rachat en euros"),
        ("redeem_standing", "Rachat automatique"),
        ("give_gifts", "Don reçu"),
        ("pass_on", "Compte transmis"),
        ("bank_return", "Virement repris par la banque"),
        ("return_credit", "Virement rendu"),
        ("correct", "Correction par l’association"),
        ("issue_notes", "Billets"),
        ("retire_notes", "Billets rendus"),
    ],
    paid: ["Paiement", "Paiement reçu"],
    fee_share: "Part de frais reçue",
    other: "Mouvement",
    note: "Chaque unité est couverte par un euro, déposé en banque. L’association publie chaque jour une attestation signée.",
};

const EN: Words = Words {
    language: Language::En,
    year_first: false,
    columns: ["Date", "Entry", "Operation", "With", "Account", "Message", "Amount", "Balance", "Transaction"],
    opening: "Balance at the start",
    closing: "Balance at the end",
    kinds: [
        ("refund", "Refund"),
        ("convert", "Conversion"),
        ("redeem", "Redemption in euros"),
        ("redeem_standing", "Automatic redemption"),
        ("give_gifts", "Gift received"),
        ("pass_on", "Account passed on"),
        ("bank_return", "Transfer taken back by the bank"),
        ("return_credit", "Transfer given back"),
        ("correct", "Correction by the association"),
        ("issue_notes", "Notes"),
        ("retire_notes", "Notes given back"),
    ],
    paid: ["Payment", "Payment received"],
    fee_share: "Share of a fee received",
    other: "Movement",
    note: "Each unit is covered by one euro, held at a bank. The association publishes a signed statement every day.",
};

const EU: Words = Words {
    language: Language::Eu,
    year_first: true,
    columns: ["Data", "Idazpena", "Eragiketa", "Norekin", "Kontua", "Mezua", "Zenbatekoa", "Saldoa", "Transakzioa"],
    opening: "Hasierako saldoa",
    closing: "Amaierako saldoa",
    kinds: [
        ("refund", "Itzulketa"),
        ("convert", "Bihurketa"),
        ("redeem", "Eurotara itzultzea"),
        ("redeem_standing", "Itzulketa automatikoa"),
        ("give_gifts", "Jasotako dohaintza"),
        ("pass_on", "Eskualdatutako kontua"),
        ("bank_return", "Bankuak atzera hartutako transferentzia"),
        ("return_credit", "Itzulitako transferentzia"),
        ("correct", "Elkartearen zuzenketa"),
        ("issue_notes", "Billeteak"),
        ("retire_notes", "Itzulitako billeteak"),
    ],
    paid: ["Ordainketa", "Jasotako ordainketa"],
    fee_share: "Jasotako gastu-zatia",
    other: "Mugimendua",
    note: "Unitate bakoitza bankuan gordetako euro batek estaltzen du. Elkarteak egunero sinatutako egiaztagiri bat argitaratzen du.",
};

const AR: Words = Words {
    language: Language::Ar,
    year_first: false,
    columns: ["التاريخ", "القيد", "العملية", "مع", "الحساب", "الرسالة", "المبلغ", "الرصيد", "المعاملة"],
    opening: "الرصيد في البداية",
    closing: "الرصيد في النهاية",
    kinds: [
        ("refund", "استرداد"),
        ("convert", "تحويل"),
        ("redeem", "استبدال باليورو"),
        ("redeem_standing", "استبدال تلقائي"),
        ("give_gifts", "هبة واردة"),
        ("pass_on", "حساب منقول"),
        ("bank_return", "حوالة استعادها البنك"),
        ("return_credit", "حوالة معادة"),
        ("correct", "تصحيح من الجمعية"),
        ("issue_notes", "أوراق نقدية"),
        ("retire_notes", "أوراق نقدية معادة"),
    ],
    paid: ["دفع", "دفع وارد"],
    fee_share: "حصة واردة من الرسوم",
    other: "حركة",
    note: "كل وحدة يغطيها يورو واحد مودع في البنك. تنشر الجمعية كل يوم بيانًا موقّعًا.",
};
