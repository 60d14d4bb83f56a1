//! A shop's days, as stories over real HTTP on loopback: a real ledger behind a real wallet API, the shop's machine, its tills, its
//! customers. Nothing is faked but the clock, which can be put forward, and once the API's honesty.

use axum::body::Body as HttpBody;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use ledger::SigningKey;
use ledger::account::{AccountKind, Bank, Limits, LiquidityClass, Medium, Operator, Quorum, Role, Roles, Scope};
use ledger::amount::Amount;
use ledger::directory::Profile;
use ledger::key::{AccountId, Hash32, LedgerId};
use ledger::ledger::{Ledger, Settings as LedgerSettings};
use ledger::message::{Certificate, ChargeRequest};
use ledger::transaction::{
    Act, Body, ChargeReference, Genesis, NO_LEDGER, OpenAccount, SignedTransaction, Transaction, Transfer,
};
use ledger::writer::Clock;
use merchant_pos::wire::{ChargeEvent, ChargeInfo, Claimed, Day, Enrolment, Standing, Tills};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Once};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use wallet_api::client::{Client, Trust};
use wallet_api::wire::Problem;

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 86_400_000;
/// What is heard of live is heard of within this, on a busy machine too.
const SOON: Duration = Duration::from_secs(15);

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("random bytes");
    bytes
}

fn cents(cents: u64) -> Amount {
    Amount::from_cents(cents).expect("an amount")
}

fn bank(number: u16, medium: Medium) -> Bank {
    Bank { number, medium, class: LiquidityClass::Sight, iban: Hash32([u8::try_from(number).expect("a small number"); 32]) }
}

/// Copies a folder without its views, which a node makes again.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("a file");
        let target = to.join(entry.file_name());
        if !entry.path().is_dir() {
            std::fs::copy(entry.path(), target).expect("a copy");
        } else if entry.file_name() != "views" {
            copy(&entry.path(), &target);
        }
    }
}

/// A town with a currency: the ledger, its API on loopback, and a clock.
struct Town {
    directory: TempDir,
    ledger: Arc<Ledger>,
    operator: SigningKey,
    /// The checkpoint keys that the node holds; the ledger begins with the first.
    signers: Vec<SigningKey>,
    ahead: Arc<AtomicU64>,
    trouble: Arc<Trouble>,
    api: String,
    trust: Trust,
}

/// A person or a shop: an account and its own key.
#[derive(Clone)]
struct Member {
    account: AccountId,
    text: String,
    key: SigningKey,
}

async fn serve(router: axum::Router) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    (url, tokio::spawn(async move { axum::serve(listener, service).await.expect("a server") }))
}

/// What is wrong with the API.
#[derive(Default)]
struct Trouble {
    /// Every receipt it gives has one wrong byte.
    lying: AtomicBool,
    /// It withholds every change of the checkpoint key, and still names the keys in its facts.
    hiding_keys: AtomicBool,
    /// Something before it answers for it.
    away: AtomicBool,
}

async fn trouble(trouble: Arc<Trouble>, request: Request, next: Next) -> Response {
    if trouble.away.load(Ordering::Relaxed) {
        let words = HttpBody::from("no answer from the server behind this one");
        return Response::builder().status(502).body(words).expect("an answer");
    }
    let about_receipt = request.uri().path().ends_with("/receipt");
    let answer = next.run(request).await;
    if !about_receipt || !trouble.lying.load(Ordering::Relaxed) {
        return answer;
    }
    let (parts, body) = answer.into_parts();
    let mut bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body").to_vec();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    let mut parts = parts;
    parts.headers.remove("content-length");
    Response::from_parts(parts, HttpBody::from(bytes))
}

/// The chain of keys as the log serves it; once the API lies about keys, one that leaves out every change.
fn keys(ledger: &Ledger, trouble: &Trouble) -> Vec<u8> {
    ledger.prove_keys().expect("the proofs of the keys");
    let mut chain = ledger.key_chain().expect("the chain of keys");
    if trouble.hiding_keys.load(Ordering::Relaxed) {
        chain.rotations.clear();
    }
    chain.encode()
}

async fn serve_api(ledger: &Arc<Ledger>, ahead: &Arc<AtomicU64>, troubles: &Arc<Trouble>) -> String {
    let wallet = wallet_api::Settings {
        holder: "Association".into(),
        iban: "FR7630006000011234567890189".into(),
        bic: None,
        creditor_id: None,
        demo: true,
        public_every_ms: MINUTE_MS,
        witnesses: Vec::new(),
        witnesses_needed: 0,
        publish_every_ms: 0,
        offline: wallet_api::Offline { per_wallet: 0, per_till_day: 0 },
        cards: Arc::new(ledger::cards::Cards::open(ledger.clone(), SigningKey::from_bytes(&[77; 32])).expect("the cards")),
        limits: wallet_api::Limits { per_key_per_second: 0, self_openings_per_hour: 0 },
        clock: clock(ahead),
        association_holds: Arc::new(|_| Ok(serde_json::Value::Null)),
        threads: 2,
        notices: wallet_api::notices::NoticeSettings::default(),
    };
    let known = troubles.clone();
    let router = wallet_api::Service::new(ledger.clone(), wallet).router();
    let (proving, lists) = (ledger.clone(), troubles.clone());
    let router = router.route("/log/keys", get(move || std::future::ready(keys(&proving, &lists))));
    let router = router.layer(from_fn(move |request, next| trouble(known.clone(), request, next)));
    serve(router).await.0
}

impl Town {
    async fn found() -> Town {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let directory = tempfile::tempdir().expect("a folder");
        let operator = SigningKey::from_bytes(&[1; 32]);
        let signers = vec![SigningKey::from_bytes(&[2; 32]), SigningKey::from_bytes(&[3; 32])];
        let ahead = Arc::new(AtomicU64::new(0));
        let clock = clock(&ahead);
        let genesis = Genesis {
            name: "Liard".into(),
            symbol: "L".into(),
            prefix: "liard".into(),
            checkpoint_key: signers[0].verifying_key().into(),
            time: clock(),
            operators: vec![Operator {
                number: 1,
                key: operator.verifying_key().into(),
                roles: Roles::of(&[Role::Board, Role::Treasurer, Role::Operator]),
            }],
            quorums: vec![Quorum { act: 0, persons: 1, roles: Roles::ACTING }],
            limits: vec![Limits { level: 0, per_payment: None, held: None, paid_30_days: None }],
            banks: vec![bank(1, Medium::Digital), bank(2, Medium::Paper)],
            self_opening: true,
            rule_set: 1,
            recovery_delay_ms: 0,
        };
        let genesis = Transaction { nonce: [0; 8], valid_until: clock() + DAY_MS, body: Body::Genesis(Box::new(genesis)) };
        let (data, key_file) = (directory.path().join("ledger"), directory.path().join("key"));
        let settings = LedgerSettings::at(&data, key_file, signers.clone(), clock);
        let ledger = Arc::new(Ledger::create(settings, &genesis.sign(&NO_LEDGER, &operator)).expect("a ledger"));
        let trouble = Arc::<Trouble>::default();
        let api = serve_api(&ledger, &ahead, &trouble).await;
        let trust = Client::new(&api).expect("a client").trust().await.expect("the ledger's keys");
        Town { directory, ledger, operator, signers, ahead, trouble, api, trust }
    }

