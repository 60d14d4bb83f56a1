//! A town for stories: a real ledger behind a real wallet API, shops with tills, customers, and a clock that can be put forward.

// Each story uses its own part of the town.
#![allow(dead_code)]

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
use ledger::message::ChargeRequest;
use ledger::transaction::{
    Act, Body, ChargeReference, Genesis, NO_LEDGER, OpenAccount, SignedTransaction, Transaction, Transfer,
};
use ledger::writer::Clock;
use merchant_pos::wire::{ChargeEvent, ChargeInfo, Claimed, Day, Enrolment, Standing};
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

pub const MINUTE_MS: u64 = 60_000;
pub const DAY_MS: u64 = 86_400_000;
/// What is heard of live is heard of within this, on a busy machine too.
pub const SOON: Duration = Duration::from_secs(15);

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("random bytes");
    bytes
}

pub fn cents(cents: u64) -> Amount {
    Amount::from_cents(cents).expect("an amount")
}

pub fn bank(number: u16, medium: Medium) -> Bank {
    Bank { number, medium, class: LiquidityClass::Sight, iban: Hash32([u8::try_from(number).expect("a small number"); 32]) }
}

/// Copies a folder without its views, which a node makes again.
pub fn copy(from: &Path, to: &Path) {
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

/// A folder in memory where there is one: no story here ends with a power cut, and thousands of payments are soon made.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.expect("a folder")
}

/// A town with a currency: the ledger, its API on loopback, and a clock.
pub struct Town {
    pub directory: TempDir,
    pub ledger: Arc<Ledger>,
    pub operator: SigningKey,
    /// The checkpoint keys that the node holds; the ledger begins with the first.
    pub signers: Vec<SigningKey>,
    pub ahead: Arc<AtomicU64>,
    pub trouble: Arc<Trouble>,
    pub api: String,
    pub trust: Trust,
}

/// A person or a shop: an account and its own key.
#[derive(Clone)]
pub struct Member {
    pub account: AccountId,
    pub text: String,
    pub key: SigningKey,
}

pub async fn serve(router: axum::Router) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    (url, tokio::spawn(async move { axum::serve(listener, service).await.expect("a server") }))
}

/// What is wrong with the API.
#[derive(Default)]
pub struct Trouble {
    /// Every receipt it gives has one wrong byte.
    pub lying: AtomicBool,
    /// It withholds every change of the checkpoint key, and still names the keys in its facts.
    pub hiding_keys: AtomicBool,
    /// Something before it answers for it.
    pub away: AtomicBool,
}

