//! What a file proves, in sentences: first what, then what not.

mod archive;

use crate::audit::{Ended, Trust};
use crate::language::Language;
use ledger::amount::Cents;
use ledger::checkpoint::WitnessPolicy;
use ledger::coverage::{SignedStatement, Statement};
use ledger::entry::Entry;
use ledger::fork::Fork;
use ledger::key::{AccountId, LedgerId, Prefix, PublicKey};
use ledger::liability::{Answer, Complaint};
use ledger::receipt::{KeyChain, Receipt, ReceiptFile, ShortReceipt, origin};
use ledger::transaction::Body;
use merchant_pos::tickets::archive::is_archive;
use serde_json::{Value, json};

/// Sentences about a file.
pub struct Told {
    kind: &'static str,
    proved: Vec<String>,
    open: Vec<String>,
    more: Value,
}

impl Told {
    /// For people.
    pub fn text(&self, l: Language) -> String {
        let mut text = String::from(l.pick("Prouvé", "Proved")) + l.colon() + "\n";
        text.extend(self.proved.iter().map(|line| format!("  ✓ {line}\n")));
        text += l.pick("Non prouvé", "Not proved");
        text += l.colon();
        text += "\n";
        text.extend(self.open.iter().map(|line| format!("  · {line}\n")));
        text
    }

    /// For machines.
    pub fn json(&self) -> Value {
        json!({ "ok": true, "checked": true, "kind": self.kind, "proved": self.proved, "not_proved": self.open, "facts": self.more })
    }
}

/// What whoever has the file knows beside it.
pub struct Asked<'a> {
    /// Whose cosignatures count.
    pub witnesses: &'a WitnessPolicy,
    /// The ledger that it has to be of.
    pub ledger: Option<&'a LedgerId>,
    /// Evidence that needs no keys is held to the ledger's all the same.
    pub held_to_keys: bool,
}

/// Reads a file of whatever kind, and verifies it. `trust` gives the keys of the ledger, out of the chain in the file where there is one.
pub fn told(
    bytes: &[u8],
    asked: &Asked,
    l: Language,
    trust: impl FnOnce(Option<KeyChain>) -> Result<Trust, Ended>,
) -> Result<Told, Ended> {
    if is_archive(bytes) {
        return archive::of_archive(bytes, asked.ledger, l);
    }
    if let Ok(fork) = Fork::decode(bytes) {
        let trust = if asked.held_to_keys { Some(trust(None)?) } else { None };
        return of_fork(&fork, asked.ledger, trust.as_ref(), l);
    }
    if let Ok(file) = ReceiptFile::decode(bytes) {
        let trust = trust(Some(file.chain))?;
        if trust.ledger != file.ledger {
            return Err(wrong("the receipt names another ledger than its keys"));
        }
        let receipt = Receipt::decode(&file.receipt).map_err(|error| wrong(&error.to_string()))?;
        return of_receipt(&receipt, &trust, asked.witnesses, l);
    }
    if let Ok(receipt) = Receipt::decode(bytes) {
        return of_receipt(&receipt, &trust(None)?, asked.witnesses, l);
    }
    if let Ok(text) = str::from_utf8(bytes)
        && text.starts_with("liard/")
    {
        return of_statement(text, &trust(None)?, l);
    }
    let trust = trust(None)?;
    if let Ok(short) = ShortReceipt::decode(bytes, &trust.ledger, &trust.reigns) {
        return Ok(of_short(&short, &trust, l));
    }
    match Complaint::decode(bytes, &trust.ledger) {
        Ok((complaint, signer)) => of_complaint(&complaint, &signer, &trust, l),
        Err(error) => {
            Err(wrong(&format!("it is no receipt, statement, complaint or evidence of this ledger that holds ({error})")))
        }
    }
}

fn wrong(why: &str) -> Ended {
    Ended::Found(why.to_owned())
}

