//! The headings of banks' tables, in French and English, and what stands under them.

use super::Mapping;
use documents::table::folded;

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Booking,
    Value,
    Amount,
    Debit,
    Credit,
    Direction,
    Balance,
    Currency,
    Account,
    Counterparty,
    Payer,
    Payee,
    Iban,
    Text,
    Reference,
    EndToEnd,
    Servicer,
    Status,
}

use Role::{
    Account, Amount, Balance, Booking, Counterparty, Credit, Currency, Debit, Direction, EndToEnd, Iban, Payee, Payer, Reference,
    Servicer, Status, Text, Value,
};

/// The headings that are known, as [`folded`] has them. Where a table has several of a kind, the first here is taken.
const KNOWN: [(Role, &[&str]); 18] = [
    (
        Booking,
        &[
            "date comptable",
            "date de comptabilisation",
            "date comptabilisation",
            "booking date",
            "bookingdate",
            "date booked",
            "posting date",
            "posted date",
            "date operation",
            "date d operation",
            "date de l operation",
            "date de operation",
            "date op",
            "dateop",
            "transaction date",
            "date de transaction",
            "date transaction",
            "date ecriture",
            "completed date",
            "date",
        ],
    ),
    (Value, &["date de valeur", "date valeur", "date val", "dateval", "value date", "valuedate", "valeur"]),
    (
        Amount,
        &[
            "montant",
            "montant operation",
            "montant de l operation",
            "montant de la transaction",
            "montant net",
            "montant ttc",
            "amount",
            "transaction amount",
            "net amount",
            "somme",
        ],
    ),
    (
        Debit,
        &[
            "debit",
            "debits",
            "montant debit",
            "debit amount",
            "sorties",
            "depenses",
            "paid out",
            "money out",
            "withdrawal",
            "withdrawals",
        ],
    ),
    (
        Credit,
        &[
            "credit",
            "credits",
            "montant credit",
            "credit amount",
            "entrees",
            "recettes",
            "paid in",
            "money in",
            "deposit",
            "deposits",
        ],
    ),
    (
        Direction,
        &["sens", "sens operation", "debit credit", "credit debit", "d c", "c d", "cr dr", "dr cr", "credit debit indicator"],
    ),
    (
        Balance,
        &["solde", "solde apres operation", "solde comptable", "solde courant", "solde progressif", "balance", "running balance"],
    ),
    (Currency, &["devise", "code devise", "monnaie", "currency", "currency code"]),
    (
        Account,
        &[
            "compte",
            "numero de compte",
            "numero compte",
            "n compte",
            "no compte",
            "n de compte",
            "iban du compte",
            "iban compte",
            "mon compte",
            "account",
            "account number",
            "account iban",
            "own iban",
            "accountnum",
        ],
    ),
    (
        Counterparty,
        &[
            "contrepartie",
            "nom contrepartie",
            "nom de la contrepartie",
            "nom du tiers",
            "nom tiers",
            "tiers",
            "nom",
            "counterparty",
            "counterparty name",
            "name",
            "other party",
            "partner",
            "partner name",
            "nom du contrepartie",
        ],
    ),
    (
        Payer,
        &[
            "donneur d ordre",
            "nom donneur d ordre",
            "nom du donneur d ordre",
            "emetteur",
            "nom emetteur",
            "nom de l emetteur",
            "payeur",
            "nom payeur",
            "nom du payeur",
            "debiteur",
            "nom debiteur",
            "nom du debiteur",
            "payer",
            "payer name",
            "debtor",
            "debtor name",
            "sender",
            "from",
        ],
    ),
    (
        Payee,
        &[
            "beneficiaire",
            "nom beneficiaire",
            "nom du beneficiaire",
            "creancier",
            "nom creancier",
            "nom du creancier",
            "payee",
            "payee name",
            "creditor",
            "creditor name",
            "beneficiary",
            "beneficiary name",
            "recipient",
            "to",
        ],
    ),
    (
        Iban,
        &[
            "iban",
            "iban contrepartie",
            "iban de la contrepartie",
            "iban tiers",
            "iban du tiers",
            "compte contrepartie",
            "compte tiers",
            "iban donneur d ordre",
            "iban beneficiaire",
            "iban emetteur",
            "iban payeur",
            "counterparty iban",
            "counterparty account",
            "partner iban",
            "payer iban",
            "debtor iban",
            "other account",
        ],
    ),
    (
        Text,
        &[
            "libelle",
            "libelle operation",
            "libelle de l operation",
            "libelle simplifie",
            "libelle complementaire",
            "libelle detaille",
            "libelle complet",
            "libelle suite",
            "intitule",
            "description",
            "details",
            "detail",
            "motif",
            "motif de l operation",
            "objet",
            "communication",
            "commentaire",
            "memo",
            "narrative",
            "information",
            "informations",
            "informations complementaires",
            "infos complementaires",
            "remittance information",
            "message",
            "particulars",
            "transaction details",
            "nature de l operation",
        ],
    ),
    (
        Reference,
        &[
            "reference",
            "ref",
            "reference client",
            "reference du client",
            "reference structuree",
            "reference de paiement",
            "reference paiement",
            "reference creancier",
            "reference operation",
            "reference de l operation",
            "payment reference",
            "creditor reference",
            "structured reference",
            "customer reference",
            "rf reference",
        ],
    ),
    (
        EndToEnd,
        &[
            "end to end id",
            "end to end",
            "endtoendid",
            "end to end identification",
            "end to end reference",
            "reference end to end",
            "reference de bout en bout",
            "reference bout en bout",
            "identifiant de bout en bout",
            "e2e",
            "e2e id",
            "id end to end",
        ],
    ),
    (
        Servicer,
        &[
            "reference bancaire",
            "reference banque",
            "reference de la banque",
            "numero d operation",
            "numero operation",
            "id operation",
            "identifiant operation",
            "identifiant de l operation",
            "transaction id",
            "id transaction",
            "bank reference",
            "id",
        ],
    ),
    (Status, &["statut", "etat", "status", "state"]),
];

