// The staff: who may do what, and how many people each act needs. Both are data: changed by acts, under their own quorum.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { hasWords, t } from '../kit/i18n.js';
import { KINDS } from '../kit/ledger.js';
import { button, chip } from '../kit/ui.js';
import { Form } from './form.js';
import { kindWords } from './history.js';
import { readingView } from './parts.js';
import { acts, onEntering } from './place.js';
import { proposeActs } from './sign.js';
import { ownKeyView, readBackups } from './staff-key.js';
import { Reading } from './state.js';
import { dataTable } from './table.js';

/** @typedef {{operator: number, key: string, roles: string[], mine: boolean}} Person */
/** @typedef {{act: number, act_kind: string | null, persons: number, roles: string[], own: boolean, able: number}} Quorum `own`: not the general one; `able`: so many people could sign */
/** @typedef {{operators: Person[], quorums: Quorum[]}} Staff */

const ROLES = ['operator', 'treasurer', 'board', 'auditor', 'sponsor'];
/** The roles whose signature can count for an act. */
const SIGNING = ['operator', 'treasurer', 'board'];
const FIRST_ACT = 40;

const staff = new Reading(() => '/office/v1/staff', (answer) => /** @type {Staff} */ (answer));
onEntering('staff', () => {
  void staff.refresh();
  void readBackups();
});

const appoint = new Form('appoint', { operator: '', key: '', roles: '' });
const quorum = new Form('quorum', { act: '', persons: '2', roles: 'treasurer,board' });
const opened = signal(/** @type {'appoint' | 'quorum' | null} */ (null));

/** @param {string[]} roles */
const roleWords = (roles) => roles.map((role) => (hasWords(`role.${role}`) ? t(`role.${role}`) : role)).join(', ');
const options = (/** @type {string[]} */ roles) => roles.map((value) => ({ value, label: t(`role.${value}`) }));

/** @param {import('./state.js').ActWords | null} act @param {Form} [form] */
async function sign(act, form) {
  if (!act) return;
  const signed = await proposeActs([act]);
  if (!signed?.some(({ step }) => step === 'executed' || step === 'waits')) return;
  form?.reset();
  opened.value = null;
  void staff.refresh();
}

const appointAct = () => appoint.read(() => {
  const key = appoint.text('key').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(key)) appoint.wrong('key', t('staff.bad_key'));
  const roles = appoint.chosen('roles');
  return { kind: 'appoint_operator', operator: appoint.whole('operator', { least: 1 }), key, roles: ROLES.filter((role) => roles?.split(',').includes(role)) };
});

const quorumAct = () => quorum.read(() => {
  const roles = quorum.chosen('roles');
  const act = Number(quorum.text('act'));
  return { kind: 'set_quorum', act, act_kind: act === 0 ? null : KINDS[act], persons: quorum.whole('persons', { least: 1, most: 20 }), roles: ROLES.filter((role) => roles?.split(',').includes(role)) };
});

/** @param {Staff} data */
function peopleView({ operators }) {
  const free = Math.max(0, ...operators.map(({ operator }) => operator)) + 1;
  return html`<section class="section"><h2>${t('staff.people')}</h2>${dataTable({
      name: 'staff-people', label: t('staff.people'), rows: operators, id: ({ operator }) => operator, none: { iconName: 'people', title: t('members.none') }, tone: ({ mine }) => (mine ? 'chosen' : null),
      columns: [
        { key: 'number', title: t('field.operator'), value: ({ operator: number }) => t('rules.operator_n', { number }), cell: ({ operator: number, mine }) => html`<strong>${t('rules.operator_n', { number })}</strong>${mine ? html` ${chip({ text: t('staff.you'), tone: 'info' })}` : nothing}` },
        { key: 'roles', title: t('field.roles'), value: ({ roles }) => roleWords(roles) },
        { key: 'key', title: t('field.key'), value: ({ key }) => key, cell: ({ key }) => html`<bdi class="code small-text" dir="ltr">${key.match(/.{1,8}/g)?.join(' ')}</bdi>` },
        ...(acts() ? [{ key: 'dismiss', title: t('staff.end'), pageOnly: true, part: /** @type {const} */ ('do'), value: () => '', cell: (/** @type {Person} */ { operator: number, mine }) => (mine ? nothing : button({ label: t('staff.dismiss'), kind: 'quiet', iconName: 'cross', name: `dismiss-${number}`, onClick: () => void sign({ kind: 'dismiss_operator', operator: number }) })) }] : []),
      ],
    })}
    ${!acts() ? nothing : opened.value === 'appoint' ? html`<form class="card stack" novalidate data-name="appoint-form" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void sign(appointAct(), appoint); }}>
        <h3>${t('staff.appoint')}</h3><p>${t('staff.appoint_words')}</p>
        <div class="form-grid">${appoint.input('operator', t('staff.number'), { inputMode: 'numeric', ltr: true, hint: t('staff.number_hint', { n: free }) })}
          ${appoint.input('key', t('staff_key.public'), { ltr: true, hint: t('staff.key_hint') })}${appoint.several('roles', t('field.roles'), options(ROLES))}</div>
        <div class="cluster">${button({ label: t('fund.propose'), kind: 'primary', type: 'submit', iconName: 'shield', name: 'propose-appoint' })}${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { opened.value = null; } })}</div></form>`
      : html`<div class="cluster">${button({ label: t('staff.appoint'), iconName: 'plus', name: 'appoint', onClick: () => { opened.value = 'appoint'; } })}</div>`}</section>`;
}