fn of_fork(fork: &Fork, meant: Option<&LedgerId>, trust: Option<&Trust>, l: Language) -> Result<Told, Ended> {
    let (old, new) = fork.verify().map_err(|error| wrong(&error.to_string()))?;
    let key = fork.key().map_err(|error| wrong(&error.to_string()))?;
    if let Some(meant) = meant.filter(|meant| origin(meant) != key.name) {
        return Err(wrong(&format!("it is evidence about {}, not about the ledger {meant}", key.name)));
    }
    if let Some(trust) = trust.filter(|trust| origin(&trust.ledger) != key.name || !trust.keys.contains(&key.key)) {
        return Err(wrong(&format!("it is evidence about another key ({key}) than those of the ledger {}", trust.ledger)));
    }
    let words = l.pick(
        "La clé {k} a signé deux histoires différentes ({a} et {b} écritures) : l’une des deux est un mensonge.",
        "The key {k} signed two different histories ({a} and {b} entries): one of them is a lie.",
    );
    let words =
        words.replace("{k}", &key.to_string()).replace("{a}", &old.size.to_string()).replace("{b}", &new.size.to_string());
    let open = match trust {
        Some(trust) => compare(trust, l),
        None => {
            let words = l.pick(
                "À qui est cette clé : donnez --url ou --keys, ou comparez-la avec celle qui est publiée.",
                "Whose key that is: give --url or --keys, or compare it with the published one.",
            );
            words.into()
        }
    };
    Ok(Told { kind: "fork", proved: vec![words], open: vec![open], more: json!({ "log": key.to_string() }) })
}

fn of_receipt(receipt: &Receipt, trust: &Trust, witnesses: &WitnessPolicy, l: Language) -> Result<Told, Ended> {
    let entry = receipt.verify(&trust.ledger, &trust.keys).map_err(|error| wrong(&error.to_string()))?;
    let mut proved = happened(&entry, &trust.prefix, l);
    let recorded = l.pick(
        "Inscrit pour de bon : écriture n° {n} du {d}, dans le registre que l’association a signé.",
        "Recorded for good: entry {n} of {d}, in the ledger that the association signed.",
    );
    proved.push(recorded.replace("{n}", &entry.sequence.to_string()).replace("{d}", &l.moment(entry.time)));
    let mut open = Vec::new();
    let signed = witnesses.cosigned(receipt.checkpoint());
    let names: Vec<&str> = signed.iter().map(|(witness, _)| witness.name.as_str()).collect();
    match !names.is_empty() && witnesses.is_met(receipt.checkpoint()) {
        true => proved.push(format!(
            "{} {}",
            l.pick("Définitif pour tous : vu par les témoins", "Final for everyone: seen by the witnesses"),
            names.join(", ")
        )),
        false if witnesses.witnesses.is_empty() => open.push(
            l.pick(
                "Que tout le monde voie le même registre : nommez des témoins avec --witness.",
                "That everybody sees the same ledger: name witnesses with --witness.",
            )
            .into(),
        ),
        false => {
            let words = l.pick(
                "Que tout le monde voie le même registre : {k} témoins sur {n} ont signé.",
                "That everybody sees the same ledger: {k} of {n} witnesses signed.",
            );
            open.push(words.replace("{k}", &names.len().to_string()).replace("{n}", &witnesses.witnesses.len().to_string()));
        }
    }
    open.push(always(l));
    open.push(compare(trust, l));
    let facts = json!({ "ledger": trust.ledger.to_string(), "sequence": entry.sequence, "time": entry.time, "transaction": entry.order.id().to_string(), "witnesses": names });
    Ok(Told { kind: "receipt", proved, open, more: facts })
}

fn always(l: Language) -> String {
    l.pick(
        "Ce qui a été acheté, le nom des personnes, et ce qui s’est passé ensuite (un remboursement, par exemple).",
        "What was bought, people's names, and what came after (a refund, for one).",
    )
    .into()
}