    /// A backup of the ledger as it is now.
    fn back_up(&self) -> PathBuf {
        let target = self.directory.path().join("backup");
        copy(&self.directory.path().join("ledger"), &target);
        target
    }

    /// The association's machine burns: from now on a backup is the ledger.
    async fn restore(&mut self, backup: PathBuf) {
        let key_file = self.directory.path().join("key");
        let settings = LedgerSettings::at(&backup, key_file, self.signers.clone(), clock(&self.ahead));
        self.ledger = Arc::new(Ledger::open(settings).expect("the ledger of the backup"));
        self.api = serve_api(&self.ledger, &self.ahead, &self.trouble).await;
    }

    fn id(&self) -> LedgerId {
        self.ledger.id()
    }

    fn now(&self) -> u64 {
        clock(&self.ahead)()
    }

    fn later(&self, ms: u64) {
        self.ahead.fetch_add(ms, Ordering::Relaxed);
    }

    fn signed(&self, key: &SigningKey, body: Body) -> Vec<u8> {
        Transaction { nonce: random(), valid_until: self.now() + 10 * MINUTE_MS, body }.sign(&self.id(), key)
    }

    fn submit(&self, key: &SigningKey, body: Body) -> u64 {
        let order = SignedTransaction::decode(&self.signed(key, body), &self.id()).expect("an order");
        self.ledger.submit_and_wait(order).expect("no fault").expect("no rejection")
    }

    fn act(&self, act: Act) -> u64 {
        self.submit(&self.operator.clone(), Body::Propose(act))
    }

    fn member(&self, kind: AccountKind) -> Member {
        let key = SigningKey::from_bytes(&random());
        let open = OpenAccount { kind, key: key.verifying_key().into(), level: 0, groups: vec![] };
        let order = self.signed(&self.operator, Body::Propose(Act::OpenAccount(open)));
        let order = SignedTransaction::decode(&order, &self.id()).expect("an order");
        // With a quorum of one, the proposal is the transaction that opens the account.
        let account = AccountId::opened_by(&order.id());
        self.ledger.submit_and_wait(order).expect("no fault").expect("no rejection");
        Member { account, text: account.to_text(&self.trust.prefix), key }
    }

    fn resident_with(&self, amount: u64) -> Member {
        let member = self.member(AccountKind::Resident);
        self.act(Act::Convert { bank: 1, credit: Hash32(random()), amount: cents(amount), account: member.account });
        member
    }

    /// A shop with a name and so many tills that have their rights already.
    fn shop(&self, name: &str, tills: usize) -> (Member, Vec<SigningKey>) {
        let shop = self.member(AccountKind::Professional);
        let profile = Profile { name: Some(name.into()), ..Profile::default() };
        self.ledger.directory().set_profile(&shop.account, profile).expect("a profile");
        let keys: Vec<_> = (0..tills).map(|_| SigningKey::from_bytes(&random())).collect();
        keys.iter().for_each(|key| self.admit(&shop, key));
        (shop, keys)
    }

    fn admit(&self, shop: &Member, till: &SigningKey) {
        let (account, key) = (shop.account, till.verifying_key().into());
        self.submit(&shop.key, Body::AddKey { account, key, scope: Scope::Till { per_day: cents(50_000) } });
    }

    fn revoke(&self, shop: &Member, till: &SigningKey) {
        self.submit(&shop.key, Body::RevokeKey { account: shop.account, key: till.verifying_key().into() });
    }

    fn pay(&self, payer: &Member, payee: &Member, amount: u64, charge: Option<ChargeReference>) -> u64 {
        let transfer = Transfer { payer: payer.account, payee: payee.account, amount: cents(amount), charge, memo: None };
        self.submit(&payer.key, Body::Transfer(transfer))
    }

    fn balance(&self, member: &Member) -> i64 {
        let durable = self.ledger.durable();
        let index = durable.state.index(&member.account).expect("an account");
        durable.state.accounts()[index as usize].balance.get()
    }

    fn pos_folder(&self) -> PathBuf {
        self.directory.path().join("pos")
    }