pub async fn trouble(trouble: Arc<Trouble>, request: Request, next: Next) -> Response {
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
pub fn keys(ledger: &Ledger, trouble: &Trouble) -> Vec<u8> {
    ledger.prove_keys().expect("the proofs of the keys");
    let mut chain = ledger.key_chain().expect("the chain of keys");
    if trouble.hiding_keys.load(Ordering::Relaxed) {
        chain.rotations.clear();
    }
    chain.encode()
}

pub async fn serve_api(ledger: &Arc<Ledger>, ahead: &Arc<AtomicU64>, troubles: &Arc<Trouble>) -> String {
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
        redemption_days: 0,
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
    pub async fn found() -> Town {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let directory = folder();
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
    pub fn back_up(&self) -> PathBuf {
        let target = self.directory.path().join("backup");
        copy(&self.directory.path().join("ledger"), &target);
        target
    }

    /// The association's machine burns: from now on a backup is the ledger.
    pub async fn restore(&mut self, backup: PathBuf) {
        let key_file = self.directory.path().join("key");
        let settings = LedgerSettings::at(&backup, key_file, self.signers.clone(), clock(&self.ahead));
        self.ledger = Arc::new(Ledger::open(settings).expect("the ledger of the backup"));
        self.api = serve_api(&self.ledger, &self.ahead, &self.trouble).await;
    }

    pub fn id(&self) -> LedgerId {
        self.ledger.id()
    }

    pub fn now(&self) -> u64 {
        clock(&self.ahead)()
    }

    pub fn later(&self, ms: u64) {
        self.ahead.fetch_add(ms, Ordering::Relaxed);
    }

    pub fn signed(&self, key: &SigningKey, body: Body) -> Vec<u8> {
        Transaction { nonce: random(), valid_until: self.now() + 10 * MINUTE_MS, body }.sign(&self.id(), key)
    }

    pub fn submit(&self, key: &SigningKey, body: Body) -> u64 {
        let order = SignedTransaction::decode(&self.signed(key, body), &self.id()).expect("an order");
        self.ledger.submit_and_wait(order).expect("no fault").expect("no rejection")
    }

    pub fn act(&self, act: Act) -> u64 {
        self.submit(&self.operator.clone(), Body::Propose(act))
    }

    pub fn member(&self, kind: AccountKind) -> Member {
        let key = SigningKey::from_bytes(&random());
        let open = OpenAccount { kind, key: key.verifying_key().into(), level: 0, groups: vec![] };
        let order = self.signed(&self.operator, Body::Propose(Act::OpenAccount(open)));
        let order = SignedTransaction::decode(&order, &self.id()).expect("an order");
        // With a quorum of one, the proposal is the transaction that opens the account.
        let account = AccountId::opened_by(&order.id());
        self.ledger.submit_and_wait(order).expect("no fault").expect("no rejection");
        Member { account, text: account.to_text(&self.trust.prefix), key }
    }

    pub fn resident_with(&self, amount: u64) -> Member {
        let member = self.member(AccountKind::Resident);
        self.act(Act::Convert { bank: 1, credit: Hash32(random()), amount: cents(amount), account: member.account });
        member
    }

    /// A shop with a name and so many tills that have their rights already.
    pub fn shop(&self, name: &str, tills: usize) -> (Member, Vec<SigningKey>) {
        let shop = self.member(AccountKind::Professional);
        let profile = Profile { name: Some(name.into()), ..Profile::default() };
        self.ledger.directory().set_profile(&shop.account, profile).expect("a profile");
        let keys: Vec<_> = (0..tills).map(|_| SigningKey::from_bytes(&random())).collect();
        keys.iter().for_each(|key| self.admit(&shop, key));
        (shop, keys)
    }

    pub fn admit(&self, shop: &Member, till: &SigningKey) {
        let (account, key) = (shop.account, till.verifying_key().into());
        self.submit(&shop.key, Body::AddKey { account, key, scope: Scope::Till { per_day: cents(50_000) } });
    }

    pub fn revoke(&self, shop: &Member, till: &SigningKey) {
        self.submit(&shop.key, Body::RevokeKey { account: shop.account, key: till.verifying_key().into() });
    }

    pub fn pay(&self, payer: &Member, payee: &Member, amount: u64, charge: Option<ChargeReference>) -> u64 {
        let transfer = Transfer { payer: payer.account, payee: payee.account, amount: cents(amount), charge, memo: None };
        self.submit(&payer.key, Body::Transfer(transfer))
    }

    pub fn balance(&self, member: &Member) -> i64 {
        let durable = self.ledger.durable();
        let index = durable.state.index(&member.account).expect("an account");
        durable.state.accounts()[index as usize].balance.get()
    }

    pub fn pos_folder(&self) -> PathBuf {
        self.directory.path().join("pos")
    }

    /// Starts the shop's machine; one that just stopped lets go of its records a moment later.
    pub async fn pos(&self) -> Machine {
        self.pos_with(None, &[]).await
    }

    /// The same with a way for letters, and hosts that hooks may be sent to.
    pub async fn pos_with(&self, post: Option<merchant_pos::post::Post>, hook_hosts: &[&str]) -> Machine {
        for _ in 0..200 {
            let settings = merchant_pos::Settings {
                api: self.api.clone(),
                public_url: "https://monnaie.example/".into(),
                directory: self.pos_folder(),
                clock: clock(&self.ahead),
                known: merchant_pos::Known { ledger: None, vouched: Arc::new(Vec::new) },
                signer: SigningKey::from_bytes(&[78; 32]),
                post: post.clone(),
                printing: merchant_pos::printing::Settings::default(),
                hook_hosts: hook_hosts.iter().map(|host| (*host).to_owned()).collect(),
                wallets_elsewhere: false,
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

    pub async fn token(&self, key: &SigningKey) -> String {
        Client::new(&self.api).expect("a client").sign_in(&self.id(), key).await.expect("a session").token
    }

    /// A till at work.
    pub async fn till(&self, machine: &Machine, shop: &Member, key: &SigningKey) -> Till {
        let (token, http) = (self.token(key).await, reqwest::Client::new());
        Till { url: format!("{}/pos/v1", machine.url), token, http, key: key.clone(), shop: shop.clone(), ledger: self.id() }
    }
}

pub fn clock(ahead: &Arc<AtomicU64>) -> Clock {
    let ahead = ahead.clone();
    Arc::new(move || {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time after 1970");
        u64::try_from(since.as_millis()).expect("a time before the year 500,000,000") + ahead.load(Ordering::Relaxed)
    })
}

/// The shop's machine.
pub struct Machine {
    pub service: merchant_pos::Service,
    pub url: String,
    pub server: JoinHandle<()>,
}

impl Machine {
    pub async fn stop(self) {
        self.service.shutdown();
        self.server.abort();
        drop(self.server.await);
    }
}

/// A till: a key of a shop, signed in.
pub struct Till {
    pub url: String,
    pub token: String,
    pub http: reqwest::Client,
    pub key: SigningKey,
    pub shop: Member,
    pub ledger: LedgerId,
}

pub type Answer<T> = Result<T, (u16, String)>;

pub async fn checked(answer: reqwest::Response) -> Answer<reqwest::Response> {
    let status = answer.status().as_u16();
    if status < 400 {
        return Ok(answer);
    }
    let bytes = answer.bytes().await.expect("a body");
    let problem: Problem = serde_json::from_slice(&bytes).expect("a problem");
    assert_eq!((problem.status, problem.kind), (status, format!("/errors/{}", problem.code)));
    Err((status, problem.code))
}

pub async fn json<T: serde::de::DeserializeOwned>(answer: reqwest::Response) -> T {
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("the contract's JSON")
}

impl Till {
    pub async fn get(&self, path: &str) -> Answer<reqwest::Response> {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        checked(request.send().await.expect("an answer")).await
    }

    pub async fn post(&self, path: &str, body: Vec<u8>) -> Answer<reqwest::Response> {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.token).body(body);
        checked(request.send().await.expect("an answer")).await
    }

    pub fn request(&self, amount: u64, expires: u64) -> (ChargeReference, Vec<u8>) {
        let charge = ChargeReference { id: random(), expires };
        let reference = Some("table 4".into());
        let request = ChargeRequest { payee: self.shop.account, amount: cents(amount), charge, reference };
        (charge, request.sign(&self.ledger, &self.key))
    }

    /// Asks for an amount, for five minutes.
    pub async fn ask(&self, amount: u64, town: &Town) -> (ChargeReference, ChargeInfo) {
        let (charge, request) = self.request(amount, town.now() + 5 * MINUTE_MS);
        let info: ChargeInfo = json(self.post("/charges", request).await.expect("a charge")).await;
        assert_eq!((info.state.as_str(), info.amount), ("open", amount));
        (charge, info)
    }

    pub async fn charge(&self, id: &str) -> Answer<ChargeInfo> {
        Ok(json(self.get(&format!("/charges/{id}")).await?).await)
    }

    pub async fn cancel(&self, id: &str) -> Answer<ChargeInfo> {
        Ok(json(self.post(&format!("/charges/{id}/cancel"), vec![]).await?).await)
    }

    /// Waits until a charge is in a state, as a till that polls.
    pub async fn sees(&self, id: &str, state: &str) -> ChargeInfo {
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

    pub async fn day(&self, town: &Town) -> Day {
        json(self.get(&format!("/day?from={}&to={}", town.now() - DAY_MS, town.now() + DAY_MS)).await.expect("a day")).await
    }

    /// Waits until the day's list is as wished.
    pub async fn day_when(&self, town: &Town, wished: impl Fn(&Day) -> bool) -> Day {
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

    pub fn refund(&self, original: u64, amount: u64, town: &Town) -> Vec<u8> {
        let body = Body::Refund { account: self.shop.account, original, item: 0, amount: cents(amount) };
        town.signed(&self.key, body)
    }

    pub async fn give_back(&self, original: u64, amount: u64, town: &Town) -> Answer<u64> {
        let answer = self.post("/refunds", self.refund(original, amount, town)).await?;
        assert_eq!(answer.headers()["content-type"], "application/cbor");
        Ok(proved(&answer.bytes().await.expect("a receipt"), town))
    }

    pub async fn listen(&self) -> Ear {
        let answer = self.get("/events").await.expect("events");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Ear { answer, heard: String::new() }
    }
}

/// A key that took up a code, as the shop's wallet then sees it.
pub async fn enrolled(owner: &Till, kind: &str, label: &str) -> SigningKey {
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

/// The sequence that a receipt proves.
pub fn proved(receipt: &[u8], town: &Town) -> u64 {
    let receipt = ledger::receipt::Receipt::decode(receipt).expect("a receipt");
    receipt.verify(&town.trust.ledger, &town.trust.keys).expect("a receipt that holds").sequence
}

/// A till's live connection.
pub struct Ear {
    pub answer: reqwest::Response,
    pub heard: String,
}

impl Ear {
    /// The data of the next event of a name, if it comes soon; `None` when the connection ends first.
    pub async fn hears(&mut self, name: &str) -> Option<String> {
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

    pub async fn hears_charge(&mut self, state: &str) -> ChargeEvent {
        loop {
            let data = self.hears("charge").await.expect("the connection");
            let event: ChargeEvent = serde_json::from_str(&data).expect("a charge");
            if event.charge.state == state {
                return event;
            }
        }
    }
}

pub fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).expect("base64url")
}
