// The public page: is every unit covered by a euro? Circulation stands beside the fund, per medium; a shortfall is said
// first and cannot be folded away. Then the campaign, the shops, and the checkpoint with what it is for.

import { html, nothing, svg } from '../vendor/lit-html/lit-html.js';
import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { callJson, fetchLedger, now } from '../kit/api.js';
import { coinMark, icon } from '../kit/icons.js';
import { formatAmount, formatCount } from '../kit/money.js';
import { formatDate, formatDateTime } from '../kit/time.js';
import { trustOf } from '../kit/outbox.js';
import { verifyCheckpoint } from '../kit/receipt.js';
import { amount, banner, copyButton, empty, failure, languageNote, languageSwitch, linkButton, loading, mount, offlineStrip } from '../kit/ui.js';
import { startWords, t } from '../kit/i18n.js';

/** @typedef {'digital' | 'paper'} Medium */
/** @typedef {{as_of: number, circulation: Record<Medium, number>, fund: Record<Medium, number>, shortfall: Record<Medium, number>, members_about: number, shops_about: number, entries: number, checkpoint: string}} Public */

/** @type {Medium[]} */
const MEDIA = ['digital', 'paper'];
const REFRESH_MS = 60_000;

const ledger = signal(/** @type {import('../kit/api.js').LedgerFacts | null} */ (null));
const facts = signal(/** @type {Public | null} */ (null));
const shops = signal(/** @type {{account: string, name: string, trade: string | null}[] | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
const checked = signal(/** @type {{size: number} | 'wrong' | null} */ (null));
const sought = signal('');

async function load() {
  try {
    const [known, figures, list] = await Promise.all([fetchLedger(), callJson('/v1/public'), callJson('/v1/shops')]);
    ledger.value = known;
    facts.value = figures;
    shops.value = list.shops;
    fault.value = null;
    const { ledger: id, checkpointKey } = trustOf(known);
    checked.value = await verifyCheckpoint(figures.checkpoint, id, checkpointKey).catch(() => /** @type {const} */ ('wrong'));
  } catch (error) {
    fault.value = error;
  }
}

/** @param {number} cents */
const euros = (cents) => formatAmount(cents, { symbol: '€' });

function view() {
  const known = ledger.value;
  const figures = facts.value;
  return html`
    ${known?.demo ? html`<aside class="demo-strip">${t('demo')}</aside>` : nothing}
    ${offlineStrip()}
    <main class="page wide">
      <header class="topbar">
        <a class="brand" href="/">${coinMark({ size: 36 })}<span>${known?.name ?? 'Liard'}</span></a>
        ${languageSwitch()}
        <a class="button primary to-wallet" href="/wallet/">${t('public.wallet')}</a>
      </header>
      ${figures && known ? whole(figures, known) : fault.value ? failure({ error: fault.value, onRetry: () => void load() }) : loading()}
      ${languageNote()}
    </main>`;
}

/** @param {Public} figures @param {import('../kit/api.js').LedgerFacts} known */
function whole(figures, known) {
  const short = MEDIA.reduce((sum, medium) => sum + figures.shortfall[medium], 0);
  return html`
    ${fault.value ? banner({ tone: 'warning', iconName: 'offline', text: t('public.stale', { time: formatDateTime(figures.as_of) }) }) : nothing}
    <section class="answer ${short > 0 ? 'short' : 'good'}" data-name="answer">
      <span class="answer-icon">${icon(short > 0 ? 'warning' : 'shield', { size: 44 })}</span>
      <div><h1>${short > 0 ? t('public.short', { amount: euros(short) }) : t('public.covered')}</h1>
      <p>${short > 0 ? t('public.short_text') : t('public.covered_text')}</p></div>
    </section>
    <div class="media">${MEDIA.map((medium) => mediumView(medium, figures, known.symbol))}</div>
    <p class="quiet-text small-text">${t('public.as_of', { time: formatDateTime(figures.as_of) })}</p>
    ${campaigns(known)}
    <section class="numbers">
      ${[['members', figures.members_about, 'people'], ['shops', figures.shops_about, 'shop']].map(([key, count, name]) => html`<div class="card">${icon(String(name), { size: 32 })}<p><strong>${Number(count) === 0 ? '0' : t('public.about', { n: formatCount(Number(count)) })}</strong><span>${t(`public.${key}`)}</span></p></div>`)}
    </section>
    <div class="columns">${shopList(known)}${checkpointView(figures, known)}</div>`;
}

/** Two jars side by side, filled to the same scale. @param {Medium} medium @param {Public} figures @param {string} symbol */
function mediumView(medium, figures, symbol) {
  const circulation = figures.circulation[medium];
  const fund = figures.fund[medium];
  const short = figures.shortfall[medium];
  const most = Math.max(circulation, fund, 1);
  return html`<section class="card medium" data-medium=${medium}>
    <div class="spread"><h2>${t(`public.${medium}`)}</h2>
      ${short > 0 ? html`<strong class="verdict short">${icon('warning', { size: 20 })}${t('public.missing', { amount: euros(short) })}</strong>`
        : html`<strong class="verdict good">${icon('check', { size: 20 })}${t('public.is_covered')}</strong>`}</div>
    <div class="jars">
      ${jar(circulation / most, short > 0 ? Math.min(short, circulation) / most : 0, 'circulation')}
      ${jar(fund / most, 0, 'fund')}
      <p><span>${t('public.circulation')}</span>${amount(circulation, { symbol, size: 'big' })}</p>
      <p><span>${t('public.fund')}</span>${amount(fund, { symbol: '€', size: 'big' })}</p>
    </div>
  </section>`;
}

