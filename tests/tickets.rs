//! A till's tickets against the running program: sent, kept, found by a customer, taken home as an archive, and verified without it.

#![allow(clippy::unwrap_used)]

mod common;

use common::person::Person;
use common::{Cast, Town};
use ledger::SigningKey;
use ledger::encoding::{Reader, Writer};
use ledger::key::{Hash32, LedgerId, PublicKey};
use merchant_pos::tickets::chain::Chain;
use merchant_pos::tickets::closing::Span;
use merchant_pos::tickets::record::{Content, Event, Line, Means, Record, SignedRecord, Tender, Ticket};
use merchant_pos::tickets::tax;
use reqwest::Method;
use serde_json::Value;
use std::path::Path;

/// A till that writes its chain.
struct Till {
    chain: Chain,
    ledger: LedgerId,
    key: SigningKey,
    records: Vec<Vec<u8>>,
}

impl Till {
    fn of(cast: &Cast) -> Till {
        let key = cast.shop_key.clone();
        let chain = Chain::new(cast.shop, PublicKey::from(key.verifying_key()));
        Till { chain, ledger: cast.ledger, key, records: Vec::new() }
    }

    fn record(&self, time: u64, content: Content) -> Vec<u8> {
        let Chain { account, number, hash, .. } = self.chain;
        Record { account, number: number + 1, previous: hash, time, cashier: None, content }.sign(&self.ledger, &self.key)
    }

    fn push(&mut self, time: u64, content: Content) -> Hash32 {
        let bytes = self.record(time, content);
        let signed = SignedRecord::decode(&bytes, &self.ledger).unwrap();
        self.chain.take(&signed).unwrap();
        self.records.push(bytes);
        signed.hash
    }

    fn bread(&self, training: bool) -> Content {
        let line = Line { label: "Pain".into(), price: 420, quantity: 1_000, unit: String::new(), rate: 550, total: 420 };
        let tenders = vec![Tender { means: Means::Units, amount: 420, charge: Some([3; 16]), certain: true }];
        let (rates, last) =
            (tax::rates(std::slice::from_ref(&line)), if training { self.chain.training } else { self.chain.ticket });
        let number = last.unwrap() + 1;
        let (refund, tip, of, reference) = (false, 0, None, Some("comptoir".into()));
        Content::Ticket(Ticket { refund, training, number, lines: vec![line], rates, total: 420, tenders, tip, of, reference })
    }
}

fn body(records: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Writer::new();
    out.array(records.len());
    records.iter().for_each(|record| {
        out.bytes(record);
    });
    out.into_bytes()
}

/// A key that is signed in, and what it asks the tills' service.
struct Asker<'t> {
    town: &'t Town,
    token: String,
}

impl Asker<'_> {
    async fn bytes(&self, method: Method, path: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
        let request = reqwest::Client::new().request(method, self.town.url(path)).body(body);
        let answer = if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    async fn get(&self, path: &str) -> (u16, Vec<u8>) {
        self.bytes(Method::GET, path, Vec::new()).await
    }

    async fn json(&self, path: &str) -> Value {
        let (status, bytes) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&bytes));
        serde_json::from_slice(&bytes).unwrap()
    }

    async fn send(&self, till: &PublicKey, records: &[Vec<u8>]) -> (u16, Value) {
        let (status, bytes) = self.bytes(Method::POST, &format!("/pos/v1/tills/{till}/records"), body(records)).await;
        (status, serde_json::from_slice(&bytes).unwrap())
    }
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tills_records_are_kept_as_signed_and_whoever_has_the_archive_or_the_link_verifies_them() {
    let town = Town::new();
    let cast = Cast::of(&town).await;
    let shop = Asker { town: &town, token: Person::with(&town, cast.shop_key.clone()).await.token().to_owned() };
    let (mut till, time) = (Till::of(&cast), common::now());
    let key = till.chain.till;
    till.push(time, Content::Event(Event { code: "started", detail: None, ticket: None }));
    let sold = till.push(time, till.bread(false));
    till.push(time, till.bread(true));
    let (status, taken) = shop.send(&key, &till.records).await;
    assert_eq!((status, taken["number"].as_u64(), taken["ticket"].as_u64()), (200, Some(3), Some(1)), "{taken}");
    refusals(&shop, &till, time).await;
    let due = till.chain.due(Span::Day, time).unwrap();
    till.push(time, Content::Closing(due));
    assert_eq!(shop.send(&key, &till.records).await.1["number"], 4, "those that are kept already come along");
    let chain = shop.json(&format!("/pos/v1/tills/{key}/chain")).await;
    assert_eq!((chain["hash"].as_str(), &chain["open_day"]), (Some(till.chain.hash.to_string().as_str()), &Value::Null));
    assert_eq!((&chain["perpetual"]["net"], &chain["training"]), (&Value::from(420), &Value::from(1)));
    read_again(&shop, &till, time).await;
    by_its_link(&town, &till, &sold).await;
    let file = tempfile::tempdir().unwrap();
    let (status, archive) = shop.get(&format!("/pos/v1/tills/{key}/archive?from=2000-01-01&to=2999-12-31")).await;
    assert_eq!(status, 200);
    verified_at_home(&archive, &file.path().join("caisse.liard-till"), &till);
    let (status, pdf) = shop.get("/pos/v1/attestation.pdf").await;
    assert!(status == 200 && pdf.starts_with(b"%PDF-"));
}

