//! The report as a page to print and to hand out: what a general assembly reads. One file, with nothing to load.

use crate::audit::report::{Cover, Day, Question, Report, Verdict};
use crate::language::Language;

/// So many of the newest statements stand in the table.
const ROWS: usize = 31;

const STYLE: &str = "body{font:17px/1.5 Georgia,serif;max-width:46em;margin:2em auto;padding:0 1em;color:#1c1b18;background:#fff}\
h1{font-size:1.6em;margin:0}h2{font-size:1.15em;margin:1.6em 0 .3em}p{margin:.3em 0}table{border-collapse:collapse;width:100%;margin:.6em 0}\
td,th{border-bottom:1px solid #ccc;padding:.3em .5em;text-align:start;vertical-align:top}td.n{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}\
.answer{font-size:1.25em;font-weight:bold}.good{color:#11604a}.warning{color:#7a5200}.wrong{color:#a3161b}.not_checked{color:#55534d}\
.conclusion{border:2px solid;padding:.7em 1em;font-weight:bold;margin:1.2em 0}ul{list-style:none;padding:0}code{overflow-wrap:anywhere;font-size:.8em}\
.sign{margin-top:3em;display:flex;gap:3em}.sign div{flex:1;border-top:1px solid #1c1b18;padding-top:.3em}@media print{body{margin:0}}";

/// The page.
pub fn page(report: &Report) -> String {
    let l = report.language;
    let title = l.pick("Rapport de vérification", "Audit report");
    let verdict = report.verdict().word();
    let mut html = format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} — {name}</title><style>{STYLE}</style>\n<h1>{title}</h1>\n<p>{name} — {}</p>\n<p class=\"conclusion {verdict}\">{}</p>\n",
        l.pick("fr", "en"),
        escaped(&l.moment(report.made)),
        escaped(report.conclusion()),
        name = escaped(&report.name),
    );
    for question in Question::ALL {
        html += &answer(report, question);
    }
    html += &series(report);
    html += &annex(report);
    html
}

fn answer(report: &Report, question: Question) -> String {
    let (l, verdict) = (report.language, report.verdict_on(question));
    let mut html = format!(
        "<h2>{}</h2>\n<p class=\"answer {}\">{}</p>\n<ul>\n",
        escaped(question.asked(l)),
        verdict.word(),
        escaped(question.answered(verdict, l))
    );
    for check in report.checks.iter().filter(|check| check.question == question) {
        let mark = check.verdict.mark();
        html += &format!(
            "<li class=\"{}\"><span aria-hidden=\"true\">{mark}</span> {}</li>\n",
            check.verdict.word(),
            escaped(&check.words)
        );
    }
    html + "</ul>\n"
}

fn series(report: &Report) -> String {
    let l = report.language;
    if report.days.is_empty() {
        return String::new();
    }
    let mut html = format!("<h2>{}</h2>\n", l.pick("Attestations de couverture", "Coverage statements"));
    let heads = [
        l.pick("N°", "No."),
        l.pick("Date", "Date"),
        l.pick("Numérique en circulation", "Digital in circulation"),
        l.pick("Euros au fonds", "Euros in the fund"),
        l.pick("Papier en circulation", "Paper in circulation"),
        l.pick("Euros au fonds", "Euros in the fund"),
    ];
    html += &format!("<table><tr>{}</tr>\n", heads.map(|head| format!("<th>{head}</th>")).concat());
    for day in report.days.iter().rev().take(ROWS) {
        html += &row(day, l);
    }
    if report.days.len() > ROWS {
        let more = report.days.len() - ROWS;
        html += &format!("<tr><td colspan=\"6\">{} {more}</td></tr>\n", l.pick("et avant,", "and before,"));
    }
    html + "</table>\n"
}

fn row(day: &Day, l: Language) -> String {
    let cells = |cover: &Cover| {
        let class = if cover.short().is_some() { Verdict::Wrong.word() } else { Verdict::Good.word() };
        let (circulation, euros) = (l.euros(cover.circulation), l.euros(cover.cover));
        format!("<td class=\"n\">{circulation}</td><td class=\"n {class}\">{euros} €</td>")
    };
    let date = escaped(&l.day(day.time));
    format!("<tr><td>{}</td><td>{date}</td>{}{}</tr>\n", day.number, cells(&day.digital), cells(&day.paper))
}

/// What a technician compares, and room to sign.
fn annex(report: &Report) -> String {
    let l = report.language;
    let mut html = format!("<h2>{}</h2>\n<table>\n", l.pick("Pour comparer", "To compare"));
    let subject = (l.pick("Vérifié", "Audited").to_owned(), report.subject.clone());
    for (label, value) in [subject].iter().chain(&report.facts) {
        html += &format!("<tr><th>{}</th><td><code>{}</code></td></tr>\n", escaped(label), escaped(value));
    }
    html += "</table>\n";
    let who = [l.pick("Nom et signature", "Name and signature"), l.pick("Date", "Date")];
    html + &format!("<div class=\"sign\">{}</div>\n", who.map(|word| format!("<div>{word}</div>")).concat())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::amount::Cents;
    use serde_json::Value;

    fn report() -> Report {
        let cover = |circulation, cover| Cover { circulation: Cents::new(circulation), cover: Cents::new(cover) };
        let mut report = Report {
            language: Language::Fr,
            subject: "https://monnaie.example".into(),
            made: 1_795_372_200_000,
            name: "<script>L’Exemple & Cie".into(),
            symbol: "ex".into(),
            ledger: "abc".into(),
            entries: 7,
            facts: vec![("Registre".into(), "abc".into())],
            checks: Vec::new(),
            days: vec![Day { number: 1, time: 1_795_372_200_000, digital: cover(1_250, 1_000), paper: cover(0, 0) }],
            more: Value::Null,
        };
        report.check(Question::Recorded, "log", Verdict::Good, "Les écritures mènent à l’empreinte signée.");
        report.check(Question::Covered, "cover", Verdict::Wrong, "Il manque 2,50 euros.");
        report
    }

    #[test]
    fn an_assembly_reads_three_questions_with_their_answers() {
        let html = page(&report());
        for part in
            ["Les paiements sont-ils inscrits pour de bon ?", "Chaque unité a-t-elle son euro ?", "Le passé a-t-il été réécrit ?"]
        {
            assert!(html.contains(part), "{part}");
        }
        assert!(html.contains("<p class=\"answer wrong\">NON</p>") && html.contains("12,50") && html.contains("Il manque 2,50"));
        // Nothing was looked at that would answer the third one, and the page says so.
        assert!(html.contains("<p class=\"answer not_checked\">Non vérifié</p>"));
    }

    #[test]
    fn a_name_cannot_write_into_the_page() {
        let html = page(&report());
        assert!(!html.contains("<script>") && html.contains("&lt;script&gt;L’Exemple &amp; Cie"));
    }

    #[test]
    fn the_page_loads_nothing() {
        let html = page(&report());
        for word in ["src=", "href=", "url(", "@import"] {
            assert!(!html.contains(word), "{word}");
        }
    }
}