    /// Starts the shop's machine; one that just stopped lets go of its records a moment later.
    async fn pos(&self) -> Machine {
        for _ in 0..200 {
            let settings = merchant_pos::Settings {
                api: self.api.clone(),
                public_url: "https://monnaie.example/".into(),
                directory: self.pos_folder(),
                clock: clock(&self.ahead),
                known: merchant_pos::Known { ledger: None, vouched: Arc::new(Vec::new) },
                signer: SigningKey::from_bytes(&[78; 32]),
                post: None,
                printing: merchant_pos::printing::Settings::default(),
            };
            match merchant_pos::Service::open(settings) {
                Ok(service) => {
                    let (url, server) = serve(service.router()).await;
                    return Machine { service, url, server };
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        panic!("the records stay locked")
    }

    async fn token(&self, key: &SigningKey) -> String {
        Client::new(&self.api).expect("a client").sign_in(&self.id(), key).await.expect("a session").token
    }

    /// A till at work.
    async fn till(&self, machine: &Machine, shop: &Member, key: &SigningKey) -> Till {
        let (token, http) = (self.token(key).await, reqwest::Client::new());
        Till { url: format!("{}/pos/v1", machine.url), token, http, key: key.clone(), shop: shop.clone(), ledger: self.id() }
    }
}

fn clock(ahead: &Arc<AtomicU64>) -> Clock {
    let ahead = ahead.clone();
    Arc::new(move || {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time after 1970");
        u64::try_from(since.as_millis()).expect("a time before the year 500,000,000") + ahead.load(Ordering::Relaxed)
    })
}

/// The shop's machine.
struct Machine {
    service: merchant_pos::Service,
    url: String,
    server: JoinHandle<()>,
}

impl Machine {
    async fn stop(self) {
        self.service.shutdown();
        self.server.abort();
        drop(self.server.await);
    }
}

/// A till: a key of a shop, signed in.
struct Till {
    url: String,
    token: String,
    http: reqwest::Client,
    key: SigningKey,
    shop: Member,
    ledger: LedgerId,
}

type Answer<T> = Result<T, (u16, String)>;

async fn checked(answer: reqwest::Response) -> Answer<reqwest::Response> {
    let status = answer.status().as_u16();
    if status < 400 {
        return Ok(answer);
    }
    let bytes = answer.bytes().await.expect("a body");
    let problem: Problem = serde_json::from_slice(&bytes).expect("a problem");
    assert_eq!((problem.status, problem.kind), (status, format!("/errors/{}", problem.code)));
    Err((status, problem.code))
}

async fn json<T: serde::de::DeserializeOwned>(answer: reqwest::Response) -> T {
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("the contract's JSON")
}

impl Till {
    async fn get(&self, path: &str) -> Answer<reqwest::Response> {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        checked(request.send().await.expect("an answer")).await
    }

    async fn post(&self, path: &str, body: Vec<u8>) -> Answer<reqwest::Response> {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.token).body(body);
        checked(request.send().await.expect("an answer")).await
    }

    fn request(&self, amount: u64, expires: u64) -> (ChargeReference, Vec<u8>) {
        let charge = ChargeReference { id: random(), expires };
        let reference = Some("table 4".into());
        let request = ChargeRequest { payee: self.shop.account, amount: cents(amount), charge, reference };
        (charge, request.sign(&self.ledger, &self.key))
    }

    /// Asks for an amount, for five minutes.
    async fn ask(&self, amount: u64, town: &Town) -> (ChargeReference, ChargeInfo) {
        let (charge, request) = self.request(amount, town.now() + 5 * MINUTE_MS);
        let info: ChargeInfo = json(self.post("/charges", request).await.expect("a charge")).await;
        assert_eq!((info.state.as_str(), info.amount), ("open", amount));
        (charge, info)
    }

    async fn charge(&self, id: &str) -> Answer<ChargeInfo> {
        Ok(json(self.get(&format!("/charges/{id}")).await?).await)
    }

    async fn cancel(&self, id: &str) -> Answer<ChargeInfo> {
        Ok(json(self.post(&format!("/charges/{id}/cancel"), vec![]).await?).await)
    }

    /// Waits until a charge is in a state, as a till that polls.
    async fn sees(&self, id: &str, state: &str) -> ChargeInfo {
        let seen = tokio::time::timeout(SOON, async {
            loop {
                let charge = self.charge(id).await.expect("a charge");
                if charge.state == state {
                    return charge;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        seen.await.unwrap_or_else(|_| panic!("the charge never is {state}"))
    }

    async fn day(&self, town: &Town) -> Day {
        json(self.get(&format!("/day?from={}&to={}", town.now() - DAY_MS, town.now() + DAY_MS)).await.expect("a day")).await
    }

    /// Waits until the day's list is as wished.
    async fn day_when(&self, town: &Town, wished: impl Fn(&Day) -> bool) -> Day {
        let seen = tokio::time::timeout(SOON, async {
            loop {
                let day = self.day(town).await;
                if wished(&day) {
                    return day;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        match seen.await {
            Ok(day) => day,
            Err(_) => panic!("the day never is as wished: {:?}", self.day(town).await),
        }
    }

    fn refund(&self, original: u64, amount: u64, town: &Town) -> Vec<u8> {
        let body = Body::Refund { account: self.shop.account, original, item: 0, amount: cents(amount) };
        town.signed(&self.key, body)
    }

    async fn give_back(&self, original: u64, amount: u64, town: &Town) -> Answer<u64> {
        let answer = self.post("/refunds", self.refund(original, amount, town)).await?;
        assert_eq!(answer.headers()["content-type"], "application/cbor");
        Ok(proved(&answer.bytes().await.expect("a receipt"), town))
    }

    async fn listen(&self) -> Ear {
        let answer = self.get("/events").await.expect("events");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Ear { answer, heard: String::new() }
    }
}

/// The sequence that a receipt proves.
fn proved(receipt: &[u8], town: &Town) -> u64 {
    let receipt = ledger::receipt::Receipt::decode(receipt).expect("a receipt");
    receipt.verify(&town.trust.ledger, &town.trust.keys).expect("a receipt that holds").sequence
}

/// A till's live connection.
struct Ear {
    answer: reqwest::Response,
    heard: String,
}

impl Ear {
    /// The data of the next event of a name, if it comes soon; `None` when the connection ends first.
    async fn hears(&mut self, name: &str) -> Option<String> {
        let heard = tokio::time::timeout(SOON, async {
            loop {
                while let Some((event, rest)) = self.heard.split_once("\n\n").map(|(e, r)| (e.to_owned(), r.to_owned())) {
                    self.heard = rest;
                    let mut lines = event.lines();
                    if lines.next() == Some(&format!("event: {name}")) {
                        return lines.next().and_then(|line| line.strip_prefix("data: ")).map(str::to_owned);
                    }
                }
                match self.answer.chunk().await {
                    Ok(Some(chunk)) => self.heard.push_str(std::str::from_utf8(&chunk).expect("text")),
                    _ => return None,
                }
            }
        });
        heard.await.unwrap_or_else(|_| panic!("no {name} was heard of"))
    }

    async fn hears_charge(&mut self, state: &str) -> ChargeEvent {
        loop {
            let data = self.hears("charge").await.expect("the connection");
            let event: ChargeEvent = serde_json::from_str(&data).expect("a charge");
            if event.charge.state == state {
                return event;
            }
        }
    }
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

#[tokio::test]
async fn a_charge_is_paid_and_every_till_hears_it_with_its_receipt() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 2);
    let (till, other) = (town.till(&machine, &shop, &keys[0]).await, town.till(&machine, &shop, &keys[1]).await);
    let mut ear = other.listen().await;
    ear.hears("hello").await.expect("a hello");
    assert_eq!(ear.hears("link").await.as_deref(), Some("{\"online\":true}"));

    let (charge, info) = till.ask(1_250, &town).await;
    assert_eq!(ear.hears_charge("open").await.charge.id, info.id);
    let link = info.link.strip_prefix("https://monnaie.example/wallet/#pay=").expect("a pay link");
    let pair = decoded(link);
    let mut reader = ledger::encoding::Reader::new(&pair);
    reader.array_of(2).expect("a pair");
    let (request, till_key) = ChargeRequest::decode(reader.bytes().expect("a request"), &town.id()).expect("a signed request");
    assert_eq!((request.charge, till_key), (charge, keys[0].verifying_key().into()));
    let certificate =
        Certificate::decode(reader.bytes().expect("a certificate"), &town.id(), &town.trust.keys).expect("it holds");
    assert_eq!((certificate.name.as_str(), certificate.key), ("Le Panier", till_key));
    let svg = till.get(&format!("/charges/{}/qr.svg", info.id)).await.expect("a picture");
    assert_eq!(svg.headers()["content-type"], "image/svg+xml");
    assert!(svg.text().await.expect("text").contains("<svg"));

    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    let heard = ear.hears_charge("paid").await;
    assert_eq!((heard.charge.id.as_str(), heard.charge.sequence), (info.id.as_str(), Some(sequence)));
    assert_eq!(heard.charge.payer.as_deref(), Some(customer.text.as_str()));
    assert_eq!(proved(&decoded(&heard.receipt.expect("a receipt")), &town), sequence);
    let seen = till.sees(&info.id, "paid").await;
    assert_eq!((seen.sequence, seen.refunded, seen.reference.as_deref()), (Some(sequence), 0, Some("table 4")));
    let totals = till.day(&town).await.totals;
    assert_eq!((totals.paid_count, totals.paid, totals.net, totals.unexpected), (1, 1_250, 1_250, 0));
}

#[tokio::test]
async fn the_same_request_is_one_charge_and_others_are_refused() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, keys) = town.shop("Le Panier", 2);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let now = town.now();
    let (charge, request) = till.request(500, now + MINUTE_MS);
    let first: ChargeInfo = json(till.post("/charges", request.clone()).await.expect("a charge")).await;
    let again: ChargeInfo = json(till.post("/charges", request.clone()).await.expect("the same charge")).await;
    assert_eq!((first.id.as_str(), again.created), (hex::encode(charge.id).as_str(), first.created));
    let twin = ChargeRequest { payee: shop.account, amount: cents(501), charge, reference: None }.sign(&town.id(), &keys[0]);
    let refused = async |body: Vec<u8>| till.post("/charges", body).await.map(|_| ()).expect_err("a refusal");
    assert_eq!(refused(twin).await, (409, "charge_exists".into()));
    assert_eq!(refused(till.request(500, now).1).await, (422, "charge_over".into()));
    assert_eq!(refused(till.request(500, now + 7 * DAY_MS + MINUTE_MS).1).await, (422, "charge_too_long".into()));
    assert_eq!(refused(till.request(10_000_001, now + MINUTE_MS).1).await, (422, "charge_amount".into()));
    assert_eq!(refused(b"no charge".to_vec()).await.0, 400);
    assert_eq!(refused(vec![0; 20_000]).await, (413, "too_large".into()));
    let of_other = town.till(&machine, &shop, &keys[1]).await.request(500, now + MINUTE_MS).1;
    assert_eq!(refused(of_other).await, (403, "charge_other_key".into()));
    let (elsewhere, _) = town.shop("La Halle", 0);
    let for_other = ChargeRequest {
        payee: elsewhere.account,
        amount: cents(1),
        charge: ChargeReference { id: [1; 16], expires: now + MINUTE_MS },
        reference: None,
    };
    assert_eq!(refused(for_other.sign(&town.id(), &keys[0])).await, (403, "charge_other_payee".into()));
    // After its end the same bytes still give the same charge, because the first answer may have been lost.
    town.later(2 * MINUTE_MS);
    let late: ChargeInfo = json(till.post("/charges", request).await.expect("the same charge")).await;
    assert_eq!((late.id, late.state.as_str()), (first.id, "expired"));
}

#[tokio::test]
async fn a_payment_for_a_cancelled_charge_is_not_lost_and_is_given_back() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let mut ear = till.listen().await;
    let (charge, info) = till.ask(1_250, &town).await;
    assert_eq!(till.cancel(&info.id).await.expect("cancelled").state, "cancelled");
    assert_eq!(till.cancel(&info.id).await.expect("still cancelled").state, "cancelled");
    // In the very millisecond of the cancel, or before it, the payment would count.
    town.later(10);
    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    assert!(ear.hears("unexpected").await.expect("the news").contains("\"reason\":\"cancelled\""));
    let day = till.day_when(&town, |day| day.unexpected.len() == 1).await;
    let unexpected = &day.unexpected[0];
    assert_eq!((unexpected.sequence, unexpected.reason.as_str(), unexpected.refunded), (sequence, "cancelled", 0));
    assert_eq!(unexpected.charge.as_deref(), Some(info.id.as_str()));
    assert_eq!(till.charge(&info.id).await.expect("a charge").state, "cancelled");

    till.give_back(sequence, 1_250, &town).await.expect("a refund");
    let day = till.day_when(&town, |day| day.unexpected[0].refunded == 1_250).await;
    assert_eq!((day.totals.unexpected, day.totals.unexpected_refunded, day.totals.net), (1_250, 1_250, 0));
    assert_eq!((town.balance(&customer), town.balance(&shop)), (10_000, 0));
}

#[tokio::test]
async fn a_payment_after_the_end_is_unexpected_and_the_tills_hear_of_the_end() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let mut ear = till.listen().await;
    let (_, request) = till.request(70, town.now() + 1_500);
    till.post("/charges", request).await.expect("a short charge");
    ear.hears_charge("expired").await;
    let (charge, info) = till.ask(1_250, &town).await;
    town.later(6 * MINUTE_MS);
    assert_eq!(till.charge(&info.id).await.expect("a charge").state, "expired");
    assert_eq!(till.cancel(&info.id).await.expect_err("too late"), (409, "charge_ended".into()));
    town.pay(&customer, &shop, 1_250, Some(charge));
    let day = till.day_when(&town, |day| day.unexpected.len() == 1).await;
    assert_eq!((day.unexpected[0].reason.as_str(), day.totals.paid), ("expired", 0));
}

#[tokio::test]
async fn what_was_paid_while_the_machine_was_down_is_found_after_its_restart() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, info) = till.ask(1_250, &town).await;
    let (other, unpaid) = till.ask(300, &town).await;
    machine.stop().await;

    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    town.pay(&customer, &shop, 299, Some(other));
    for _ in 0..60 {
        town.pay(&customer, &shop, 1, None);
    }
    town.later(DAY_MS / 2);

    let machine = town.pos().await;
    let till = town.till(&machine, &shop, &keys[0]).await;
    let day = till.day_when(&town, |day| day.unexpected.len() == 61).await;
    assert_eq!((day.totals.paid_count, day.totals.paid, day.totals.unexpected), (1, 1_250, 299 + 60));
    assert_eq!(day.unexpected.iter().filter(|unexpected| unexpected.reason == "amount").count(), 1);
    // Paid in time by the ledger's clock, although the machine heard of it long after the end.
    let seen = till.sees(&info.id, "paid").await;
    assert_eq!(seen.sequence, Some(sequence));
    assert_eq!(till.charge(&unpaid.id).await.expect("a charge").state, "expired");
}

#[tokio::test]
async fn a_part_and_then_the_rest_are_given_back_and_never_more() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let mut ear = till.listen().await;
    let (charge, info) = till.ask(1_250, &town).await;
    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    // The cashier cancels at the very moment: what the ledger accepted before comes first.
    assert_eq!(till.cancel(&info.id).await.expect_err("paid already"), (409, "charge_paid".into()));
    town.pay(&customer, &shop, 500, None);

    let part = till.refund(sequence, 250, &town);
    let first = till.post("/refunds", part.clone()).await.expect("a refund").bytes().await.expect("a receipt");
    let again = till.post("/refunds", part).await.expect("the same refund").bytes().await.expect("a receipt");
    assert_eq!(proved(&first, &town), proved(&again, &town));
    let day = till.day_when(&town, |day| day.totals.refunded == 250).await;
    assert_eq!((day.charges[0].state.as_str(), day.charges[0].refunded, day.totals.net), ("paid", 250, 1_000));
    assert_eq!(till.give_back(sequence, 1_001, &town).await.expect_err("too much"), (409, "refund_exceeds".into()));

    let last = till.give_back(sequence, 1_000, &town).await.expect("the rest");
    let heard = ear.hears_charge("refunded").await;
    assert_eq!(proved(&decoded(&heard.receipt.expect("the payment's receipt")), &town), sequence);
    let day = till.day_when(&town, |day| day.totals.refunded == 1_250).await;
    assert_eq!((day.totals.paid, day.totals.net, day.refunds.len()), (1_250, 0, 2));
    assert_eq!((day.refunds[1].sequence, day.refunds[1].charge.as_deref()), (last, Some(info.id.as_str())));
    assert_eq!((town.balance(&customer), town.balance(&shop)), (9_500, 500));

    let csv = till.get(&format!("/day.csv?from=0&to={}", 400 * DAY_MS)).await.expect("an empty file");
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8");
    let range = format!("from={}&to={}", town.now() - DAY_MS, town.now() + DAY_MS);
    let csv = till.get(&format!("/day.csv?{range}")).await.expect("a file").text().await.expect("text");
    assert_eq!(csv.lines().count(), 5);
    assert!(csv.contains(";12,50;table 4;") && csv.contains(";-2,50;") && csv.contains(";-10,00;"), "{csv}");
}

#[tokio::test]
async fn a_request_that_is_announced_after_its_payment_is_paid_and_every_till_hears_it() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    // From the first request on, every payment is taken in.
    till.ask(400, &town).await;
    let (charge, request) = till.request(1_250, town.now() + 6 * 24 * 60 * MINUTE_MS);
    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    let before = till.day_when(&town, |day| day.unexpected.len() == 1).await;
    assert_eq!((before.unexpected[0].reason.as_str(), before.totals.paid), ("unknown", 0));
    let mut ear = till.listen().await;
    ear.hears("hello").await.expect("a hello");
    let told: ChargeInfo = json(till.post("/charges", request.clone()).await.expect("announced")).await;
    assert_eq!((told.state.as_str(), told.sequence), ("paid", Some(sequence)));
    let heard = ear.hears_charge("paid").await;
    assert_eq!(proved(&decoded(&heard.receipt.expect("a receipt")), &town), sequence);
    let again: ChargeInfo = json(till.post("/charges", request).await.expect("announced again")).await;
    assert_eq!(again.state, "paid");
    let totals = till.day(&town).await.totals;
    assert_eq!((totals.paid_count, totals.paid, totals.unexpected), (1, 1_250, 0));
}

#[tokio::test]
async fn another_amount_another_end_or_no_charge_pays_no_charge() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, info) = till.ask(1_250, &town).await;
    let (other, second) = till.ask(400, &town).await;
    town.pay(&customer, &shop, 1_249, Some(charge));
    town.pay(&customer, &shop, 400, Some(ChargeReference { expires: other.expires + 1, ..other }));
    town.pay(&customer, &shop, 7, Some(ChargeReference { id: [7; 16], ..other }));
    town.pay(&customer, &shop, 8, None);
    let day = till.day_when(&town, |day| day.unexpected.len() == 4).await;
    let reasons: Vec<&str> = day.unexpected.iter().map(|unexpected| unexpected.reason.as_str()).collect();
    assert_eq!(reasons, ["amount", "unknown", "unknown", "no_charge"]);
    assert_eq!((day.totals.paid, day.totals.unexpected), (0, 1_249 + 400 + 7 + 8));
    for id in [&info.id, &second.id] {
        assert_eq!(till.charge(id).await.expect("a charge").state, "open");
    }
}

