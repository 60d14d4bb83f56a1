//! The node's settings: one table, from which the flags, the environment, the file and the documentation come.
//!
//! A flag wins over the environment, the environment over `DIR/liard.toml`, and that over the default.

use crate::failure::{Failure, Outcome};
use crate::money;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use ledger::note::{COSIGNATURE, VerifierKey};
use merchant_pos::printing::Network;
use public_log::{LOG_NAMES, MAX_WITNESS_NAME_BYTES, MAX_WITNESSES, Witness};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use wallet_api::Offline;
use wallet_api::notices::{Hosts, MailSettings};

/// The file in the data folder.
pub const FILE: &str = "liard.toml";

/// The public log is published at most so often: each time asks every witness, which syncs a file before it answers.
const MIN_PUBLISH_MS: u64 = 100;

/// One setting.
pub struct Setting {
    /// Its name in the file; with dashes, the flag.
    pub name: &'static str,
    /// What holds when nothing else is said.
    pub default: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

const fn setting(name: &'static str, default: &'static str, meaning: &'static str) -> Setting {
    Setting { name, default, meaning }
}

/// Every setting.
pub const TABLE: &[Setting] = &[
    setting("listen", "127.0.0.1:8080", "The address and port to listen on; port 0 takes a free one."),
    setting("public_url", "", "What links begin with, such as https://monnaie.example; empty: the address listened on."),
    setting("tls_cert", "", "A PEM file with the certificate chain; empty: plain HTTP, for a machine behind a proxy."),
    setting("tls_key", "", "The PEM file with the certificate's key."),
    setting("secrets", "", "The folder of secrets; empty: DIR/secrets. Keep it out of the backups of the data."),
    setting("holder", "", "Who holds the fund's bank account: shown to members who convert."),
    setting("iban", "", "The IBAN that members convert to."),
    setting("bic", "", "Its BIC; empty: none is shown."),
    setting(
        "creditor_id",
        "",
        "The SEPA creditor identifier (ICS) for direct debits, such as FR72ZZZ123456; empty: there are none.",
    ),
    setting(
        "older_pain",
        "",
        "The numbers of the bank accounts, with commas, whose bank still wants payment files in pain.001.001.03 and pain.008.001.02; the others \
         get .09 and .08.",
    ),
    setting(
        "bank_inbox",
        "",
        "A folder that is watched for bank files: each is imported, then moved to its `done` or `refused`. Empty: none.",
    ),
    setting(
        "bank_key",
        "",
        "The key file of a person of the association with whose key this node proposes what the bank files clearly say; empty: people do.",
    ),
    setting(
        "push_hosts",
        "fcm.googleapis.com, *.push.services.mozilla.com, *.push.apple.com, *.notify.windows.com",
        "The push services of browsers that the node calls, with commas; `*.` stands for every host below, and an address such as \
         http://127.0.0.1:9000 for a push service of your own. Empty: no browser is woken.",
    ),
    setting(
        "hook_hosts",
        "",
        "Hosts, with commas, that the hooks of shops are sent to wherever they are and also without TLS, such as a web shop on this machine. \
         All others have to be on the open internet, over https.",
    ),
    setting(
        "push_contact",
        "",
        "Where a push service reaches whoever runs the node: mailto:… or https://…; empty: public_url, where that is https.",
    ),
    setting(
        "smtp",
        "",
        "The mail server for notices: smtps://name:password@host, or smtp://name:password@host?tls=required; best in the file, which \
         only its owner reads. Empty: no mails are sent.",
    ),
    setting("mail_from", "", "Who mails are from, such as Tolar <no-reply@monnaie.example>."),
    setting(
        "printer_networks",
        "",
        "The networks in which the tills' receipt printers may be, with commas, such as 192.168.1.0/24 or 192.168.1.9:9101 (9100 unless a port \
         is said). Empty: this node prints nowhere, and a shop's own machine (`liard till`) in every private network.",
    ),
    setting("demo", "false", "true: every page says that nothing here is worth anything."),
    setting(
        "public_every_ms",
        "86400000",
        "The public figures are taken anew this often, in milliseconds: once a day, so that two of them tell no single conversion.",
    ),
    setting(
        "witnesses",
        "",
        "Who cosigns the public log: `<verifier key> <address>`, several with commas, as each `liard witness` prints its own. Empty: nobody.",
    ),
    setting(
        "witnesses_needed",
        "0",
        "From so many cosignatures on, wallets call a payment final for everyone; 0: never, and they say that it is recorded.",
    ),
    setting("publish_every_ms", "60000", "The public log is published anew this often when it grew, in milliseconds."),
    setting(
        "statement_at",
        "20:00",
        "The hour of the daily coverage statement, on the clocks of Paris; empty: one is made only when the office asks for it.",
    ),
    setting(
        "offline_per_wallet",
        "50",
        "While there is no network, shops may take so many units of one wallet, until its orders have arrived; 0: nothing. The loss is \
         the shop's when an order is not covered then.",
    ),
    setting("offline_per_till_day", "500", "… and one till so many units in one day."),
    setting(
        "redemption_days",
        "10",
        "After so many days at the latest the euros of a redemption arrive, as the association promises its shops; 0: no promise.",
    ),
    setting(
        "per_address_per_second",
        "200",
        "One network address may ask for so much a second, ten times as much at once; 0: no limit. A town hall's whole Wi-Fi is one \
         address, and each page is some thirty files.",
    ),
    setting(
        "connections_per_address",
        "1024",
        "One network address may hold so many connections; 0: no limit. A hall of three hundred phones with three each.",
    ),
    setting(
        "per_key_per_second",
        "20",
        "One key may send so many new orders a second, a whole batch of 1,000 at once; 0: no limit. People press a button; an \
         association's lists of conversions are longer.",
    ),
    setting(
        "self_openings_per_hour",
        "60",
        "So many people may open an account for themselves in an hour from one network address; 0: no limit. A launch in a hall \
         with one Wi-Fi.",
    ),
    setting(
        "behind_proxy",
        "false",
        "true: every connection comes from a proxy of yours, and the last address in X-Forwarded-For is the one that counts.",
    ),
    setting(
        "disk_alarm_mb",
        "1024",
        "Below so many free megabytes on the disk of the data there is an alarm: in the log, in /health and in the office.",
    ),
    setting(
        "writer_per_second",
        "0",
        "So many entries are made per second at most; 0: as many as the machine can. To see how a node behaves under too much.",
    ),
    setting("stop_wait_ms", "5000", "At a stop, requests under way have so long to finish, in milliseconds."),
    setting("log", "info", "What is logged: error, warn, info, debug, or filters such as ledger=debug."),
];

impl Setting {
    fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    fn variable(&self) -> String {
        format!("LIARD_{}", self.name.to_uppercase())
    }
}

/// What was said by flag or environment.
#[derive(Clone, Default, Debug)]
pub struct Said(BTreeMap<&'static str, String>);

impl Args for Said {
    fn augment_args(command: Command) -> Command {
        command.args(TABLE.iter().map(|setting| {
            let arg = Arg::new(setting.name).long(setting.flag()).env(setting.variable()).value_name("VALUE");
            arg.help(setting.meaning).hide_env_values(true)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Said::augment_args(command)
    }
}

impl FromArgMatches for Said {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Said, clap::Error> {
        let value = |setting: &Setting| Some((setting.name, matches.get_one::<String>(setting.name)?.clone()));
        Ok(Said(TABLE.iter().filter_map(value).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Said::from_arg_matches(matches)?;
        Ok(())
    }
}

/// What a node runs with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// What links begin with.
    pub public_url: Option<String>,
    /// Certificate chain and key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The folder of secrets.
    pub secrets: PathBuf,
    /// Who holds the fund's bank account.
    pub holder: String,
    /// Its IBAN.
    pub iban: String,
    /// Its BIC.
    pub bic: Option<String>,
    /// The SEPA creditor identifier.
    pub creditor_id: Option<String>,
    /// The bank accounts whose bank wants older payment files.
    pub older_pain: Vec<u16>,
    /// The folder that is watched for bank files.
    pub bank_inbox: Option<PathBuf>,
    /// The key file with which the node proposes what bank files say.
    pub bank_key: Option<PathBuf>,
    /// The push services that are called.
    pub push_hosts: Hosts,
    /// Hosts that shops' hooks are sent to wherever they are, as `host:port` (443 without a port).
    pub hook_hosts: Vec<String>,
    /// Where push services reach whoever runs the node.
    pub push_contact: Option<String>,
    /// Where mails are handed in.
    pub mail: Option<MailSettings>,
    /// Where receipt printers may be.
    pub printer_networks: Vec<Network>,
    /// Whether nothing here is worth anything.
    pub demo: bool,
    /// How often the public figures are taken.
    pub public_every_ms: u64,
    /// Who cosigns the public log.
    pub witnesses: Vec<Witness>,
    /// How many cosignatures make it final for everyone.
    pub witnesses_needed: usize,
    /// How often it is published.
    pub publish_every_ms: u64,
    /// The daily coverage statement is made so many minutes after midnight in Paris.
    pub statement_at: Option<u64>,
    /// What shops may take while there is no network, in cents.
    pub offline: Offline,
    /// After so many days at the latest the euros of a redemption arrive; 0: nothing is promised.
    pub redemption_days: u32,
    /// How much one network may ask for a second; 0 is no limit.
    pub per_address_per_second: u64,
    /// How many connections one network may hold; 0 is no limit.
    pub connections_per_address: u64,
    /// How many new orders one key may send a second; 0 is no limit.
    pub per_key_per_second: u64,
    /// How many accounts may be opened in an hour from one network; 0 is no limit.
    pub self_openings_per_hour: u64,
    /// Whether the last address of `X-Forwarded-For` counts.
    pub behind_proxy: bool,
    /// Below so many free megabytes there is an alarm.
    pub disk_alarm_mb: u64,
    /// How fast the writer may go.
    pub writer_per_second: u32,
    /// How long a stop waits.
    pub stop_wait_ms: u64,
    /// What is logged.
    pub log: String,
}

impl Settings {
    /// The settings of the node whose data lie in `data`.
    pub fn read(data: &Path, said: &Said) -> Outcome<Settings> {
        let path = data.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::file("read the settings", &path, &error)),
        };
        let file = in_file(&text).map_err(|why| Failure::new(format!("{}: {why}", path.display())))?;
        Settings::of(data, &|name| said.0.get(name).or_else(|| file.get(name)).cloned())
    }

    fn of(data: &Path, find: &dyn Fn(&str) -> Option<String>) -> Outcome<Settings> {
        let text = |name: &str| {
            let default = TABLE.iter().find(|setting| setting.name == name).map_or("", |setting| setting.default);
            find(name).unwrap_or_else(|| default.to_owned()).trim().to_owned()
        };
        let optional = |name: &str| Some(text(name)).filter(|value| !value.is_empty());
        let wrong = |name: &str, needs: &str| Failure::new(format!("the setting `{name}` is '{}': it {needs}", text(name)));
        let number = |name: &str| text(name).parse::<u64>().map_err(|_| wrong(name, "has to be a whole number"));
        let cents = |name: &str| money::cents(&text(name)).map_err(|why| Failure::new(format!("the setting `{name}`: {why}")));
        let flag = |name: &str| text(name).parse::<bool>().map_err(|_| wrong(name, "has to be true or false"));
        let tls = match (optional("tls_cert"), optional("tls_key")) {
            (Some(cert), Some(key)) => Some((PathBuf::from(cert), PathBuf::from(key))),
            (None, None) => None,
            _ => return Err(Failure::new("`tls_cert` and `tls_key` belong together: give both or none")),
        };
        let public_url = optional("public_url").map(|url| url.trim_end_matches('/').to_owned());
        if public_url.as_ref().is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
            return Err(wrong("public_url", "has to begin with https:// (or http:// on the machine itself)"));
        }
        let witnesses = witnesses(&text("witnesses")).map_err(|why| Failure::new(format!("the setting `witnesses`: {why}")))?;
        let witnesses_needed = usize::try_from(number("witnesses_needed")?).unwrap_or(usize::MAX);
        if witnesses_needed > witnesses.len() {
            return Err(wrong("witnesses_needed", "cannot be more than there are witnesses"));
        }
        let publish_every_ms = number("publish_every_ms")?;
        if publish_every_ms < MIN_PUBLISH_MS {
            return Err(wrong("publish_every_ms", &format!("is at least {MIN_PUBLISH_MS}")));
        }
        let minutes =
            |hour: String| minutes(&hour).ok_or_else(|| wrong("statement_at", "has to be an hour such as 20:00, or empty"));
        let push_hosts =
            Hosts::parse(&text("push_hosts")).map_err(|why| Failure::new(format!("the setting `push_hosts`: {why}")))?;
        let push_contact = optional("push_contact").or_else(|| public_url.clone().filter(|url| url.starts_with("https://")));
        if push_contact.as_ref().is_some_and(|contact| !contact.starts_with("mailto:") && !contact.starts_with("https://")) {
            return Err(wrong("push_contact", "has to begin with mailto: or https://"));
        }
        // What is wrong is said without the address, which may hold a password.
        let mail = optional("smtp").map(|smtp| MailSettings::new(&smtp, &text("mail_from")).map_err(Failure::new)).transpose()?;
        Ok(Settings {
            listen: text("listen").parse().map_err(|_| wrong("listen", "has to look like 127.0.0.1:8080 or [::]:443"))?,
            public_url,
            tls,
            secrets: optional("secrets").map_or_else(|| data.join("secrets"), PathBuf::from),
            holder: text("holder"),
            iban: text("iban"),
            bic: optional("bic"),
            creditor_id: optional("creditor_id"),
            older_pain: bank_numbers(&text("older_pain"))
                .ok_or_else(|| wrong("older_pain", "has to be numbers with commas, such as 1,2"))?,
            bank_inbox: optional("bank_inbox").map(PathBuf::from),
            bank_key: optional("bank_key").map(PathBuf::from),
            push_hosts,
            hook_hosts: text("hook_hosts")
                .split(',')
                .map(|host| host.trim().to_owned())
                .filter(|host| !host.is_empty())
                .collect(),
            push_contact,
            mail,
            printer_networks: networks(&text("printer_networks"))
                .ok_or_else(|| wrong("printer_networks", "has to be networks with commas, such as 192.168.1.0/24"))?,
            demo: flag("demo")?,
            public_every_ms: number("public_every_ms")?,
            witnesses,
            witnesses_needed,
            publish_every_ms,
            statement_at: optional("statement_at").map(minutes).transpose()?,
            offline: Offline { per_wallet: cents("offline_per_wallet")?, per_till_day: cents("offline_per_till_day")? },
            redemption_days: u32::try_from(number("redemption_days")?)
                .map_err(|_| wrong("redemption_days", "has to be a number of days"))?,
            per_address_per_second: number("per_address_per_second")?,
            connections_per_address: number("connections_per_address")?,
            per_key_per_second: number("per_key_per_second")?,
            self_openings_per_hour: number("self_openings_per_hour")?,
            behind_proxy: flag("behind_proxy")?,
            disk_alarm_mb: number("disk_alarm_mb")?,
            writer_per_second: number("writer_per_second")?
                .try_into()
                .map_err(|_| wrong("writer_per_second", "has to be below 4 billion"))?,
            stop_wait_ms: number("stop_wait_ms")?,
            log: text("log"),
        })
    }
}

/// `1,2`.
fn bank_numbers(text: &str) -> Option<Vec<u16>> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| part.parse().ok()).collect()
}

/// `192.168.1.0/24, 192.168.2.9:9101`.
fn networks(text: &str) -> Option<Vec<Network>> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Network::parse).collect()
}

