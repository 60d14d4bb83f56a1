//! Hearing of payments as they happen: for each shop with a till that listens, or one that asked something lately, one task follows
//! the account's live events, and tells the tills.
//!
//! ```text
//! an event, a reconnection, a till that asks ──▶ catch up: statement ▶ receipts ▶ records ──▶ every till that listens
//! ```
//! An event says only that something happened; what happened is read by [`Upstream::catch_up`], from the last entry that was taken
//! in. So nothing depends on an event arriving, once or at all: after a lost connection, or a night without this machine, the
//! next round finds everything.
//!
//! The task reads with the tokens of the shop's own tills. When none is good any more it ends; the next till that asks starts it.

use crate::error::{Reason, Refusal};
use crate::session::{Actor, Sessions, Token};
use crate::sse::Parser;
use crate::store::{ChargeId, News};
use crate::upstream::{Listener, Told, Upstream};
use ledger::key::AccountId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// A till may be so many events behind; one that is slower is told to reload, because its list is incomplete.
pub const EVENTS_AHEAD: usize = 64;
/// Whoever follows all shops may be so many changes behind; one that is slower looks at everything.
const CHANGES_AHEAD: usize = 1_024;
/// So many tills of a shop listen at once.
pub const MAX_LISTENERS: usize = 64;
/// So many shops are followed at once: every shop of the largest currency, several times.
const MAX_SHOPS: usize = 10_000;
/// So many charges of a shop have their end told; the tills see the others' ends on their own clocks.
const MAX_AWAITED_ENDS: usize = 100;
/// So many background tasks run at once: connections, followed shops and ends of charges.
const MAX_TASKS: usize = 50_000;
/// A shop is followed for so long after its last till asked or listened: a pause, a reload.
const ACTIVE_MS: u64 = 10 * 60_000;
/// So many tokens of a shop are tried, the newest first.
const TOKENS: usize = 8;
/// A till that asks makes the shop catch up at most so often; events do so whenever they come.
const CATCH_UP_EVERY_MS: u64 = 2_000;
/// A shop asks for at most so many charges a minute: a festival with twenty tills.
const CHARGES_PER_MINUTE: u32 = 240;
const MINUTE_MS: u64 = 60_000;
/// What the ledger accepts stands in statements within so long, and the clocks of two machines agree so far.
pub const SETTLES_MS: u64 = 2_000;
/// A till that asks waits at most so long for what is new: the records answer then.
const ASK_WITHIN: Duration = Duration::from_secs(4);
/// An API that does not begin to answer within this is away.
const CONNECT_WITHIN: Duration = Duration::from_secs(20);
/// A connection on which nothing came for so long is dead: the API sends keep-alives more often.
const SILENCE: Duration = Duration::from_secs(45);
/// The first wait before a lost connection is tried again; it doubles up to the longest.
const RETRY_LEAST: Duration = Duration::from_millis(500);
const RETRY_MOST: Duration = Duration::from_secs(30);

/// What tills that listen are told.
#[derive(Clone)]
pub enum Signal {
    /// Something changed; and up to when the account was known then. A till may hear it later.
    Changed(Arc<Told>, u64),
    /// Whether payments are heard of as they happen.
    Link(bool),
    /// The account's keys may have changed: who listens is to be asked about again.
    Rights,
}

#[derive(Default)]
struct Standing {
    tokens: VecDeque<Token>,
    listeners: usize,
    awaited_ends: usize,
    active: u64,
    followed: bool,
    online: Option<bool>,
    minute: u64,
    charges: u32,
    /// When a till last made the shop catch up.
    asked: u64,
    /// Up to when everything was taken in; zero before the first time.
    caught_up: u64,
    /// Whether the ledger was older than what this shop has seen, when it was last read.
    went_back: bool,
}

/// A shop as its tills see it now.
pub struct Shop {
    account: AccountId,
    signals: broadcast::Sender<Signal>,
    standing: Mutex<Standing>,
    /// Held while entries are taken in, so that nobody fetches the same ones meanwhile.
    taking_in: tokio::sync::Mutex<()>,
}