#[tokio::test]
async fn however_often_a_payment_is_sent_and_seen_it_counts_once() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, info) = till.ask(1_250, &town).await;
    let transfer =
        Transfer { payer: customer.account, payee: shop.account, amount: cents(1_250), charge: Some(charge), memo: None };
    let bytes = town.signed(&customer.key, Body::Transfer(transfer));
    let api = Client::new(&town.api).expect("a client");
    let sent =
        (api.submit(&bytes, &town.trust).await.expect("paid").1, api.submit(&bytes, &town.trust).await.expect("the same").1);
    assert_eq!(sent.0.sequence, sent.1.sequence);
    // Several connections, questions and a new day of events about the same entry.
    let mut ears = Vec::new();
    for _ in 0..3 {
        ears.push(till.listen().await);
        till.sees(&info.id, "paid").await;
        town.later(3_000);
    }
    let day = till.day(&town).await;
    assert_eq!((day.totals.paid_count, day.totals.paid, day.unexpected.len()), (1, 1_250, 0));
}

#[tokio::test]
async fn a_till_of_another_shop_sees_nothing_and_changes_nothing() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let ((shop, keys), (rival, rivals)) = (town.shop("Le Panier", 1), town.shop("La Halle", 1));
    let till = town.till(&machine, &shop, &keys[0]).await;
    let stranger = town.till(&machine, &rival, &rivals[0]).await;
    let (charge, info) = till.ask(1_250, &town).await;
    let not_found = (404, "not_found".to_owned());
    assert_eq!(stranger.charge(&info.id).await.expect_err("hidden"), not_found);
    assert_eq!(stranger.cancel(&info.id).await.expect_err("hidden"), not_found);
    assert_eq!(stranger.get(&format!("/charges/{}/qr.svg", info.id)).await.expect_err("hidden"), not_found);
    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    till.sees(&info.id, "paid").await;
    let day = stranger.day(&town).await;
    assert!(day.charges.is_empty() && day.unexpected.is_empty());
    assert_eq!(stranger.give_back(sequence, 1, &town).await.expect_err("not theirs").0, 404);
    let body = Body::Refund { account: shop.account, original: sequence, item: 0, amount: cents(1) };
    let refused = stranger.post("/refunds", town.signed(&rivals[0], body)).await.expect_err("not theirs");
    assert_eq!(refused, (403, "refund_other_account".into()));
    let payment = Transfer { payer: rival.account, payee: shop.account, amount: cents(1), charge: None, memo: None };
    let refused = stranger.post("/refunds", town.signed(&rivals[0], Body::Transfer(payment))).await.expect_err("no refund");
    assert_eq!(refused, (422, "not_a_refund".into()));

    let resident = town.till(&machine, &customer, &customer.key).await;
    assert_eq!(resident.get("/day?from=1&to=2").await.expect_err("no shop"), (403, "not_allowed".into()));
    let nobody = Till { token: "made-up".into(), ..stranger };
    assert_eq!(nobody.charge(&info.id).await.expect_err("no session"), (401, "not_signed_in".into()));
    assert_eq!(nobody.get("/nowhere").await.expect_err("no route"), (404, "not_found".into()));
    assert_eq!(till.post("/tills", vec![]).await.expect_err("no method"), (405, "method_not_allowed".into()));
    assert_eq!(till.get("/day?from=5&to=5").await.expect_err("no time"), (422, "day_range".into()));
    assert_eq!(till.get("/day?from=yesterday").await.expect_err("no number"), (400, "malformed_request".into()));
}