fn compare(trust: &Trust, l: Language) -> String {
    let words = l.pick(
        "Que ce soit bien votre monnaie : comparez l’empreinte {x} avec celle qui est affichée.",
        "That it is your currency: compare the fingerprint {x} with the one on display.",
    );
    words.replace("{x}", &trust.ledger.to_string())
}

/// What the entry did, as far as a receipt tells.
fn happened(entry: &Entry, prefix: &Prefix, l: Language) -> Vec<String> {
    let text = |account: &AccountId| account.to_text(prefix);
    let paid = |payer: &AccountId, payee: &AccountId, cents: u64| {
        let words = l.pick("{a} a payé {c} à {b}.", "{a} paid {c} to {b}.");
        words.replace("{a}", &text(payer)).replace("{b}", &text(payee)).replace("{c}", &money(cents, l))
    };
    match entry.order.body() {
        Body::Transfer(transfer) => vec![paid(&transfer.payer, &transfer.payee, transfer.amount.cents())],
        Body::Transfers { payer, payments } => {
            payments.iter().map(|(payee, amount)| paid(payer, payee, amount.cents())).collect()
        }
        Body::Refund { account, original, amount, .. } => {
            let words = l.pick("{a} a remboursé {c} du paiement n° {o}.", "{a} gave back {c} of payment {o}.");
            vec![
                words
                    .replace("{a}", &text(account))
                    .replace("{c}", &money(amount.cents(), l))
                    .replace("{o}", &original.to_string()),
            ]
        }
        Body::Redeem { account, amount } => {
            let words = l.pick("{a} a demandé le reversement en euros de {c}.", "{a} asked to redeem {c} to euros.");
            vec![words.replace("{a}", &text(account)).replace("{c}", &money(amount.cents(), l))]
        }
        other => vec![format!("{}{} {}", l.pick("Acte signé", "Signed act"), l.colon(), other.kind().word())],
    }
}

fn money(cents: u64, l: Language) -> String {
    l.euros(Cents::new(i64::try_from(cents).unwrap_or(i64::MAX)))
}

fn of_short(short: &ShortReceipt, trust: &Trust, l: Language) -> Told {
    let words = l.pick(
        "{b} a reçu {c}, écriture n° {n} du {d} ; l’association l’a signé.",
        "{b} was paid {c}, entry {n} of {d}; the association signed it.",
    );
    let payee = short.payee.to_text(&trust.prefix);
    let words = words.replace("{b}", &payee).replace("{c}", &money(short.amount.cents(), l));
    let words = words.replace("{n}", &short.sequence.to_string()).replace("{d}", &l.moment(short.time));
    let ledger = l.pick(
        "Que l’écriture est dans le registre public : demandez le reçu complet (.liard).",
        "That the entry is in the public ledger: ask for the full receipt (.liard).",
    );
    let facts = json!({ "ledger": trust.ledger.to_string(), "sequence": short.sequence, "time": short.time, "payee": payee, "amount": short.amount.cents() });
    Told { kind: "short_receipt", proved: vec![words], open: vec![ledger.into(), always(l), compare(trust, l)], more: facts }
}

fn of_statement(text: &str, trust: &Trust, l: Language) -> Result<Told, Ended> {
    let signed = SignedStatement::open_in(text, &trust.ledger, &trust.reigns).map_err(|error| wrong(&error.to_string()))?;
    let statement = signed.statement();
    let signed = l.pick("L’association a signé l’attestation n° {n} du {d}.", "The association signed statement {n} of {d}.");
    let mut proved = vec![signed.replace("{n}", &statement.number.to_string()).replace("{d}", &l.moment(statement.time))];
    proved.extend(media(statement, l));
    let open = [
        l.pick(
            "Que l’attestation suit les précédentes et le registre : liard audit ADRESSE.",
            "That it follows the earlier ones and the log: liard audit ADDRESS.",
        ),
        l.pick("Ce que la banque détient aujourd’hui : demandez-lui.", "What the bank holds today: ask the bank."),
    ];
    let open = open.map(str::to_owned).into_iter().chain([compare(trust, l)]).collect();
    let facts = json!({ "ledger": trust.ledger.to_string(), "number": statement.number, "time": statement.time, "covered": covered(statement) });
    Ok(Told { kind: "statement", proved, open, more: facts })
}