/// A till that listens, until it is dropped.
pub struct Listening {
    shop: Arc<Shop>,
    /// What it is told.
    pub signals: broadcast::Receiver<Signal>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.shop.standing().listeners -= 1;
    }
}

/// The end of a charge that is waited for, until it is dropped.
pub struct AwaitedEnd {
    /// Whose charge it is.
    pub shop: Arc<Shop>,
}

impl Drop for AwaitedEnd {
    fn drop(&mut self) {
        self.shop.standing().awaited_ends -= 1;
    }
}

impl Shop {
    fn new(account: AccountId) -> Shop {
        let signals = broadcast::channel(EVENTS_AHEAD).0;
        Shop { account, signals, standing: Mutex::default(), taking_in: tokio::sync::Mutex::default() }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells every till that listens. That none does is no failure.
    pub fn tell(&self, signal: Signal) {
        drop(self.signals.send(signal));
    }

    /// Tells every till that listens that something changed.
    pub fn tell_changed(&self, told: Told) {
        self.tell(Signal::Changed(Arc::new(told), self.caught_up()));
    }

    /// Whose it is.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Whether payments are heard of as they happen; unknown before the first connection.
    pub fn online(&self) -> Option<bool> {
        self.standing().online
    }

    fn mark_online(&self, online: bool) {
        if self.standing().online.replace(online) != Some(online) {
            self.tell(Signal::Link(online));
        }
    }

    /// Listens, as one of a bounded number of tills.
    pub fn listen(self: &Arc<Shop>) -> Result<Listening, Reason> {
        let mut standing = self.standing();
        if standing.listeners >= MAX_LISTENERS {
            return Err(Reason::TooManyListeners);
        }
        standing.listeners += 1;
        Ok(Listening { shop: self.clone(), signals: self.signals.subscribe() })
    }

    /// Waits for the end of one more charge, unless that are too many.
    pub fn await_end(self: &Arc<Shop>) -> Option<AwaitedEnd> {
        let mut standing = self.standing();
        let room = standing.awaited_ends < MAX_AWAITED_ENDS;
        standing.awaited_ends += usize::from(room);
        room.then(|| AwaitedEnd { shop: self.clone() })
    }

    /// Counts a new charge, within the minute's limit.
    pub fn count_charge(&self, now: u64) -> Result<(), Reason> {
        let mut standing = self.standing();
        if standing.minute != now / MINUTE_MS {
            (standing.minute, standing.charges) = (now / MINUTE_MS, 0);
        }
        if standing.charges >= CHARGES_PER_MINUTE {
            return Err(Reason::RateLimited);
        }
        standing.charges += 1;
        Ok(())
    }

    /// Whether a till's question makes the shop catch up now.
    fn may_ask(&self, now: u64) -> bool {
        let mut standing = self.standing();
        let due = now >= standing.asked.saturating_add(CATCH_UP_EVERY_MS);
        if due {
            standing.asked = now;
        }
        due
    }

    /// Up to when everything was taken in; zero before the first time.
    pub fn caught_up(&self) -> u64 {
        self.standing().caught_up
    }

    /// Refuses while the ledger is older than what this shop has seen of it: nothing can be said of payments then.
    pub fn in_order(&self) -> Result<(), Reason> {
        if self.standing().went_back { Err(Reason::LedgerWentBack) } else { Ok(()) }
    }

    /// A token to read with, while the shop is followed.
    pub fn token(&self, now: u64) -> Option<Token> {
        self.standing().token(now)
    }

    /// Notes that a till asked, and says whether the shop is to be followed from now on.
    fn attend(&self, token: &Token, now: u64) -> bool {
        let mut standing = self.standing();
        standing.active = now;
        standing.tokens.retain(|known| known != token);
        standing.tokens.push_front(token.clone());
        standing.tokens.truncate(TOKENS);
        !std::mem::replace(&mut standing.followed, true)
    }

    /// The token to read with; `None` ends the following, and leaves the shop ready to be followed again.
    fn next_token(&self, now: u64) -> Option<Token> {
        let mut standing = self.standing();
        let token = standing.token(now);
        standing.followed = token.is_some();
        token
    }

    /// The newest token that was not refused, also of a till that went to sleep.
    fn last_token(&self) -> Option<Token> {
        self.standing().tokens.front().cloned()
    }

    fn forget_token(&self, token: &Token) {
        self.standing().tokens.retain(|known| known != token);
    }
}

impl Standing {
    fn wanted(&self, now: u64) -> bool {
        self.listeners > 0 || now < self.active.saturating_add(ACTIVE_MS)
    }

