//! What happens by itself: hooks are told what their invoices' charges became, are sent to again until they answer, and payers are
//! reminded by day.
//!
//! ```text
//! a charge of the desk is paid, a night is over ──▶ settle ──▶ deliveries ──due──▶ hook ──▶ arrived, or again later
//! ```
//! What is to be sent stands in the records before it is sent, and goes after it arrived: a crash sends twice rather than not at all, and
//! the event's id tells.

use super::invoice::{InvoiceToken, State};
use super::rows::Delivery;
use super::secret::Name;
use super::store::{Found, HookOf};
use super::wire::{self, HookEvent};
use crate::charge::Progress;
use crate::error::Reason;
use crate::post::Letter;
use crate::routes::{Answer, Pos};
use crate::wire::View;
use ledger::calendar::{paris, paris_day};
use ledger::key::AccountId;
use ledger::rules::DAY_MS;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// What is due is looked for so often, besides whenever something new waits.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Every invoice that is not settled, or was not long ago, is looked at so often: for reminders, and for what was missed.
const ROUND_EVERY: Duration = Duration::from_secs(30 * 60);
/// So many events are sent at once, each to another hook, and the hooks take turns: a slow one keeps no other waiting while fewer than
/// these are slow.
const AT_ONCE: usize = 128;
/// Invoices are looked at in pages of so many.
const PAGE: usize = 500;
/// Letters go out by day: between nine and nineteen o'clock in Paris.
const LETTER_HOURS: std::ops::Range<u64> = 9..19;
const HOUR_MS: u64 = 3_600_000;

/// Begins to work, until the service ends.
pub(crate) fn begin(pos: &Pos) {
    let tasks = &pos.watch.tasks;
    tasks.spawn(hear(pos.clone()));
    tasks.spawn(go_round(pos.clone()));
    tasks.spawn(send(pos.clone()));
}

/// Hears of every charge that stands differently.
async fn hear(pos: Pos) {
    let mut changed = pos.watch.changed.subscribe();
    loop {
        match changed.recv().await {
            Ok((account, charge)) => {
                let token = pos.watch.upstream.on_store(move |store| store.invoice_of_charge(&account, &charge)).await;
                if let Ok(Some(token)) = token {
                    // What went wrong was logged where it happened; the next round finds it.
                    drop(pos.settle(token).await);
                }
            }
            Err(RecvError::Lagged(_)) => drop(pos.look_at_all().await),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Looks at everything that is not settled, or was not long ago, now and then: also what happened while this machine was off.
async fn go_round(pos: Pos) {
    drop(pos.catch_up_desks().await);
    let mut round = interval(ROUND_EVERY);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        round.tick().await;
        drop(pos.look_at_all().await);
    }
}

/// Sends what is due, to each hook one event after the other. A hook whose outcome could not be noted rests until the next look: the
/// same event would be sent again at once, and again.
async fn send(pos: Pos) {
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut sending, mut under_way) = (JoinSet::new(), HashMap::new());
    let (mut resting, mut last) = (BTreeSet::new(), (AccountId([0; 16]), Name::default()));
    loop {
        tokio::select! {
            _ = look.tick() => resting.clear(),
            () = pos.desk.waiting.notified() => {}
            Some(ended) = sending.join_next_with_id() => {
                let (id, noted) = ended.unwrap_or_else(|failed| (failed.id(), false));
                let hook: Option<HookOf> = under_way.remove(&id);
                if !noted {
                    resting.extend(hook);
                }
            }
        }
        let busy: BTreeSet<HookOf> = under_way.values().chain(&resting).copied().collect();
        let (now, after, room) = (pos.now(), last, AT_ONCE.saturating_sub(under_way.len()));
        let due = pos.watch.upstream.on_store(move |store| store.due_deliveries(now, &after, &busy, room)).await;
        // What could not be read was logged; the next look reads it again.
        for delivery in due.unwrap_or_default() {
            last = (delivery.account, delivery.hook);
            let pos = pos.clone();
            let sent = sending.spawn(async move { pos.send_one(delivery).await.is_ok() });
            under_way.insert(sent.id(), last);
        }
    }
}

impl Pos {
    fn plain_view(&self, prefix: ledger::key::Prefix) -> View {
        View { prefix, public_url: self.public_url.to_string(), now: self.now() }
    }

    /// Tells the hooks what is new about an invoice, and takes a settled one off the lists.
    pub(crate) async fn settle(&self, token: InvoiceToken) -> Answer<()> {
        let view = self.view().await?;
        let now = self.now();
        let write = move |found: &Found, event: &[u8; 16], kind: &str| {
            wire::event(&HookEvent {
                id: hex::encode(event),
                kind: kind.into(),
                created: now,
                account: found.invoice.account.to_text(&view.prefix),
                invoice: Some(view.invoice(found, paris_day(now))),
            })
        };
        if self.watch.upstream.on_store(move |store| store.tell_hooks(&token, now, write)).await? {
            self.desk.waiting.notify_one();
        }
        Ok(())
    }

    /// Every invoice that the round looks at, read in pages: 16 bytes each.
    async fn open_invoices(&self) -> Answer<Vec<InvoiceToken>> {
        let mut all: Vec<InvoiceToken> = Vec::new();
        loop {
            let after = all.last().copied();
            let page = self.watch.upstream.on_store(move |store| store.open_invoices(after.as_ref(), PAGE)).await?;
            all.extend(&page);
            if page.len() < PAGE {
                return Ok(all);
            }
        }
    }

    async fn look_at_all(&self) -> Answer<()> {
        for token in self.open_invoices().await? {
            // One that cannot be read keeps no other waiting.
            let looked = async {
                self.settle(token).await?;
                self.remind_if_due(token).await
            };
            if let Err(error) = looked.await {
                tracing::warn!(?error, invoice = hex::encode(token), "an invoice was not looked at");
            }
        }
        Ok(())
    }

    /// Takes in what the desk was paid while this machine was off, for shops with a charge that nobody heard the end of.
    async fn catch_up_desks(&self) -> Answer<()> {
        let (mut accounts, now) = (BTreeSet::new(), self.now());
        for token in self.open_invoices().await? {
            let found = match self.watch.upstream.on_store(move |store| store.invoice(&token)).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(?error, invoice = hex::encode(token), "an invoice was not read");
                    continue;
                }
            };
            let waits = |found: &Found| {
                let mut charges = found.charges.iter();
                charges.any(|charge| charge.progress == Progress::Asked && now < charge.asked.expires.saturating_add(DAY_MS))
            };
            accounts.extend(found.filter(waits).map(|found| found.invoice.account));
        }
        for account in accounts {
            // A shop that took the desk's key away again is no reason to forget the others.
            if let Ok(actor) = self.desk_actor(&account).await
                && let Ok(shop) = self.watch.attend(&actor)
            {
                drop(self.watch.catch_up_soon(&shop, &actor.token).await);
            }
        }
        Ok(())
    }

    async fn remind_if_due(&self, token: InvoiceToken) -> Answer<()> {
        let now = self.now();
        let (today, since_midnight) = paris(now);
        if !LETTER_HOURS.contains(&(since_midnight / HOUR_MS)) {
            return Ok(());
        }
        let due = move |found: &Found| !found.standing().state.is_settled() && found.invoice.reminder_due(today, paris_day);
        let found = self.watch.upstream.on_store(move |store| store.invoice(&token)).await?;
        if found.is_some_and(|found| due(&found)) {
            self.remind(token, move |found| if due(found) { Ok(()) } else { Err(Reason::InvoiceReminded) }).await?;
        }
        Ok(())
    }

    /// Reminds a payer who may be reminded: the wallet shows it, and a letter goes where an address was given.
    pub(crate) async fn remind(
        &self,
        token: InvoiceToken,
        may: impl Fn(&Found) -> Result<(), Reason> + Send + 'static,
    ) -> Answer<Found> {
        let now = self.now();
        let found = self.watch.upstream.on_store(move |store| store.note_reminder(&token, now, may)).await??;
        self.write_letter(&found, true).await;
        Ok(found)
    }

    /// Sends the invoice, or its reminder, where an address was given. One that is not taken is not sent again: the payer's wallet shows
    /// the bill, and the shop has its link.
    pub(crate) async fn write_letter(&self, found: &Found, again: bool) {
        let (Some(post), Some(to)) = (&self.post, &found.invoice.email) else { return };
        let account = found.invoice.account;
        if !self.desk.count_letter(account, self.now()) {
            tracing::warn!("a shop sent more letters today than it may");
            return;
        }
        let Ok(trust) = self.watch.upstream.trust().await else { return };
        let letter = letter(found, to, &self.plain_view(trust.prefix).invoice_link(found), again);
        let posting = post(letter);
        self.watch.tasks.spawn(async move {
            if let Err(unsent) = posting.await {
                tracing::warn!(?unsent, "a letter of an invoice was not handed in");
            }
        });
    }

    async fn send_one(&self, delivery: Delivery) -> Answer<()> {
        let (account, name) = (delivery.account, delivery.hook);
        let hook = self.watch.upstream.on_store(move |store| store.hook(&account, &name)).await?;
        let outcome = match hook {
            Some(hook) => self.desk.send(&hook.url, &delivery, self.now()).await,
            None => Ok(()),
        };
        let now = self.now();
        self.watch.upstream.on_store(move |store| store.note_attempt(&delivery, now, outcome)).await
    }
}

