// The public page: is every unit covered by a euro? The newest coverage statement answers, verified here before it is shown.
// Then who looks over the association's shoulder, how anyone checks for themselves, the campaign and the shops.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { effect } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { coinMark, icon } from '../kit/icons.js';
import { shopsView } from '../kit/places-view.js';
import { formatAmount, formatCount } from '../kit/money.js';
import { formatDate, formatDateTime } from '../kit/time.js';
import { banner, empty, failure, languageNote, languageSwitch, linkButton, loading, mount, offlineStrip } from '../kit/ui.js';
import { startWords, t } from '../kit/i18n.js';
import { checkView, sealView, witnessesView } from './check-view.js';
import { facts, fault, ledger, load, series, shops } from './figures.js';
import { answerView, noneView, statementView, wrongView } from './statement-view.js';

const REFRESH_MS = 60_000;

/** @param {number} cents */
const euros = (cents) => formatAmount(cents, { symbol: '€' });

function view() {
  const known = ledger.value;
  return html`
    ${known?.demo ? html`<aside class="demo-strip">${t('demo')}</aside>` : nothing}
    ${offlineStrip()}
    <main class="page wide">
      <header class="topbar">
        <a class="brand" href="/">${coinMark({ size: 36 })}<span>${known?.name ?? 'Liard'}</span></a>
        ${languageSwitch()}
        <a class="button primary to-wallet" href="/wallet/">${t('public.wallet')}</a>
      </header>
      ${known ? whole(known) : fault.value ? failure({ error: fault.value, onRetry: () => void load() }) : loading()}
      ${languageNote()}
    </main>`;
}

/** @param {string} iconName @param {string} key @param {string} count */
function numberView(iconName, key, count) {
  return html`<div class="card">${icon(iconName, { size: 32 })}<p><strong>${count}</strong><span>${t(`public.${key}`)}</span></p></div>`;
}

/** @param {import('../kit/api.js').LedgerFacts} known */
function coverage(known) {
  const read = series.value;
  if (!read) return loading();
  if (read.state === 'wrong') return wrongView();
  if (read.statements.length === 0) return noneView();
  return html`${answerView(read.statements[0])}${statementView(read.statements, read.broken, known.symbol)}`;
}

/** @param {import('../kit/api.js').LedgerFacts} known */
function whole(known) {
  const figures = facts.value;
  const isEmpty = series.value?.state === 'verified' && series.value.statements.length === 0;
  return html`
    ${isEmpty ? html`<h1>${known.name}</h1>` : nothing}
    ${fault.value && figures ? banner({ tone: 'warning', iconName: 'offline', text: t('public.stale', { time: formatDateTime(figures.as_of) }) }) : nothing}
    ${coverage(known)}
    ${checkView(known)}
    <div class="columns">${witnessesView()}${sealView(known)}</div>
    ${campaigns(known)}
    ${figures ? html`<section class="numbers">
      ${numberView('people', 'members', figures.members_about === 0 ? '0' : t('public.about', { n: formatCount(figures.members_about) }))}
      ${numberView('shop', 'shops', formatCount(shops.value?.length ?? 0))}
    </section>` : nothing}
    ${shopList(known)}`;
}

/** @param {import('../kit/api.js').LedgerFacts} known */
function campaigns(known) {
  const running = known.campaigns.filter((campaign) => campaign.start <= now() && now() < campaign.end && !campaign.groups_only);
  return running.map((campaign) => {
    const given = 1000 + Number((1000n * BigInt(campaign.numerator)) / BigInt(campaign.denominator));
    return html`<section class="card offer">${icon('gift', { size: 36 })}<div>
      <h2>${t('public.ten_give', { ten: euros(1000).replace(/[.,]00/, ''), given: formatAmount(given, { symbol: known.symbol }).replace(/[.,]00/, '') })}</h2>
      <p>${campaign.left > 0 ? t('public.campaign', { date: formatDate(campaign.end), left: formatAmount(campaign.left, { symbol: known.symbol }), cap: formatAmount(campaign.cap, { symbol: known.symbol }) }) : t('public.campaign_over')}</p></div>
      ${campaign.left > 0 ? linkButton({ label: t('public.convert'), href: '/wallet/#convert', kind: 'copper' }) : nothing}</section>`;
  });
}

/** @param {import('../kit/api.js').LedgerFacts} known */
function shopList(known) {
  const all = shops.value ?? [];
  return html`<section class="section"><h2>${t('public.where')}</h2>
    ${all.length === 0 ? html`<div class="card flat">${empty({ iconName: 'shop', title: t('public.no_shops'), text: t('public.no_shops_text', { name: known.name }) })}</div>`
      : shopsView(all)}
  </section>`;
}

await startWords('errors', 'public', 'tables', 'places');
effect(() => {
  document.title = ledger.value ? `${ledger.value.name} · ${t('public.title')}` : t('public.title');
});
const page = document.getElementById('page');
if (page) mount(page, view);
await load();
setInterval(() => { if (!document.hidden) void load(); }, REFRESH_MS);