fn covered(statement: &Statement) -> bool {
    statement.media.iter().all(|line| line.cover >= line.circulation)
}

fn media(statement: &Statement, l: Language) -> impl Iterator<Item = String> {
    ledger::account::Medium::ALL
        .iter()
        .zip(&statement.media)
        .map(move |(medium, line)| crate::audit::covered(*medium, line.circulation, line.cover, l).1)
}

fn of_complaint(complaint: &Complaint, signer: &PublicKey, trust: &Trust, l: Language) -> Result<Told, Ended> {
    let statement =
        SignedStatement::open_in(&complaint.note, &trust.ledger, &trust.reigns).map_err(|error| wrong(&error.to_string()))?;
    let words = l.pick(
        "La clé {k} se plaint de l’attestation n° {n} : le compte {a} devrait y compter {c}.",
        "The key {k} complains about statement {n}: account {a} should count {c} in it.",
    );
    let words = words.replace("{k}", &signer.to_string()).replace("{n}", &complaint.statement.to_string());
    let words = words.replace("{a}", &complaint.account.to_text(&trust.prefix)).replace("{c}", &money(complaint.balance, l));
    let mut proved = vec![words];
    let mut open = Vec::new();
    match answered(complaint, statement.statement(), trust, l) {
        Ok(signed) => proved.push(signed),
        Err(unsigned) => open.push(unsigned),
    }
    for bytes in &complaint.receipts {
        let receipt = Receipt::decode(bytes).map_err(|error| wrong(&error.to_string()))?;
        let entry = receipt.verify(&trust.ledger, &trust.keys).map_err(|error| wrong(&error.to_string()))?;
        proved.extend(happened(&entry, &trust.prefix, l).into_iter().map(|line| format!("{line} ({})", entry.sequence)));
    }
    let which = l.pick(
        "Lequel des deux soldes est juste : liard audit DOSSIER --complaint FICHIER, avec le journal.",
        "Which of the two balances is right: liard audit FOLDER --complaint FILE, with the journal.",
    );
    open.extend([which.to_owned(), compare(trust, l)]);
    let facts =
        json!({ "ledger": trust.ledger.to_string(), "statement": complaint.statement, "reason": complaint.reason.word() });
    Ok(Told { kind: "complaint", proved, open, more: facts })
}

/// What the node had answered, as far as its signature proves; else what nobody signed.
fn answered(complaint: &Complaint, statement: &Statement, trust: &Trust, l: Language) -> Result<String, String> {
    let Some(bytes) = &complaint.answer else {
        return Err(l.pick("Le nœud n’a pas répondu, dit le membre.", "The node gave no answer, says the member.").into());
    };
    let forged =
        l.pick("La réponse jointe n’est pas signée par l’association.", "The enclosed answer is not signed by the association.");
    let since: Vec<_> = trust.reigns.iter().filter(|reign| reign.reaches(statement.size)).map(|reign| reign.key).collect();
    let answer = Answer::decode(bytes, &trust.ledger, &since).map_err(|error| format!("{forged} ({error})"))?;
    let words = match answer.verify(&trust.ledger, &statement.stated(), &complaint.account) {
        Ok(balance) => {
            let words = l.pick(
                "L’association a signé un solde de {c}, compté dans le total.",
                "The association signed a balance of {c}, counted in the total.",
            );
            words.replace("{c}", &money(balance, l))
        }
        Err(error) => {
            let words = l.pick("L’association a signé une réponse FAUSSE", "The association signed a WRONG answer");
            format!("{words}{} {error}", l.colon())
        }
    };
    Ok(words)
}
