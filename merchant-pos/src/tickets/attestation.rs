//! The attestation of a cash register's software, one per shop and version (CGI art. 286, I, 3° bis), ready to be signed: what the
//! publisher of the program attests, and what the shop does. In French, the language of the law that asks for it.

use super::chain::Chain;
use super::closing::Period;
use crate::counter::wire::Legal;
use crate::store::TillRow;
use documents::{Language, Letter, Piece};
use ledger::calendar::paris_day;
use ledger::key::{LedgerId, PublicKey};

/// What stands in an attestation.
pub(crate) struct Facts {
    /// Who the shop is.
    pub legal: Legal,
    /// Its account.
    pub account: String,
    /// The currency.
    pub ledger: LedgerId,
    /// The key under which the service signs checkpoints and archives.
    pub service: PublicKey,
    /// The chains of its tills.
    pub chains: Vec<Chain>,
    /// The tills that it named.
    pub tills: Vec<TillRow>,
    /// Now.
    pub now: u64,
}

const ATTESTS: &str = "Je soussigné(e), représentant légal de l’éditeur, atteste que ce logiciel de caisse, dans la version indiquée, \
    satisfait aux conditions d’inaltérabilité, de sécurisation, de conservation et d’archivage des données en vue du contrôle de \
    l’administration fiscale, prévues au 3° bis du I de l’article 286 du code général des impôts.";
const HOW: [&str; 4] = [
    "Inaltérabilité : chaque ticket, remboursement, événement et clôture est un enregistrement signé par la clé de la caisse, numéroté \
     sans trou, qui nomme le précédent par son empreinte SHA-256. Une correction est un nouvel enregistrement.",
    "Sécurisation : le serveur vérifie chaque enregistrement, refuse et garde en preuve toute seconde version, et signe la racine de \
     l’arbre de Merkle de la caisse. Les tickets de formation sont marqués, chaînés et hors des totaux.",
    "Conservation : clôtures du jour, du mois et de l’année, au jour de Paris, avec les totaux de la période et les totaux perpétuels. \
     Rien n’est effacé.",
    "Archivage : une archive datée se vérifie sans le serveur, avec la commande liard verify, qui nomme l’enregistrement modifié.",
];
const SHOP_ATTESTS: &str = "Je soussigné(e), représentant légal de l’entreprise, atteste utiliser ce logiciel de caisse dans la version \
    indiquée, avec les caisses ci-dessus, pour enregistrer les règlements de ses clients.";

/// The attestation as PDF.
pub(crate) fn pdf(facts: &Facts) -> Vec<u8> {
    documents::letter(&letter(facts))
}

fn letter(facts: &Facts) -> Letter {
    let fact = |name: &str, value: String| Piece::Fact(name.into(), value);
    let blank = |name: &str| Piece::Blank(name.into());
    let paragraph = |text: &str| Piece::Paragraph(text.into());
    // What the shop did not say is written by hand.
    let said = |name: &str, value: &str| if value.is_empty() { blank(name) } else { fact(name, value.into()) };
    let version = env!("CARGO_PKG_VERSION");
    let Legal { name, address, siret, vat_number, .. } = &facts.legal;
    let mut pieces = vec![
        Piece::Heading("1. L’éditeur du logiciel".into()),
        fact("Logiciel de caisse", "Liard, caisse (merchant-pos)".into()),
        fact("Version", version.into()),
        blank("Éditeur, adresse"),
        paragraph(ATTESTS),
    ];
    pieces.extend(HOW.map(paragraph));
    pieces.extend([blank("Fait à, le"), blank("Nom et signature")]);
    pieces.extend([
        Piece::Heading("2. L’entreprise".into()),
        said("Entreprise", name),
        said("Adresse", &address.replace('\n', ", ")),
        said("SIRET", siret),
        said("Numéro de TVA", vat_number),
        fact("Compte", facts.account.clone()),
        fact("Registre", facts.ledger.to_string()),
        fact("Clé du service", facts.service.to_string()),
    ]);
    pieces.extend(facts.chains.iter().map(|chain| {
        let label = facts.tills.iter().find(|till| till.key == chain.till).map_or("Caisse", |till| till.label.as_str());
        fact(label, format!("{} ({} enregistrements)", chain.till, chain.number))
    }));
    pieces.extend([paragraph(SHOP_ATTESTS), blank("Fait à, le"), blank("Nom et signature")]);
    Letter {
        language: Language::Fr,
        title: "Attestation individuelle d’un logiciel de caisse".into(),
        pieces,
        foot: format!(
            "Préparée par Liard {version} le {}. Elle vaut une fois signée des deux.",
            Period::Day(paris_day(facts.now))
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::store::tests::golden;

    #[test]
    fn an_attestation_names_the_shop_the_version_and_each_till_and_leaves_room_for_what_is_not_known() {
        let (signed, _) = &golden()[0];
        let chain = Chain::new(signed.record.account, signed.till);
        let till =
            TillRow { key: signed.till, label: "Comptoir".into(), kind: crate::enrolment::Kind::Till, since: 0, confirmed: true };
        let legal =
            Legal { name: "Boulangerie Etxea".into(), address: "1 rue du Four\n64100 Bayonne".into(), ..Legal::default() };
        let facts = Facts {
            legal,
            account: "belle1q".into(),
            ledger: ledger::key::Hash32([9; 32]),
            service: signed.till,
            chains: vec![chain],
            tills: vec![till],
            now: 0,
        };
        let pieces = letter(&facts).pieces;
        let has = |name: &str, value: &str| pieces.contains(&Piece::Fact(name.into(), value.into()));
        assert!(has("Version", env!("CARGO_PKG_VERSION")) && has("Entreprise", "Boulangerie Etxea"));
        assert!(has("Adresse", "1 rue du Four, 64100 Bayonne"));
        assert!(has("Comptoir", &format!("{} (0 enregistrements)", signed.till)));
        assert!(pieces.contains(&Piece::Blank("SIRET".into())));
        assert!(pdf(&facts).starts_with(b"%PDF-"));
    }
}