/// What a payer reads.
fn letter(found: &Found, to: &str, link: &str, again: bool) -> Letter {
    let (invoice, standing) = (&found.invoice, found.standing());
    let euros = |cents: u64| format!("{},{:02}", cents / 100, cents % 100);
    let (year, month, day) = ledger::calendar::civil(invoice.due);
    let subject = if again { "Rappel" } else { "Facture" };
    let part = match standing.state {
        State::Part => format!("Déjà payé : {}. Reste à payer : {}.\n", euros(standing.paid), euros(standing.rest)),
        _ => String::new(),
    };
    let about = if invoice.text.is_empty() { String::new() } else { format!("{}\n\n", invoice.text) };
    let text = format!(
        "Bonjour,\n\n{} vous demande {} en monnaie locale, à payer au plus tard le {day:02}/{month:02}/{year}.\nRéférence : {}\n\n{about}{part}\
         Pour voir la facture et la payer :\n{link}\n\nVous pouvez transmettre ce lien à qui paie pour vous. Ne payez pas deux fois : la page \
         montre ce qui est déjà payé.\n",
        invoice.shop_name,
        euros(invoice.amount.cents()),
        invoice.reference,
    );
    Letter {
        to: to.to_owned(),
        subject: format!("{subject} {} – {}", invoice.reference, invoice.shop_name),
        text,
        attachment: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::invoice::tests::invoice;
    use super::*;

    #[test]
    fn a_letter_says_who_asks_how_much_until_when_and_where_to_pay() {
        let found = Found { invoice: invoice(), charges: vec![] };
        let letter = letter(&found, "parent@exemple.fr", "https://monnaie.example/wallet/#invoice=05", true);
        assert_eq!(letter.subject, "Rappel CANT-2026-00042 – Cantine");
        for words in ["Cantine vous demande 30,00", "au plus tard le 23/11/2026", "CANT-2026-00042", "Octobre", "#invoice=05"] {
            assert!(letter.text.contains(words), "{words}: {}", letter.text);
        }
    }
}