#[tokio::test]
async fn a_till_is_enrolled_works_and_is_refused_once_revoked() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, _) = town.shop("Le Panier", 0);
    let owner = town.till(&machine, &shop, &shop.key).await;
    let enrolment: Enrolment = json(owner.post("/enrolments", vec![]).await.expect("a code")).await;
    let path = format!("/enrolments/{}", enrolment.code);
    let standing: Standing = json(owner.get(&path).await.expect("a standing")).await;
    assert_eq!((standing.state.as_str(), standing.key), ("waiting", None));

    let key = SigningKey::from_bytes(&random());
    let claim = serde_json::json!({ "key": hex::encode(key.verifying_key().as_bytes()), "label": "Caisse 1" });
    let claim_at = async |path: &str| {
        let request = owner.http.post(format!("{}{path}/claim", owner.url)).body(claim.to_string());
        checked(request.send().await.expect("an answer")).await
    };
    assert_eq!(claim_at("/enrolments/2222-2222").await.expect_err("a guess"), (404, "enrolment_unknown".into()));
    let claimed: Claimed = json(claim_at(&path).await.expect("claimed")).await;
    assert_eq!((claimed.account.as_str(), claimed.shop_name.as_deref()), (shop.text.as_str(), Some("Le Panier")));
    let standing: Standing = json(owner.get(&path).await.expect("a standing")).await;
    assert_eq!((standing.state.as_str(), standing.label.as_deref()), ("claimed", Some("Caisse 1")));

    town.admit(&shop, &key);
    let till = town.till(&machine, &shop, &key).await;
    let mut ear = till.listen().await;
    ear.hears("link").await.expect("a link");
    till.ask(100, &town).await;
    assert_eq!(till.post("/enrolments", vec![]).await.expect_err("a till"), (403, "scope_insufficient".into()));
    let listed = async || json::<Tills>(owner.get("/tills").await.expect("tills")).await.tills;
    let tills: Vec<_> = listed().await.into_iter().map(|till| (till.label, till.active)).collect();
    assert_eq!(tills, [("Caisse 1".to_owned(), true)]);

    town.revoke(&shop, &key);
    // The connection ends by itself, without waiting for the minute in which a session is believed.
    while ear.hears("charge").await.is_some() {}
    let refused = till.get("/day?from=1&to=2").await.expect_err("revoked");
    assert!([401, 403].contains(&refused.0), "{refused:?}");
    let (_, request) = till.request(100, town.now() + MINUTE_MS);
    assert!([401, 403].contains(&till.post("/charges", request).await.expect_err("revoked").0));
    let tills: Vec<_> = listed().await.into_iter().map(|till| (till.label, till.active)).collect();
    assert_eq!(tills, [("Caisse 1".to_owned(), false)]);
}

