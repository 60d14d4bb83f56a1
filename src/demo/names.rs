//! The people and the shops of Belrive, a town that does not exist.

use super::chance::Chance;
use ledger::places::{Opening, Place};

const FIRST_NAMES: &[&str] = &[
    "Amina",
    "Jules",
    "Leïla",
    "Paul",
    "Nour",
    "Inès",
    "Camille",
    "Mehdi",
    "Louise",
    "Ousmane",
    "Chloé",
    "Karim",
    "Manon",
    "Théo",
    "Fatou",
    "Hugo",
    "Sofia",
    "Antoine",
    "Mariam",
    "Léa",
    "Rachid",
    "Emma",
    "Diego",
    "Jeanne",
    "Aïcha",
    "Lucas",
    "Nadia",
    "Gabriel",
    "Sélène",
    "Thanh",
    "Élise",
    "Ibrahima",
    "Zoé",
    "Samuel",
    "Yasmine",
    "Arthur",
    "Linh",
    "Maël",
    "Rosa",
    "Bastien",
    "Salomé",
    "Moussa",
    "Clara",
    "Tomasz",
    "Agathe",
    "Bilal",
    "Juliette",
    "Raphaël",
    "Awa",
    "Victor",
    "Denise",
    "Michel",
    "Monique",
    "Gérard",
    "Josiane",
    "René",
    "Odile",
    "Marcel",
    "Simone",
    "Bernard",
    "Elena",
    "Andrei",
    "Hélène",
    "Farid",
    "Anaïs",
    "Youssef",
    "Margaux",
    "Adama",
    "Lina",
    "Étienne",
    "Khadija",
    "Noé",
    "Ewa",
    "João",
    "Béatrice",
];

const LAST_NAMES: &[&str] = &[
    "Martin",
    "Benali",
    "Roche",
    "Haddad",
    "Faure",
    "Diallo",
    "Lefèvre",
    "Nguyen",
    "Moreau",
    "Traoré",
    "Garcia",
    "Blanc",
    "Amrani",
    "Girard",
    "Da Silva",
    "Chevalier",
    "Bensaïd",
    "Mercier",
    "Kone",
    "Fontaine",
    "Lopez",
    "Roussel",
    "Cissé",
    "Perrin",
    "Kowalski",
    "Morel",
    "Belkacem",
    "Vidal",
    "Tran",
    "Barbier",
    "Ferreira",
    "Arnaud",
    "Yilmaz",
    "Collet",
    "Sow",
    "Popescu",
    "Gauthier",
    "Mansouri",
    "Rey",
    "Dupuis",
    "Camara",
    "Leroy",
    "Hernandez",
    "Brun",
    "Touré",
    "Picard",
    "Saidi",
    "Marchand",
    "Pham",
    "Renaud",
    "Ouédraogo",
    "Masson",
    "Boyer",
    "Cherif",
    "Lambert",
];

/// A trade and how people shop there.
pub struct Trade {
    /// The shop's name.
    pub name: &'static str,
    /// What it does.
    pub trade: &'static str,
    /// Opens at this hour, in Paris.
    pub opens: u64,
    /// Closes at this hour.
    pub closes: u64,
    /// The smallest purchase, in cents.
    pub least: u64,
    /// The largest, in cents.
    pub most: u64,
    /// How often people go there.
    pub weight: u64,
    /// Open on Sundays.
    pub sunday: bool,
}

const fn shop(
    name: &'static str,
    trade: &'static str,
    (opens, closes): (u64, u64),
    (least, most): (u64, u64),
    weight: u64,
    sunday: bool,
) -> Trade {
    Trade { name, trade, opens, closes, least, most, weight, sunday }
}