/// `<verifier key> <address>, …`, each witness once.
fn witnesses(text: &str) -> Result<Vec<Witness>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let witnesses = parts.map(witness).collect::<Result<Vec<_>, _>>()?;
    if witnesses.len() > MAX_WITNESSES {
        return Err(format!("there are {}, and {MAX_WITNESSES} at most", witnesses.len()));
    }
    let twice = |at: usize| {
        witnesses[..at].iter().any(|before| before.key.name == witnesses[at].key.name || before.key.key == witnesses[at].key.key)
    };
    match (0..witnesses.len()).find(|at| twice(*at)) {
        Some(at) => Err(format!("the name or the key of {} is there twice", witnesses[at].key.name)),
        None => Ok(witnesses),
    }
}

fn witness(part: &str) -> Result<Witness, String> {
    let words =
        || format!("'{part}' has to be a witness's verifier key, a space, and its address, such as https://witness.example");
    let (key, url) = part.split_once(' ').ok_or_else(words)?;
    let url = url.trim().trim_end_matches('/');
    let key = VerifierKey::parse(key).map_err(|why| format!("'{key}' is no verifier key: {why}"))?;
    if key.kind != COSIGNATURE {
        return Err(format!("the key of {} is not for cosignatures: a witness's own key is needed", key.name));
    }
    if key.name.len() > MAX_WITNESS_NAME_BYTES {
        return Err(format!("the name of the witness {} has more than {MAX_WITNESS_NAME_BYTES} bytes", key.name));
    }
    if key.name.starts_with(LOG_NAMES) {
        return Err(format!("{} is the name of a log: a witness has a name of its own", key.name));
    }
    let web = url.starts_with("https://") || url.starts_with("http://");
    if web && !url.contains(char::is_whitespace) { Ok(Witness { key, url: url.to_owned() }) } else { Err(words()) }
}