/// A key that took up a code, as the shop's wallet then sees it.
async fn enrolled(owner: &Till, kind: &str, label: &str) -> SigningKey {
    let enrolment: Enrolment = json(owner.post(&format!("/enrolments?kind={kind}"), vec![]).await.expect("a code")).await;
    assert_eq!(enrolment.kind, kind);
    let key = SigningKey::from_bytes(&random());
    let body = serde_json::json!({ "key": hex::encode(key.verifying_key().as_bytes()), "label": label, "kind": kind });
    let path = format!("/enrolments/{}", enrolment.code);
    let claimed: Claimed = json(owner.post(&format!("{path}/claim"), body.to_string().into()).await.expect("claimed")).await;
    let standing: Standing = json(owner.get(&path).await.expect("a standing")).await;
    assert_eq!((claimed.kind.as_str(), standing.kind.as_str()), (kind, kind));
    key
}

#[tokio::test]
async fn what_a_cashier_asked_for_is_announced_by_the_till_and_a_strangers_request_is_not() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, keys) = town.shop("Café du Pont", 1);
    let owner = town.till(&machine, &shop, &shop.key).await;
    let till = town.till(&machine, &shop, &keys[0]).await;
    let cashier = enrolled(&owner, "cashier", "Maite").await;
    town.admit(&shop, &cashier);
    let listed: Tills = json(till.get("/tills").await.expect("who works here")).await;
    let of = |label: &str| listed.tills.iter().find(|till| till.label == label).map(|till| (till.kind.clone(), till.active));
    assert_eq!(of("Maite"), Some(("cashier".into(), true)));

    let maite = town.till(&machine, &shop, &cashier).await;
    let (charge, request) = maite.request(350, town.now() + 5 * MINUTE_MS);
    let info: ChargeInfo = json(till.post("/charges", request.clone()).await.expect("announced")).await;
    assert_eq!(info.till, hex::encode(cashier.verifying_key().as_bytes()));
    let again: ChargeInfo = json(maite.post("/charges", request).await.expect("the same")).await;
    assert_eq!(again.id, info.id);
    let payer = town.resident_with(1_000);
    town.pay(&payer, &shop, 350, Some(charge));
    till.sees(&info.id, "paid").await;

    let stranger = Till { key: SigningKey::from_bytes(&random()), ..town.till(&machine, &shop, &keys[0]).await };
    let (_, request) = stranger.request(100, town.now() + 5 * MINUTE_MS);
    assert_eq!(till.post("/charges", request).await.expect_err("a stranger"), (403, "charge_other_key".into()));
}