const JAR_HEIGHT = 120;

/**
 * A jar, filled in part; what has no cover is hatched on top.
 * @param {number} filled share of the height
 * @param {number} uncovered share of the height, at the top of what is filled
 * @param {string} kind
 */
function jar(filled, uncovered, kind) {
  const level = filled > 0 ? Math.max(4, Math.round(filled * JAR_HEIGHT)) : 0;
  const missing = uncovered > 0 ? Math.max(6, Math.round(uncovered * JAR_HEIGHT)) : 0;
  const top = 24 + JAR_HEIGHT - level;
  return html`<svg class="jar ${kind}" viewBox="0 0 120 156" aria-hidden="true">${svg`
    <defs><clipPath id="jar-${kind}"><rect x="14" y="20" width="92" height="126" rx="20"></rect></clipPath>
      <pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="8" height="8"></rect><rect class="hatch-line" width="4" height="8"></rect></pattern></defs>
    <g clip-path="url(#jar-${kind})"><rect class="jar-glass" x="14" y="20" width="92" height="126"></rect>
      <rect class="jar-fill" x="14" y=${top} width="92" height=${level + 4}></rect>
      ${missing > 0 ? svg`<rect fill="url(#hatch)" x="14" y=${top} width="92" height=${missing}></rect>` : nothing}</g>
    <rect class="jar-edge" x="14" y="20" width="92" height="126" rx="20"></rect>
    <rect class="jar-lid" x="24" y="8" width="72" height="12" rx="4"></rect>`}</svg>`;
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
  const plain = (/** @type {string} */ text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const found = all.filter((shop) => plain(`${shop.name} ${shop.trade ?? ''}`).includes(plain(sought.value)));
  return html`<section class="section"><h2>${t('public.where')}</h2>
    ${all.length === 0 ? html`<div class="card flat">${empty({ iconName: 'shop', title: t('public.no_shops'), text: t('public.no_shops_text', { name: known.name }) })}</div>`
      : html`<label class="search field-box">${icon('search', { size: 20 })}<span class="hidden">${t('public.search')}</span><input type="search" placeholder=${t('public.search')} .value=${sought.value} @input=${(/** @type {Event} */ event) => { sought.value = /** @type {HTMLInputElement} */ (event.target).value; }}></label>
        ${found.length === 0 ? html`<p class="quiet-text" role="status">${t('public.none_found')}</p>` : html`<ul class="list shops" tabindex="0" aria-label=${t('public.where')}>${found.map((shop) => html`<li><div class="row"><span class="row-icon">${icon('shop')}</span><span class="row-words"><span class="row-title"><bdi>${shop.name}</bdi></span>${shop.trade ? html`<span class="row-note"><bdi>${shop.trade}</bdi></span>` : nothing}</span></div></li>`)}</ul>`}`}
  </section>`;
}

/** @param {Public} figures @param {import('../kit/api.js').LedgerFacts} known */
function checkpointView(figures, known) {
  const verdict = checked.value;
  return html`<section class="section"><h2>${t('public.seal')}</h2><div class="card stack">
    ${verdict === 'wrong' ? banner({ tone: 'danger', text: t('public.seal_wrong') })
      : verdict ? html`<p class="seal-good">${icon('shield')}<span>${t('public.seal_good', { n: verdict.size, size: formatCount(verdict.size) })}</span></p>` : nothing}
    <pre class="note" dir="ltr" tabindex="0" aria-label=${t('public.seal')}>${figures.checkpoint.trimEnd()}</pre>
    <div class="cluster">${copyButton(figures.checkpoint, t('public.copy_seal'))}</div>
    <details><summary>${t('public.what')}${icon('down', { size: 18 })}</summary><div class="stack tight">
      <p>${t('public.what_1')}</p><p>${t('public.what_2')}</p><p>${t('public.what_3')}</p></div></details>
    <details><summary>${t('public.check')}${icon('down', { size: 18 })}</summary><div class="stack tight">
      <p>${t('public.check_text')}</p>
      <ul class="links"><li><a href="/v1/checkpoint" dir="ltr" class="code">/v1/checkpoint</a></li><li><a href="/v1/public" dir="ltr" class="code">/v1/public</a></li><li><a href="/v1/ledger" dir="ltr" class="code">/v1/ledger</a></li><li><a href="/openapi.json" dir="ltr" class="code">/openapi.json</a></li></ul>
      <p class="small-text quiet-text">${t('public.key')} <bdi class="code" dir="ltr">${known.checkpoint_key}</bdi></p></div></details>
  </div></section>`;
}

await startWords('public');
effect(() => {
  document.title = ledger.value ? `${ledger.value.name} · ${t('public.title')}` : t('public.title');
});
const page = document.getElementById('page');
if (page) mount(page, view);
await load();
setInterval(() => { if (!document.hidden) void load(); }, REFRESH_MS);