/// What stands where in a table.
pub struct Columns(Vec<(Role, usize)>);

impl Columns {
    /// The columns of a heading row whose headings are known, if there are a date and an amount among them.
    pub fn known(row: &[String]) -> Option<Columns> {
        let folded: Vec<String> = row.iter().map(|heading| folded(heading)).collect();
        let place = |heading: &str| folded.iter().position(|found| found == heading);
        let mut found: Vec<(Role, usize)> = Vec::new();
        for (role, headings) in KNOWN {
            let places = headings.iter().filter_map(|heading| place(heading));
            let most = if role == Text { usize::MAX } else { 1 };
            found.extend(places.take(most).map(|place| (role, place)));
        }
        let mut columns = Columns(found);
        if columns.of(Booking).is_none()
            && let Some(value) = columns.of(Value)
        {
            columns.0.push((Booking, value));
        }
        // In the table's order, as people read it.
        columns.0.sort_by_key(|(role, place)| (*role == Text, *place));
        let amounts = columns.of(Amount).is_some() || (columns.of(Debit).is_some() && columns.of(Credit).is_some());
        (columns.of(Booking).is_some() && amounts).then_some(columns)
    }

    /// The columns that a mapping names, if the row has all of them.
    pub fn mapped(row: &[String], mapping: &Mapping) -> Option<Columns> {
        let folded_row: Vec<String> = row.iter().map(|heading| folded(heading)).collect();
        let single = [
            (Booking, Some(&mapping.booking_date)),
            (Value, mapping.value_date.as_ref()),
            (Amount, mapping.amount.as_ref()),
            (Debit, mapping.debit.as_ref()),
            (Credit, mapping.credit.as_ref()),
            (Balance, mapping.balance.as_ref()),
            (Currency, mapping.currency.as_ref()),
            (Counterparty, mapping.counterparty.as_ref()),
            (Iban, mapping.iban.as_ref()),
            (Reference, mapping.reference.as_ref()),
            (EndToEnd, mapping.end_to_end.as_ref()),
            (Servicer, mapping.servicer_reference.as_ref()),
        ];
        let named = single.into_iter().filter_map(|(role, heading)| Some((role, heading?)));
        let named = named.chain(mapping.text.iter().map(|heading| (Text, heading)));
        let places = named.map(|(role, heading)| {
            let wanted = folded(heading);
            Some((
                role,
                row.iter()
                    .position(|found| found.trim() == heading.trim())
                    .or(folded_row.iter().position(|found| *found == wanted))?,
            ))
        });
        places.collect::<Option<Vec<_>>>().map(Columns)
    }

    /// Where something stands.
    pub fn of(&self, role: Role) -> Option<usize> {
        self.all(role).next()
    }

    /// Everywhere that something stands.
    pub fn all(&self, role: Role) -> impl Iterator<Item = usize> {
        self.0.iter().filter(move |(found, _)| *found == role).map(|(_, place)| *place)
    }

    /// How much is known.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(headings: &str) -> Vec<String> {
        headings.split(';').map(str::to_owned).collect()
    }

    #[test]
    fn headings_of_french_and_english_banks_are_known() {
        let rows = [
            "Date;Libellé;Montant (EUR)",
            "Date opération;Date valeur;Libellé;Débit;Crédit;Solde",
            "DATE COMPTABLE;LIBELLE OPERATION;REFERENCE;DEBIT EUROS;CREDIT EUROS",
            "Booking Date;Amount;Currency;Counterparty Name;Description",
            "Date de valeur;Montant en euros",
        ];
        for headings in rows {
            assert!(Columns::known(&row(headings)).is_some(), "{headings}");
        }
    }

    #[test]
    fn a_table_without_date_or_amount_is_not_known() {
        for headings in ["Libellé;Montant", "Date;Libellé", "Date;Débit", "Date;Montant USD", "a;b;c"] {
            assert!(Columns::known(&row(headings)).is_none(), "{headings}");
        }
    }

    #[test]
    fn no_heading_means_two_things() {
        let mut all: Vec<&str> = KNOWN.iter().flat_map(|(_, headings)| headings.iter().copied()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|heading| folded(heading) == **heading));
    }
}