#[tokio::test]
async fn a_receipt_that_does_not_hold_pays_nothing_and_the_true_one_does() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let mut ear = till.listen().await;
    assert_eq!(ear.hears("link").await.as_deref(), Some("{\"online\":true}"));
    let (charge, info) = till.ask(1_250, &town).await;
    town.trouble.lying.store(true, Ordering::Relaxed);
    town.pay(&customer, &shop, 1_250, Some(charge));
    assert_eq!(ear.hears("link").await.as_deref(), Some("{\"online\":false}"));
    assert_eq!(till.charge(&info.id).await.expect("a charge").state, "open");
    town.trouble.lying.store(false, Ordering::Relaxed);
    ear.hears_charge("paid").await;
    till.sees(&info.id, "paid").await;
}

#[tokio::test]
async fn without_the_ledger_the_records_still_answer_and_what_needs_it_says_so() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, info) = till.ask(1_250, &town).await;
    let sequence = town.pay(&customer, &shop, 1_250, Some(charge));
    till.sees(&info.id, "paid").await;

    town.trouble.away.store(true, Ordering::Relaxed);
    let (_, second) = till.ask(300, &town).await;
    assert_eq!(till.charge(&second.id).await.expect("a charge").state, "open");
    let unanswered = (503, "ledger_unanswered".to_owned());
    assert_eq!(till.cancel(&second.id).await.expect_err("it may be paid already"), unanswered);
    assert_eq!(till.charge(&second.id).await.expect("a charge").state, "open");
    assert_eq!(till.day(&town).await.totals.paid, 1_250);
    let refund = till.refund(sequence, 250, &town);
    assert_eq!(till.post("/refunds", refund.clone()).await.expect_err("nobody knows"), unanswered);
    // A token is believed for a minute, and then somebody has to be asked.
    town.later(MINUTE_MS);
    assert_eq!(till.charge(&info.id).await.expect_err("nobody knows"), unanswered);

    town.trouble.away.store(false, Ordering::Relaxed);
    let receipt = till.post("/refunds", refund).await.expect("the same bytes").bytes().await.expect("a receipt");
    proved(&receipt, &town);
    till.day_when(&town, |day| day.totals.refunded == 250).await;
}

#[tokio::test]
async fn a_charge_is_never_told_expired_while_a_payment_may_be_unread() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let mut ear = till.listen().await;
    assert_eq!(ear.hears("link").await.as_deref(), Some("{\"online\":true}"));
    town.trouble.lying.store(true, Ordering::Relaxed);
    // The customer's wallet has its receipt; this machine cannot read any.
    let (charge, request) = till.request(70, town.now() + 2_000);
    let short: ChargeInfo = json(till.post("/charges", request).await.expect("a short charge")).await;
    town.pay(&customer, &shop, 70, Some(charge));
    let (_, unpaid) = till.ask(300, &town).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    town.later(6 * MINUTE_MS);
    for id in [&short.id, &unpaid.id] {
        let seen = till.charge(id).await.expect("a charge");
        assert_eq!((seen.state.as_str(), seen.as_of <= seen.expires), ("open", true));
    }
    assert!(till.day(&town).await.charges.iter().all(|charge| charge.state == "open"));

    town.trouble.lying.store(false, Ordering::Relaxed);
    let paid = till.sees(&short.id, "paid").await;
    assert!(paid.as_of > paid.expires);
    let expired = till.sees(&unpaid.id, "expired").await;
    assert!(expired.as_of > expired.expires);
    // Asked for, asked for, and then the payment: nothing in between said that it was over.
    let mut states = Vec::new();
    while states.last().is_none_or(|state| state != "paid") {
        let event: ChargeEvent = serde_json::from_str(&ear.hears("charge").await.expect("the connection")).expect("a charge");
        if event.charge.id == short.id {
            states.push(event.charge.state);
        }
    }
    assert_eq!(states, ["open", "paid"]);
}

#[tokio::test]
async fn a_charge_that_may_be_paid_is_not_cancelled() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, info) = till.ask(1_250, &town).await;
    let (_, other) = till.ask(300, &town).await;
    assert_eq!(till.cancel(&other.id).await.expect("cancelled").state, "cancelled");
    town.trouble.lying.store(true, Ordering::Relaxed);
    town.pay(&customer, &shop, 1_250, Some(charge));
    assert_eq!(till.cancel(&info.id).await.expect_err("nobody knows"), (503, "ledger_unproved".into()));
    // What is cancelled stays so, whatever the ledger says: the answer may have been lost.
    assert_eq!(till.cancel(&other.id).await.expect("cancelled").state, "cancelled");
    town.trouble.lying.store(false, Ordering::Relaxed);
    assert_eq!(till.cancel(&info.id).await.expect_err("it is paid"), (409, "charge_paid".into()));
}

/// Everything that would need the ledger is refused, whatever the shop asks; the file of what was proved is there.
async fn refuses_a_ledger_that_went_back(till: &Till, open: &ChargeInfo, paid: u64, town: &Town) {
    let went_back = (503, "ledger_went_back".to_owned());
    assert_eq!(till.charge(&open.id).await.map(|charge| charge.state).expect_err("not open"), went_back);
    assert_eq!(till.cancel(&open.id).await.map(|charge| charge.state).expect_err("no cancel"), went_back);
    let (_, request) = till.request(5, town.now() + MINUTE_MS);
    assert_eq!(till.post("/charges", request).await.map(|_| ()).expect_err("no charge"), went_back);
    assert_eq!(till.give_back(paid, 1, town).await.expect_err("no refund"), went_back);
    let range = format!("from={}&to={}", town.now() - DAY_MS, town.now() + DAY_MS);
    assert_eq!(till.get(&format!("/day?{range}")).await.map(|_| ()).expect_err("no day"), went_back);
    let csv = till.get(&format!("/day.csv?{range}")).await.expect("a file").text().await.expect("text");
    assert_eq!((csv.lines().count(), csv.contains(";12,50;table 4;")), (2, true), "{csv}");
}