    fn token(&self, now: u64) -> Option<Token> {
        self.tokens.front().filter(|_| self.wanted(now)).cloned()
    }
}

/// The background tasks of this machine; none outlives the service.
#[derive(Default)]
pub struct Tasks(Mutex<Option<JoinSet<()>>>);

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Tasks {
        Tasks(Mutex::new(Some(JoinSet::new())))
    }

    /// Runs a task, unless there are too many or the service has ended.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> bool {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(tasks) = &mut *tasks else { return false };
        while tasks.try_join_next().is_some() {}
        if tasks.len() >= MAX_TASKS {
            return false;
        }
        tasks.spawn(task);
        true
    }

    /// Ends every task, and lets none begin.
    pub fn end(&self) {
        // Dropping the set aborts what is in it.
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// Why a connection to the account's events ended.
enum Ended {
    /// Nobody listens any more.
    Unwanted,
    /// The token is good no more.
    Refused,
    /// The network or the API; whether it had been up.
    Lost { was_up: bool },
}

/// Every shop that is followed.
pub struct Watch {
    /// The money.
    pub upstream: Upstream,
    /// Who is signed in.
    pub sessions: Sessions,
    /// What runs in the background.
    pub tasks: Tasks,
    /// Says which charges stand differently, whoever's they are.
    pub changed: broadcast::Sender<(AccountId, ChargeId)>,
    shops: Mutex<HashMap<AccountId, Arc<Shop>>>,
}

struct Teller<'w> {
    watch: &'w Watch,
    shop: &'w Shop,
}

impl Listener for Teller<'_> {
    fn changed(&self, told: Told) {
        if let News::Charge(charge) = &told.news {
            // That nobody listens is no failure.
            drop(self.watch.changed.send((self.shop.account, charge.asked.id)));
        }
        self.shop.tell_changed(told);
    }

    fn other_entry(&self) {
        self.watch.sessions.forget_account(&self.shop.account);
        self.shop.tell(Signal::Rights);
    }
}

impl Watch {
    /// Follows nobody yet.
    pub fn new(upstream: Upstream) -> Watch {
        let changed = broadcast::channel(CHANGES_AHEAD).0;
        Watch { upstream, sessions: Sessions::default(), tasks: Tasks::new(), changed, shops: Mutex::default() }
    }

    fn now(&self) -> u64 {
        self.upstream.now()
    }

    /// The shop of an actor, followed from now on.
    pub fn attend(self: &Arc<Watch>, actor: &Actor) -> Result<Arc<Shop>, Reason> {
        let shop = self.shop(actor.account)?;
        if shop.attend(&actor.token, self.now()) && !self.tasks.spawn(self.clone().follow(shop.clone())) {
            shop.standing().followed = false;
        }
        Ok(shop)
    }

    /// Whether the line to the account's events is known to be cut.
    pub fn is_cut(&self, account: &AccountId) -> bool {
        let shops = self.shops.lock().unwrap_or_else(PoisonError::into_inner);
        shops.get(account).is_some_and(|shop| shop.online() == Some(false))
    }