/// The shops. Their names are made up.
pub const SHOPS: &[Trade] = &[
    shop("Boulangerie Aux Quatre Vents", "Boulangerie", (7, 19), (110, 1_450), 18, true),
    shop("Épicerie du Pont", "Épicerie", (8, 20), (280, 3_800), 15, true),
    shop("Librairie La Virgule", "Librairie", (10, 19), (690, 4_200), 5, false),
    shop("Les Jardins de Tarik", "Maraîcher", (8, 13), (350, 2_600), 12, true),
    shop("Café des Halles", "Café", (7, 22), (150, 2_400), 14, true),
    shop("Cinéma Le Lumen", "Cinéma", (14, 22), (650, 2_800), 5, true),
    shop("Cordonnerie Pas à Pas", "Cordonnier", (9, 18), (500, 3_900), 2, false),
    shop("Fromagerie Les Alpages", "Fromager", (8, 19), (420, 3_200), 6, false),
    shop("Boucherie Delmas", "Boucher", (8, 19), (580, 4_100), 6, false),
    shop("La Petite Roue", "Réparation de vélos", (9, 18), (800, 6_500), 3, false),
    shop("Pharmacie du Marché", "Pharmacie", (9, 19), (310, 2_700), 4, false),
    shop("Salon Bouclettes", "Coiffeur", (9, 19), (1_800, 5_500), 2, false),
    shop("Le Comptoir en Vrac", "Épicerie sans emballage", (9, 19), (340, 3_300), 6, false),
    shop("Fleurs de Saison", "Fleuriste", (9, 19), (700, 3_500), 3, true),
    shop("Restaurant La Tablée", "Restaurant", (12, 22), (1_450, 5_200), 6, true),
    shop("Poissonnerie La Marée", "Poissonnier", (8, 13), (690, 3_400), 3, true),
    shop("La Fripe Joyeuse", "Vêtements d'occasion", (10, 18), (400, 3_000), 3, false),
    shop("Papeterie Plume", "Papeterie", (9, 18), (150, 2_300), 3, false),
    shop("Brasserie du Liard", "Bières artisanales", (15, 22), (380, 2_900), 4, false),
    shop("Recyclerie Second Tour", "Recyclerie", (10, 18), (200, 4_500), 3, false),
];

const QUARTERS: &[&str] = &["de la Gare", "du Port", "des Tilleuls", "du Faubourg", "de la Fontaine", "des Remparts", "du Canal"];

const STREETS: &[&str] = &[
    "rue des Halles",
    "place du Marché",
    "rue du Pont-Vieux",
    "quai des Tanneurs",
    "allée des Tilleuls",
    "rue Olympe-de-Gouges",
];

/// What some trades offer to other shops.
const OFFERS: &[(&str, &str)] = &[
    ("Boulangerie", "Pain et viennoiseries chaque matin pour cafés, restaurants et cantines"),
    ("Maraîcher", "Légumes de saison en cagettes pour restaurants et épiceries"),
    ("Fromager", "Plateaux et fromages à la coupe pour restaurants"),
    ("Réparation de vélos", "Entretien des vélos de livraison"),
    ("Papeterie", "Fournitures de bureau, livrées au comptoir"),
    ("Bières artisanales", "Bières en fûts et en bouteilles pour cafés et restaurants"),
    ("Recyclerie", "Meubles et matériel de boutique d'occasion"),
    ("Fleuriste", "Bouquets pour comptoirs et salles"),
];

/// Where the shop with this number is, when it is open, and what it offers to others: from Tuesday to Saturday, and on Sundays until noon.
pub fn place_of(number: usize, trade: &Trade) -> Place {
    let minutes = |hour: u64| u16::try_from(hour * 60).unwrap_or_default();
    let (opens, closes, noon) = (minutes(trade.opens), minutes(trade.closes), minutes(12) + 30);
    let mut openings = Vec::new();
    for weekday in 1..=5 {
        if opens < noon && noon + 90 < closes && number % 2 == 1 {
            openings.push(Opening { weekday, opens, closes: noon });
            openings.push(Opening { weekday, opens: noon + 90, closes });
        } else {
            openings.push(Opening { weekday, opens, closes });
        }
    }
    if trade.sunday {
        openings.push(Opening { weekday: 6, opens, closes: closes.min(noon).max(opens + 60) });
    }
    let street = STREETS[number % STREETS.len()];
    let offers = OFFERS.iter().find(|(name, _)| *name == trade.trade).map(|(_, offer)| (*offer).to_owned());
    Place {
        address: Some(format!("{} {street}, Belrive", 3 + 2 * number)),
        quarter: Some(format!("Quartier {}", QUARTERS[number % QUARTERS.len()])),
        about: None,
        offers,
        phone: None,
        openings,
    }
}

/// The name of the shop with this number: the twenty first, then branches in other quarters.
pub fn shop_name(number: usize) -> String {
    let name = SHOPS[number % SHOPS.len()].name;
    match (number / SHOPS.len()).checked_sub(1) {
        None => name.to_owned(),
        Some(branch) => format!("{name} {}", QUARTERS[branch % QUARTERS.len()]),
    }
}

/// A resident's name; the first one is always the same.
pub fn resident_name(number: usize, chance: &mut Chance) -> String {
    let first = if number == 0 { FIRST_NAMES.first() } else { chance.pick(FIRST_NAMES) };
    let last = if number == 0 { LAST_NAMES.get(1) } else { chance.pick(LAST_NAMES) };
    format!("{} {}", first.copied().unwrap_or("Amina"), last.copied().unwrap_or("Benali"))
}