/// Minutes after midnight of `20:00`.
fn minutes(hour: &str) -> Option<u64> {
    let (hours, minutes) = hour.split_once(':')?;
    let number = |text: &str, below: u64| text.parse::<u64>().ok().filter(|value| text.len() == 2 && *value < below);
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

fn in_file(text: &str) -> Result<BTreeMap<String, String>, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let value = |(name, value): (String, toml::Value)| {
        if TABLE.iter().all(|setting| setting.name != name) {
            return Err(format!("there is no setting `{name}`: `liard serve --settings` lists them"));
        }
        match value {
            toml::Value::String(text) => Ok((name, text)),
            toml::Value::Integer(number) => Ok((name, number.to_string())),
            toml::Value::Boolean(flag) => Ok((name, flag.to_string())),
            _ => Err(format!("the setting `{name}` is a text, a whole number, true or false")),
        }
    };
    table.into_iter().map(value).collect()
}

/// The table, for people.
pub fn documentation() -> String {
    let mut text =
        String::from("A flag wins over the environment, the environment over DIR/liard.toml, and that over the default.\n");
    for setting in TABLE {
        let default = if setting.default.is_empty() { "(empty)" } else { setting.default };
        text += &format!("\n{}\n", setting.meaning);
        text += &format!("  --{}   {}   {} = …   default: {default}\n", setting.flag(), setting.variable(), setting.name);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, said: &[(&'static str, &str)]) -> Outcome<Settings> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), file).unwrap();
        Settings::read(folder.path(), &Said(said.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()))
    }

    #[test]
    fn without_a_word_the_defaults_hold() {
        let settings = read("", &[]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!((settings.tls, settings.demo), (None, false));
        assert!(settings.secrets.ends_with("secrets"));
    }

    #[test]
    fn the_public_figures_are_a_days_unless_somebody_says_otherwise() {
        assert_eq!(read("", &[]).unwrap().public_every_ms, 86_400_000);
        assert!(documentation().contains("default: 86400000"));
        // A demo shows at once what its visitor does.
        assert_eq!(read(&crate::init::settings_file("A", "", "", true), &[]).unwrap().public_every_ms, 60_000);
        assert_eq!(read(&crate::init::settings_file("A", "", "", false), &[]).unwrap().public_every_ms, 86_400_000);
    }

    #[test]
    fn the_file_wins_over_the_default_and_what_was_said_over_the_file() {
        let file = "listen = \"0.0.0.0:443\"\npublic_every_ms = 5\ndemo = true\npublic_url = \"https://monnaie.example/\"";
        let settings = read(file, &[("public_every_ms", "7")]).unwrap();
        assert_eq!((settings.listen.port(), settings.public_every_ms, settings.demo), (443, 7, true));
        assert_eq!(settings.public_url.as_deref(), Some("https://monnaie.example"));
    }

    #[test]
    fn a_node_without_a_word_is_protected_and_believes_no_proxy() {
        let settings = read("", &[]).unwrap();
        let limits = (settings.per_address_per_second, settings.connections_per_address);
        assert_eq!((limits, settings.per_key_per_second, settings.self_openings_per_hour), ((200, 1_024), 20, 60));
        assert_eq!((settings.behind_proxy, settings.disk_alarm_mb), (false, 1_024));
        assert_eq!(read("per_address_per_second = 0", &[]).unwrap().per_address_per_second, 0);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_name() {
        let rows = [
            ("colour = 1", "colour"),
            ("listen = \"here\"", "listen"),
            ("demo = \"perhaps\"", "demo"),
            ("public_url = \"monnaie.example\"", "public_url"),
            ("tls_cert = \"a.pem\"", "tls_key"),
            ("stop_wait_ms = -1", "stop_wait_ms"),
            ("per_address_per_second = \"many\"", "per_address_per_second"),
            ("behind_proxy = 1", "behind_proxy"),
            ("listen = [", "liard.toml"),
            ("witnesses = \"somebody\"", "verifier key"),
            ("witnesses = \"a+b https://witness.example\"", "witnesses"),
            ("witnesses_needed = 1", "witnesses_needed"),
            ("publish_every_ms = 5", "publish_every_ms"),
            ("printer_networks = \"the shop\"", "printer_networks"),
            ("statement_at = \"8 o'clock\"", "statement_at"),
            ("statement_at = \"24:00\"", "statement_at"),
        ];
        for (file, named) in rows {
            let failure = read(file, &[]).unwrap_err().to_string();
            assert!(failure.contains(named), "{failure}");
        }
    }

    #[test]
    fn a_witness_is_not_named_like_a_log() {
        let key = ledger::note::VerifierKey::witness(
            "liard/0123456789abcdef",
            ledger::SigningKey::from_bytes(&[1; 32]).verifying_key().into(),
        );
        let why = read(&format!("witnesses = \"{key} https://witness.example\""), &[]).unwrap_err().to_string();
        assert!(why.contains("the name of a log"), "{why}");
    }

    #[test]
    fn witnesses_are_keys_for_cosignatures_with_addresses_each_once() {
        let vkey = |name: &str, kind, seed| {
            let key = crate::keys::public(&ledger::SigningKey::from_bytes(&[seed; 32]));
            VerifierKey { name: name.to_owned(), kind, key }.to_string()
        };
        let (one, two) = (vkey("one.example", COSIGNATURE, 1), vkey("two.example", COSIGNATURE, 2));
        let of = |witnesses: String| read(&format!("witnesses = \"{witnesses}\"\nwitnesses_needed = 1"), &[]);
        let settings = of(format!("{one} https://one.example/, {two}  http://127.0.0.1:8081")).unwrap();
        assert_eq!(
            settings.witnesses.iter().map(|witness| witness.url.as_str()).collect::<Vec<_>>(),
            ["https://one.example", "http://127.0.0.1:8081"]
        );
        assert_eq!((settings.witnesses_needed, settings.witnesses[0].key.to_string()), (1, one.clone()));
        let log = vkey("three.example", ledger::note::ED25519, 3);
        for wrong in [
            format!("{one} https://a.example, {one} https://b.example"),
            format!("{log} https://c.example"),
            format!("{two} ftp://d.example"),
        ] {
            assert!(of(wrong).unwrap_err().to_string().contains("witnesses"));
        }
    }

    #[test]
    fn the_daily_statement_is_at_eight_unless_somebody_says_otherwise() {
        assert_eq!(read("", &[]).unwrap().statement_at, Some(20 * 60));
        assert_eq!(read("statement_at = \"06:05\"", &[]).unwrap().statement_at, Some(365));
        assert_eq!(read("statement_at = \"\"", &[]).unwrap().statement_at, None);
    }

    #[test]
    fn the_documentation_names_every_setting_with_its_flag_and_variable() {
        let text = documentation();
        for setting in TABLE {
            assert!(text.contains(&format!("--{}", setting.flag())) && text.contains(&setting.variable()));
        }
    }
}