#[tokio::test]
async fn a_ledger_that_was_restored_from_an_old_copy_is_a_loud_fault() {
    for grown in [false, true] {
        let mut town = Town::found().await;
        let (machine, customer) = (town.pos().await, town.resident_with(10_000));
        let (shop, keys) = town.shop("Le Panier", 1);
        let till = town.till(&machine, &shop, &keys[0]).await;
        let (charge, info) = till.ask(1_250, &town).await;
        let (_, open) = till.ask(300, &town).await;
        let (backup, before) = (town.back_up(), town.api.clone());
        let paid = town.pay(&customer, &shop, 1_250, Some(charge));
        till.sees(&info.id, "paid").await;
        machine.stop().await;

        town.restore(backup).await;
        if grown {
            // Other entries stand where the payment stood, and the ledger is longer than it was.
            town.act(Act::Convert { bank: 1, credit: Hash32(random()), amount: cents(5), account: customer.account });
            (0..3).for_each(|_| assert!(town.pay(&customer, &shop, 1, None) > 0));
        }
        let machine = town.pos().await;
        let till = town.till(&machine, &shop, &keys[0]).await;
        refuses_a_ledger_that_went_back(&till, &open, paid, &town).await;
        let mut ear = till.listen().await;
        assert_eq!(ear.hears("link").await.as_deref(), Some("{\"online\":false}"));
        machine.stop().await;

        // The association finds its newer copy.
        town.api = before;
        let machine = town.pos().await;
        let till = town.till(&machine, &shop, &keys[0]).await;
        assert_eq!(till.charge(&open.id).await.expect("a charge").state, "open");
        assert_eq!(till.day(&town).await.totals.paid, 1_250);
    }
}

#[tokio::test]
async fn a_ledger_that_lost_entries_of_others_only_is_older_too() {
    let mut town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, _) = till.ask(1_250, &town).await;
    let (_, open) = till.ask(300, &town).await;
    machine.stop().await;
    let paid = town.pay(&customer, &shop, 1_250, Some(charge));
    let backup = town.back_up();
    town.act(Act::Convert { bank: 1, credit: Hash32(random()), amount: cents(5), account: customer.account });
    let machine = town.pos().await;
    let till = town.till(&machine, &shop, &keys[0]).await;
    // All of it was taken in, and how far the ledger was seen is kept.
    till.day_when(&town, |day| day.totals.paid == 1_250 && day.as_of > 0).await;
    machine.stop().await;

    town.restore(backup).await;
    let machine = town.pos().await;
    let till = town.till(&machine, &shop, &keys[0]).await;
    refuses_a_ledger_that_went_back(&till, &open, paid, &town).await;
}

#[tokio::test]
async fn a_name_signed_with_an_earlier_checkpoint_key_is_asked_for_again() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let signed_by = |info: &ChargeInfo| {
        let pair = decoded(info.link.split_once("#pay=").expect("a pay link").1);
        let mut reader = ledger::encoding::Reader::new(&pair);
        reader.array_of(2).expect("a pair");
        reader.bytes().expect("a request");
        let certificate = reader.bytes().expect("a certificate");
        town.signers.iter().position(|key| Certificate::decode(certificate, &town.id(), &[key.verifying_key().into()]).is_ok())
    };
    for _ in 0..2 {
        assert_eq!(signed_by(&till.ask(100, &town).await.1), Some(0));
    }
    town.act(Act::RotateCheckpointKey { key: town.signers[1].verifying_key().into() });
    town.later(2 * MINUTE_MS);
    assert_eq!(signed_by(&till.ask(100, &town).await.1), Some(1));
}

#[tokio::test]
async fn a_checkpoint_key_that_the_api_names_and_does_not_prove_proves_no_payment() {
    let town = Town::found().await;
    let (machine, customer) = (town.pos().await, town.resident_with(10_000));
    let (shop, keys) = town.shop("Le Panier", 1);
    let till = town.till(&machine, &shop, &keys[0]).await;
    let (charge, info) = till.ask(700, &town).await;
    town.trouble.hiding_keys.store(true, Ordering::Relaxed);
    town.act(Act::RotateCheckpointKey { key: town.signers[1].verifying_key().into() });
    town.later(2 * MINUTE_MS);
    town.pay(&customer, &shop, 700, Some(charge));
    assert_eq!(Client::new(&town.api).expect("a client").trust().await.expect("facts").keys.len(), 2, "the API names both keys");
    assert_eq!(till.charge(&info.id).await.expect("a charge").state, "open");
    let cancelled = till.cancel(&info.id).await.expect_err("it may be paid already");
    assert_eq!(cancelled, (503, "ledger_unproved".into()));

    town.trouble.hiding_keys.store(false, Ordering::Relaxed);
    town.later(2 * MINUTE_MS);
    till.sees(&info.id, "paid").await;
}

#[tokio::test]
async fn when_one_till_is_revoked_the_others_go_on() {
    // The machine reads with the token of the till that came first: once that one is revoked, once the other.
    for revoked in 0..2 {
        let town = Town::found().await;
        let (machine, customer) = (town.pos().await, town.resident_with(10_000));
        let (shop, keys) = town.shop("Le Panier", 2);
        let (mut tills, mut ears) = (Vec::new(), Vec::new());
        for key in &keys {
            let till = town.till(&machine, &shop, key).await;
            let mut ear = till.listen().await;
            assert_eq!(ear.hears("link").await.as_deref(), Some("{\"online\":true}"));
            tills.push(till);
            ears.push(ear);
        }
        town.revoke(&shop, &keys[revoked]);
        assert_eq!(ears.remove(revoked).hears("nothing more").await, None);
        let refused = tills.remove(revoked).get("/day?from=1&to=2").await.expect_err("revoked");
        assert!([401, 403].contains(&refused.0), "{refused:?}");
        let (charge, _) = tills[0].ask(1_000, &town).await;
        town.pay(&customer, &shop, 1_000, Some(charge));
        assert_eq!(ears[0].hears_charge("paid").await.charge.amount, 1_000);
    }
}