    fn shop(&self, account: AccountId) -> Result<Arc<Shop>, Reason> {
        let now = self.now();
        let mut shops = self.shops.lock().unwrap_or_else(PoisonError::into_inner);
        if shops.len() >= MAX_SHOPS && !shops.contains_key(&account) {
            shops.retain(|_, shop| shop.standing().wanted(now));
        }
        if shops.len() >= MAX_SHOPS && !shops.contains_key(&account) {
            return Err(Reason::RateLimited);
        }
        Ok(shops.entry(account).or_insert_with(|| Arc::new(Shop::new(account))).clone())
    }

    /// Takes in what is new for a shop because a till asks, unless that was done a moment ago; waits for it no longer than a till can.
    /// A ledger that does not answer is no reason not to answer from the records; one that went back is.
    pub async fn catch_up_for(self: &Arc<Watch>, shop: &Arc<Shop>, token: &Token) -> Result<(), Reason> {
        if shop.may_ask(self.now()) {
            // What went wrong was logged where it happened; the next round begins at the same place.
            drop(self.catch_up_soon(shop, token).await);
        }
        shop.in_order()
    }

    /// Takes in what is new for a shop, in a task of its own: what was begun is finished when the till has gone.
    pub async fn catch_up_soon(self: &Arc<Watch>, shop: &Arc<Shop>, token: &Token) -> Result<(), Refusal> {
        let (done, finished) = oneshot::channel();
        let (watch, shop, token) = (self.clone(), shop.clone(), token.clone());
        self.tasks.spawn(async move {
            // Nobody may wait for it any more.
            drop(done.send(watch.catch_up(&shop, &token).await));
        });
        match timeout(ASK_WITHIN, finished).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(Reason::Unavailable.into()),
            Err(_) => Err(Reason::LedgerUnanswered.into()),
        }
    }

    /// Up to when a shop is known, if that is an instant or later: read once more with what its tills left, if need be.
    pub async fn read_once_more(self: &Arc<Watch>, account: AccountId, instant: u64) -> Option<u64> {
        let shop = self.shop(account).ok()?;
        if shop.caught_up() < instant {
            let token = shop.last_token()?;
            if let Err(refusal) = self.catch_up(&shop, &token).await
                && refusal.ends_token()
            {
                shop.forget_token(&token);
            }
        }
        Some(shop.caught_up()).filter(|known| *known >= instant && shop.in_order().is_ok())
    }

    /// Takes in what is new for a shop now.
    pub async fn catch_up(&self, shop: &Shop, token: &Token) -> Result<(), Refusal> {
        let _taking_in = shop.taking_in.lock().await;
        let began = self.now();
        let done = self.upstream.catch_up(token, shop.account, &Teller { watch: self, shop }).await;
        let mut standing = shop.standing();
        match &done {
            Ok(()) => (standing.caught_up, standing.went_back) = (began.saturating_sub(SETTLES_MS), false),
            Err(Refusal::Because(Reason::LedgerWentBack)) => standing.went_back = true,
            Err(_) => {}
        }
        done
    }

    /// Follows a shop until nobody wants it, or no token is good.
    async fn follow(self: Arc<Watch>, shop: Arc<Shop>) {
        let mut wait = RETRY_LEAST;
        while let Some(token) = shop.next_token(self.now()) {
            match self.hear(&shop, &token).await {
                Ended::Unwanted => {}
                Ended::Refused => {
                    shop.forget_token(&token);
                    self.sessions.forget(&token);
                    // It may be a revoked till's: whoever listens with it is asked about now.
                    shop.tell(Signal::Rights);
                }
                Ended::Lost { was_up } => {
                    shop.mark_online(false);
                    wait = if was_up { RETRY_LEAST } else { wait };
                    sleep(wait).await;
                    wait = (wait * 2).min(RETRY_MOST);
                }
            }
        }
        shop.mark_online(false);
        shop.standing().online = None;
    }

    async fn hear(&self, shop: &Shop, token: &Token) -> Ended {
        match self.hear_until(shop, token).await {
            Ok(()) => Ended::Unwanted,
            Err((refusal, _)) if refusal.ends_token() => Ended::Refused,
            Err((_, was_up)) => Ended::Lost { was_up },
        }
    }

    /// Listens to an account's events; ends well when nobody wants them any more.
    async fn hear_until(&self, shop: &Shop, token: &Token) -> Result<(), (Refusal, bool)> {
        let down = |refusal: Refusal| (refusal, false);
        let up = |refusal: Refusal| (refusal, true);
        let away = || Refusal::from(Reason::LedgerUnanswered);
        let account = shop.account.to_text(&self.upstream.trust().await.map_err(down)?.prefix);
        let connected = timeout(CONNECT_WITHIN, self.upstream.client().events(token.as_str(), &account)).await;
        let mut answer = connected.map_err(|_| down(away()))?.map_err(|error| down(error.into()))?;
        // Events come from here on, and wait in the connection: nothing falls between them and the statement.
        self.catch_up(shop, token).await.map_err(down)?;
        shop.mark_online(true);
        let mut parser = Parser::default();
        while shop.standing().wanted(self.now()) {
            let chunk = timeout(SILENCE, answer.chunk()).await.map_err(|_| up(away()))?;
            let chunk = chunk.map_err(|error| up(wallet_api::client::ClientError::from(error).into()))?;
            let chunk = chunk.ok_or_else(|| up(away()))?;
            let events = parser.feed(&chunk).map_err(|_| up(away()))?;
            if !events.is_empty() {
                self.catch_up(shop, token).await.map_err(up)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Token {
        Token::from_header(&format!("Bearer {text}")).unwrap()
    }

    #[test]
    fn a_shop_is_followed_by_one_task_while_it_is_active_or_a_till_listens() {
        let shop = Arc::new(Shop::new(AccountId([1; 16])));
        assert_eq!(shop.next_token(0), None);
        assert!(shop.attend(&token("a"), 0));
        assert!(!shop.attend(&token("b"), 0));
        assert_eq!(shop.next_token(ACTIVE_MS - 1), Some(token("b")));
        shop.forget_token(&token("b"));
        assert_eq!(shop.next_token(1), Some(token("a")));
        let listening = shop.listen().unwrap();
        assert!(shop.next_token(ACTIVE_MS).is_some());
        drop(listening);
        assert_eq!(shop.next_token(ACTIVE_MS), None);
        assert!(shop.attend(&token("a"), ACTIVE_MS));
    }

    #[test]
    fn tills_charges_and_tokens_of_a_shop_are_bounded() {
        let shop = Arc::new(Shop::new(AccountId([1; 16])));
        let tills: Vec<Listening> = (0..MAX_LISTENERS).map(|_| shop.listen().unwrap()).collect();
        assert_eq!(shop.listen().err(), Some(Reason::TooManyListeners));
        drop(tills);
        assert!(shop.listen().is_ok());
        let ends: Vec<AwaitedEnd> = (0..MAX_AWAITED_ENDS).filter_map(|_| shop.await_end()).collect();
        assert_eq!((ends.len(), shop.await_end().is_none()), (MAX_AWAITED_ENDS, true));
        drop(ends);
        assert!(shop.await_end().is_some());
        for _ in 0..CHARGES_PER_MINUTE {
            shop.count_charge(1).unwrap();
        }
        assert_eq!(shop.count_charge(1), Err(Reason::RateLimited));
        assert!(shop.count_charge(MINUTE_MS).is_ok());
        for number in 0..20 {
            shop.attend(&token(&number.to_string()), 0);
        }
        assert_eq!(shop.standing().tokens.len(), TOKENS);
    }

    #[test]
    fn the_link_is_told_when_it_changes() {
        let shop = Arc::new(Shop::new(AccountId([1; 16])));
        let mut listening = shop.listen().unwrap();
        for online in [true, true, false, true] {
            shop.mark_online(online);
        }
        let told: Vec<bool> = std::iter::from_fn(|| match listening.signals.try_recv() {
            Ok(Signal::Link(online)) => Some(online),
            _ => None,
        })
        .collect();
        assert_eq!((told, shop.online()), (vec![true, false, true], Some(true)));
    }
}