async fn refusals(shop: &Asker<'_>, till: &Till, time: u64) {
    let key = till.chain.till;
    let mut fork = SignedRecord::decode(&till.records[1], &till.ledger).unwrap().record;
    fork.time += 1;
    let fork = fork.sign(&till.ledger, &till.key);
    assert_eq!(code(&shop.send(&key, &[fork]).await), (409, "ticket_fork"));
    let mut ahead = Till { chain: till.chain.clone(), records: Vec::new(), ledger: till.ledger, key: till.key.clone() };
    ahead.push(time, ahead.bread(false));
    ahead.push(time, ahead.bread(false));
    assert_eq!(code(&shop.send(&key, &ahead.records[1..]).await), (409, "ticket_gap"));
    let stranger = SigningKey::from_bytes(&[5; 32]);
    let forged = SignedRecord::decode(&ahead.records[0], &till.ledger).unwrap().record.sign(&till.ledger, &stranger);
    assert_eq!(code(&shop.send(&key, &[forged]).await), (403, "ticket_other_till"));
    let theirs = Chain::new(till.chain.account, PublicKey::from(stranger.verifying_key()));
    let mut theirs = Till { chain: theirs, records: Vec::new(), ledger: till.ledger, key: stranger };
    theirs.push(time, theirs.bread(false));
    let answer = shop.send(&theirs.chain.till, &theirs.records).await;
    assert_eq!(code(&answer), (403, "ticket_other_till"), "a key that was never a till of the shop");
    let far = till.record(time + 2 * 86_400_000, Content::Event(Event { code: "started", detail: None, ticket: None }));
    assert_eq!(code(&shop.send(&key, &[far]).await), (422, "ticket_clock"));
    assert_eq!(shop.send(&key, &[b"no record".to_vec()]).await.0, 400);
    let (status, _) = shop.bytes(Method::POST, &format!("/pos/v1/tills/{key}/records"), b"\xff".to_vec()).await;
    assert_eq!(status, 400);
    let nobody = Asker { town: shop.town, token: String::new() };
    assert_eq!(nobody.send(&key, &till.records).await.0, 401);
    for (path, expected) in [
        (format!("/pos/v1/tills/{key}/archive?from=2000-01-01&to=2000-12-31"), 404),
        (format!("/pos/v1/tills/{key}/archive?from=today&to=2000-12-31"), 400),
        ("/pos/v1/tickets?from=0&to=1&after=00".into(), 400),
        ("/pos/v1/closings?period=week&from=0&to=1".into(), 400),
        (format!("/pos/v1/tickets/{key}/99"), 404),
    ] {
        assert_eq!(shop.get(&path).await.0, expected, "{path}");
    }
}

async fn read_again(shop: &Asker<'_>, till: &Till, time: u64) {
    let key = till.chain.till;
    let (_, records) = shop.get(&format!("/pos/v1/tills/{key}/records?from=2&limit=2")).await;
    let mut reader = Reader::new(&records);
    let read: Vec<_> = (0..reader.array(2).unwrap()).map(|_| reader.bytes().unwrap()).collect();
    assert_eq!(read, [&till.records[1][..], &till.records[2]]);
    let list = shop.json(&format!("/pos/v1/tickets?from={time}&to={}&till={key}", time + 1)).await;
    let kinds: Vec<_> = list["rows"].as_array().unwrap().iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds, &list["next"]), (vec!["sale", "training_sale"], &Value::Null));
    let of_charge = shop.json(&format!("/pos/v1/charges/{}/ticket", "03".repeat(16))).await;
    assert_eq!(of_charge, list["rows"][0], "the sale of a charge, for whichever till gives it back");
    assert_eq!(shop.get(&format!("/pos/v1/charges/{}/ticket", "04".repeat(16))).await.0, 404);
    assert_eq!(shop.get(&format!("/pos/v1/tickets/{key}/1")).await, (200, till.records[1].clone()));
    assert_eq!(shop.get(&format!("/pos/v1/tickets/{key}/1?training=true")).await, (200, till.records[2].clone()));
    let closings = shop.json(&format!("/pos/v1/closings?period=day&from={time}&to={}", time + 1)).await;
    let day = &closings["closings"][0];
    assert_eq!((&day["total"], &day["tickets"], &day["means"][0]["means"]), (&420.into(), &1.into(), &"units".into()));
}

async fn by_its_link(town: &Town, till: &Till, sold: &Hash32) {
    let customer = Asker { town, token: String::new() };
    assert_eq!(customer.get(&format!("/pos/v1/public/tickets/{sold}")).await, (200, till.records[1].clone()));
    let shop = customer.json(&format!("/pos/v1/public/tickets/{sold}/shop")).await;
    assert!(shop["legal"].is_object() && shop["certificate"].is_string(), "{shop}");
    let unknown = Hash32([0; 32]);
    assert_eq!(customer.get(&format!("/pos/v1/public/tickets/{unknown}")).await.0, 404);
}

/// What `liard verify` says of the archive, and of one in which somebody changed a price.
fn verified_at_home(archive: &[u8], file: &Path, till: &Till) {
    let path = file.to_str().unwrap();
    std::fs::write(file, archive).unwrap();
    let told = common::node::said(&["verify", path, "--lang", "fr", "--ledger", &till.ledger.to_string()]);
    assert!(told.contains("enregistrements n° 1 à 4") && told.contains("4,20"), "{told}");
    let facts: Value = serde_json::from_str(&common::node::said(&["verify", path, "--json"])).unwrap();
    assert_eq!((&facts["kind"], &facts["facts"]["tickets"]), (&"till_archive".into(), &1.into()));
    let other = Hash32([1; 32]).to_string();
    assert!(common::node::refused(&["verify", path, "--ledger", &other]).contains("not of"));
    let mut wrong = archive.to_vec();
    let place = archive.windows(4).position(|window| window == b"Pain").unwrap();
    wrong[place] = b'V';
    std::fs::write(file, wrong).unwrap();
    let told = common::node::refused(&["verify", path, "--lang", "fr"]);
    assert!(told.contains("FAUX") && told.contains("enregistrement n° 2"), "{told}");
}