/** @param {Staff} data */
function quorumsView({ quorums }) {
  const kinds = Object.entries(KINDS).filter(([code]) => Number(code) >= FIRST_ACT).map(([value, name]) => ({ value, label: kindWords(name) })).sort((a, b) => a.label.localeCompare(b.label));
  const change = (/** @type {Quorum} */ { act, persons, roles }) => {
    quorum.reset({ act: String(act), persons: String(persons), roles: roles.join(',') });
    opened.value = 'quorum';
    queueMicrotask(() => document.querySelector('[data-name="quorum-form"]')?.scrollIntoView({ block: 'center' }));
  };
  return html`<section class="section"><h2>${t('staff.quorums')}</h2><p class="lead">${t('staff.quorums_words')}</p>${dataTable({
      name: 'quorums', label: t('staff.quorums'), rows: quorums.filter(({ own }) => own), id: ({ act }) => act, none: { iconName: 'shield', title: t('members.none') },
      columns: [
        { key: 'act', title: t('field.act_kind'), value: ({ act, act_kind: kind }) => (act === 0 || !kind ? t('staff.other_acts') : kindWords(kind)), cell: ({ act, act_kind: kind }) => html`<strong>${act === 0 || !kind ? t('staff.other_acts') : kindWords(kind)}</strong>` },
        { key: 'persons', title: t('field.persons'), kind: 'count', value: ({ persons }) => persons, cell: ({ persons, able }) => (able < persons ? html`${persons} ${chip({ text: t('staff.too_few', { n: able }), tone: 'danger', iconName: 'warning' })}` : persons) },
        { key: 'roles', title: t('staff.among'), value: ({ roles }) => roleWords(roles) },
        ...(acts() ? [{ key: 'change', title: t('staff.change'), pageOnly: true, part: /** @type {const} */ ('do'), value: () => '', cell: (/** @type {Quorum} */ row) => button({ label: t('staff.change'), kind: 'quiet', iconName: 'settings', name: `change-${row.act}`, onClick: () => change(row) }) }] : []),
      ],
    })}
    ${!acts() ? nothing : opened.value === 'quorum' ? html`<form class="card stack" novalidate data-name="quorum-form" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void sign(quorumAct(), quorum); }}>
        <h3>${t('staff.set_quorum')}</h3><p>${t('staff.set_quorum_words')}</p>
        <div class="form-grid">${quorum.select('act', t('field.act_kind'), [{ value: '0', label: t('staff.other_acts') }, ...kinds])}${quorum.input('persons', t('field.persons'), { inputMode: 'numeric', ltr: true })}${quorum.several('roles', t('staff.among'), options(SIGNING))}</div>
        <div class="cluster">${button({ label: t('fund.propose'), kind: 'primary', type: 'submit', iconName: 'shield', name: 'propose-quorum' })}${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { opened.value = null; } })}</div></form>`
      : html`<div class="cluster">${button({ label: t('staff.set_quorum'), iconName: 'plus', name: 'set-quorum', onClick: () => { quorum.reset(); opened.value = 'quorum'; } })}</div>`}</section>`;
}

export function staffView() {
  return html`<h1>${t('tab.staff')}</h1>${ownKeyView()}${readingView(staff, (data) => html`${peopleView(data)}${quorumsView(data)}`)}`;
}
