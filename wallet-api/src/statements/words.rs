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
    /// Those of a certificate.
    pub certificate: Certificate,
}

/// The words of a certificate of a year's end; `{year}` and `{holder}` are put in.
pub struct Certificate {
    /// The heading.
    pub title: &'static str,
    /// Who holds the account.
    pub holder: &'static str,
    /// The account.
    pub account: &'static str,
    /// What it had.
    pub balance: &'static str,
    /// What covers it, and who holds that.
    pub covered: &'static str,
    /// What came and went.
    pub movements: &'static str,
    /// Where the figures are from.
    pub source: &'static str,
    /// How many entries the ledger had.
    pub entries: &'static str,
    /// How to check it.
    pub check: &'static str,
    /// Who signs it.
    pub signature: &'static str,
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
    certificate: Certificate {
        title: "Attestation de solde {year}",
        holder: "Titulaire",
        account: "Compte",
        balance: "Solde au 31 décembre {year}, minuit (Paris)",
        covered: "Chaque unité est couverte par un euro du fonds de garantie, détenu par {holder}. En comptabilité elle vaut un euro.",
        movements: "Mouvements de {year}",
        source: "D’où viennent ces chiffres",
        entries: "Écritures du registre à ce jour",
        check: "Le solde se recalcule à partir du relevé de l’année (PDF ou CSV) : chaque opération y porte son numéro et son identifiant, que chacun peut vérifier.",
        signature: "L’association, date et signature",
    },
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
    certificate: Certificate {
        title: "Certificate of balance {year}",
        holder: "Holder",
        account: "Account",
        balance: "Balance on 31 December {year}, midnight (Paris)",
        covered: "Each unit is covered by one euro of the guarantee fund, held by {holder}. In the books it is worth one euro.",
        movements: "Movements of {year}",
        source: "Where these figures are from",
        entries: "Entries of the ledger today",
        check: "The balance can be computed again from the year’s statement (PDF or CSV): each operation has its number and its id there, which anybody can check.",
        signature: "The association, date and signature",
    },
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
    certificate: Certificate {
        title: "{year}ko saldoaren ziurtagiria",
        holder: "Titularra",
        account: "Kontua",
        balance: "Saldoa {year}ko abenduaren 31n, gauerdian (Paris)",
        covered: "Unitate bakoitza berme-funtseko euro batek estaltzen du; {holder} da funtsaren jabea. Kontabilitatean euro bat balio du.",
        movements: "{year}ko mugimenduak",
        source: "Nondik datozen zenbaki hauek",
        entries: "Erregistroaren idazpenak gaur",
        check: "Saldoa urteko laburpenetik (PDF edo CSV) berriz kalkula daiteke: eragiketa bakoitzak bere zenbakia eta identifikatzailea ditu, edonork egiaztatzeko modukoak.",
        signature: "Elkartea, data eta sinadura",
    },
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
    certificate: Certificate {
        title: "شهادة رصيد {year}",
        holder: "صاحب الحساب",
        account: "الحساب",
        balance: "الرصيد في 31 ديسمبر {year} عند منتصف الليل (باريس)",
        covered: "كل وحدة يغطيها يورو واحد من صندوق الضمان الذي تحتفظ به {holder}. وقيمتها في المحاسبة يورو واحد.",
        movements: "حركات {year}",
        source: "مصدر هذه الأرقام",
        entries: "عدد قيود السجل اليوم",
        check: "يمكن إعادة حساب الرصيد من كشف السنة (PDF أو CSV): لكل عملية رقمها ومعرّفها، ويمكن لأي شخص التحقق منهما.",
        signature: "الجمعية، التاريخ والتوقيع",
    },
};
