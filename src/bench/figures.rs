//! What was measured: medians with their spread, ratios with what they have to reach, as a table and as JSON.

use serde_json::{Value, json};
use std::fmt::Write;

/// One measurement, repeated.
#[derive(Clone, Default)]
pub struct Rounds(Vec<f64>);

impl Rounds {
    /// Adds a round.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_by(f64::total_cmp);
    }

    /// The value in the middle; zero without any.
    pub fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        match self.0.get(middle) {
            Some(upper) if self.0.len().is_multiple_of(2) => (self.0[middle - 1] + upper) / 2.0,
            Some(value) => *value,
            None => 0.0,
        }
    }

    fn spread(&self) -> Option<(f64, f64)> {
        if self.0.len() < 2 { None } else { self.0.first().copied().zip(self.0.last().copied()) }
    }
}

impl From<f64> for Rounds {
    fn from(value: f64) -> Rounds {
        Rounds(vec![value])
    }
}

/// How long each of many answers took.
pub struct Latencies(Vec<u64>);

impl Latencies {
    /// Takes nanoseconds, in any order.
    pub fn of(mut nanoseconds: Vec<u64>) -> Latencies {
        nanoseconds.sort_unstable();
        Latencies(nanoseconds)
    }

    /// The sum, in seconds.
    pub fn seconds(&self) -> f64 {
        self.0.iter().sum::<u64>() as f64 / 1e9
    }

    /// Microseconds that so many in a thousand did not exceed.
    pub fn micros(&self, per_thousand: usize) -> f64 {
        let place = (self.0.len() * per_thousand).div_ceil(1_000).saturating_sub(1);
        self.0.get(place).map_or(0.0, |nanoseconds| *nanoseconds as f64 / 1e3)
    }
}

/// What a ratio has to reach, and the aim.
#[derive(Clone, Copy)]
pub enum Reach {
    /// At least so much; the aim is higher.
    Least(f64, f64),
    /// At most so much.
    Most(f64),
    /// Nothing is asked of it.
    Told,
}

impl Reach {
    fn verdict(self, value: f64) -> &'static str {
        match self {
            Reach::Least(least, _) if value < least => "short",
            Reach::Most(most) if value > most => "short",
            Reach::Told => "",
            Reach::Least(..) | Reach::Most(_) => "ok",
        }
    }

    fn words(self) -> String {
        match self {
            Reach::Least(least, aim) if aim > least => format!("≥ {} (aim {})", number(least), number(aim)),
            Reach::Least(least, _) => format!("≥ {}", number(least)),
            Reach::Most(most) => format!("≤ {}", number(most)),
            Reach::Told => String::new(),
        }
    }
}

/// Everything of one run, in the order in which it was measured.
#[derive(Default)]
pub struct Figures {
    figures: Vec<(String, Rounds, &'static str)>,
    ratios: Vec<(&'static str, Option<f64>, Reach)>,
}

impl Figures {
    /// Notes a figure, and gives its median.
    pub fn figure(&mut self, name: impl Into<String>, rounds: impl Into<Rounds>, unit: &'static str) -> f64 {
        let rounds = rounds.into();
        let median = rounds.median();
        self.figures.push((name.into(), rounds, unit));
        median
    }

    /// The median of a figure that was noted.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|(noted, ..)| noted == name).map(|(_, rounds, _)| rounds.median())
    }

    /// Notes a ratio; `None` was not measured.
    pub fn ratio(&mut self, name: &'static str, value: Option<f64>, reach: Reach) {
        self.ratios.push((name, value.filter(|value| value.is_finite()), reach));
    }

    /// Notes the ratio of two figures that were noted, if both were.
    pub fn ratio_of(&mut self, name: &'static str, above: &str, below: &str, reach: Reach) {
        let value = self.value(above).zip(self.value(below)).map(|(above, below)| above / below);
        self.ratio(name, value, reach);
    }

    /// One object: `figures`, `ratios`, and the `spread` of the figures that were measured more than once.
    pub fn json(&self) -> Value {
        let figure =
            |(name, rounds, unit): &(String, Rounds, &str)| (name.clone(), json!({ "value": rounds.median(), "unit": unit }));
        let spread = |(name, rounds, _): &(String, Rounds, &str)| Some((name.clone(), json!(rounds.spread()?)));
        let ratio = |(name, value, _): &(&str, Option<f64>, Reach)| ((*name).to_owned(), json!(value));
        json!({
            "figures": self.figures.iter().map(figure).collect::<serde_json::Map<_, _>>(),
            "ratios": self.ratios.iter().map(ratio).collect::<serde_json::Map<_, _>>(),
            "spread": self.figures.iter().filter_map(spread).collect::<serde_json::Map<_, _>>(),
        })
    }

    /// The same for people.
    pub fn table(&self) -> String {
        let mut text = String::new();
        for (name, rounds, unit) in &self.figures {
            let spread =
                rounds.spread().map_or_else(String::new, |(least, most)| format!("{} … {}", number(least), number(most)));
            // Writing to a text does not fail.
            let _ = writeln!(text, "{name:<40} {:>14} {unit:<10} {spread}", number(rounds.median()));
        }
        text.push('\n');
        for (name, value, reach) in &self.ratios {
            let (value, verdict) = value.map_or(("not measured".into(), ""), |value| (number(value), reach.verdict(value)));
            let _ = writeln!(text, "{name:<40} {value:>14} {:<22} {verdict}", reach.words());
        }
        text
    }
}

/// Whole above a hundred, two places below.
fn number(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_value_in_the_middle_whatever_the_order() {
        let mut rounds = Rounds::default();
        for value in [5.0, 1.0, 3.0] {
            rounds.push(value);
        }
        assert_eq!((rounds.median(), rounds.spread()), (3.0, Some((1.0, 5.0))));
        rounds.push(4.0);
        assert_eq!(rounds.median(), 3.5);
    }

    #[test]
    fn a_quantile_is_the_least_value_that_so_many_do_not_exceed() {
        let latencies = Latencies::of((1..=100).rev().map(|micros| micros * 1_000).collect());
        assert_eq!([500, 990, 999, 1_000].map(|share| latencies.micros(share)), [50.0, 99.0, 100.0, 100.0]);
    }

    #[test]
    fn a_ratio_that_was_not_measured_is_null_and_has_no_verdict() {
        let mut figures = Figures::default();
        figures.figure("a", 3.0, "1/s");
        figures.ratio_of("with", "a", "a", Reach::Least(2.0, 2.0));
        figures.ratio_of("without", "a", "b", Reach::Most(1.0));
        let json = figures.json();
        assert_eq!((&json["ratios"]["with"], &json["ratios"]["without"]), (&json!(1.0), &Value::Null));
        let table = figures.table();
        assert!(table.contains("short") && table.contains("not measured"), "{table}");
    }
}
