// Screens of the till that are loaded when they are first opened, with the words that only they use: the first view stays small. A new
// screen is one line here; its row in the menu is called `row.NAME`, with `row.NAME_note` under it, in its own words.

import { onDemand, partOf } from '../kit/on-demand.js';
import { addStyle } from '../kit/style.js';
import { failure, loading } from '../kit/ui.js';
import { may } from './people.js';
import { place, scope, training } from './state.js';

/**
 * @typedef {'till' | 'full' | 'read'} Who till: keys of tills and the shop's own; full: the shop's own; read: accountants too
 * @typedef {'work' | 'books' | 'setup'} Group of the menu
 * @typedef {object} Entry
 * @property {string} iconName
 * @property {Group | null} group null: not in the menu
 * @property {Who} who may open it
 * @property {import('./people.js').Right | null} right that a cashier needs for it
 * @property {boolean} practice whether it stays open while somebody trains: the others show what is real
 */
/** @typedef {Entry & import('../kit/on-demand.js').Worded} Screen */

/**
 * @template M
 * @param {() => Promise<M>} part the module
 * @param {(module: M, value: string) => unknown} view
 * @param {{iconName?: string, group?: Group | null, who?: Who, right?: import('./people.js').Right | null, practice?: boolean, words?: string[], leave?: (module: M, name: string) => void}} [more]
 * @returns {Screen}
 */
function screen(part, view, { iconName = 'menu', group = null, who = 'till', right = null, practice = false, words = [], leave } = {}) {
  return Object.assign(partOf(part, view, leave), { iconName, group, who, right, practice, words });
}

/** A module and the style sheets that its screen needs. @template M @param {Promise<M>} module @param {...string} sheets */
async function styled(module, ...sheets) {
  await Promise.all(sheets.map(addStyle));
  return module;
}

/** @type {Record<string, Screen>} */
export const SCREENS = {
  people: screen(() => import('./cashiers-view.js'), (m) => m.peopleView(), { iconName: 'people', group: 'setup', words: ['till-people'] }),
  stalls: screen(() => import('./stalls.js'), (m) => m.stallsView(), { iconName: 'qr', group: 'work', words: ['till-stall'], leave: (m, name) => m.leaveStalls(name) }),
  network: screen(() => import('./network.js'), (m) => m.networkView(), { iconName: 'offline', group: 'work', words: ['till-network'], leave: (m, name) => m.leaveNetwork(name) }),
  evening: screen(() => styled(import('./evening.js'), '/till/evening.css'), (m, value) => m.eveningView(value), { iconName: 'chart', group: 'books', who: 'read', words: ['till-evening', 'till-files', 'tables', 'bookkeeping'] }),
  invoices: screen(() => import('./invoices.js'), (m, value) => m.invoicesView(value), { iconName: 'file', group: 'books', who: 'read', words: ['till-invoices'], leave: (m, name) => m.leaveInvoices(name) }),
  more: screen(() => import('./more.js'), (m) => m.moreView(), { who: 'read', practice: true, words: ['till-more'] }),
  training: screen(() => import('./practice.js'), (m) => m.trainingView(), { iconName: 'school', group: 'work', practice: true, words: ['till-settings', 'till-counter'] }),
  display: screen(() => import('./practice.js'), (m) => m.displayView(), { iconName: 'external', group: 'work', practice: true, words: ['till-settings'] }),
  goods: screen(() => import('./goods.js'), (m) => m.goodsView(), { iconName: 'shop', group: 'setup', right: 'settings', words: ['till-settings'] }),
  rates: screen(() => import('./options.js'), (m) => m.ratesView(), { iconName: 'chart', group: 'setup', right: 'settings', words: ['till-settings'], leave: (m, name) => m.leaveOptions(name) }),
  tips: screen(() => import('./options.js'), (m) => m.tipsView(), { iconName: 'gift', group: 'setup', right: 'settings', words: ['till-settings'], leave: (m, name) => m.leaveOptions(name) }),
  legal: screen(() => import('./options.js'), (m) => m.legalView(), { iconName: 'file', group: 'setup', right: 'settings', words: ['till-settings'], leave: (m, name) => m.leaveOptions(name) }),
  printers: screen(() => import('./printers-view.js'), (m) => m.printersView(), { iconName: 'print', group: 'setup', words: ['till-printing'], leave: (m, name) => m.leavePrinters(name) }),
  register: screen(() => import('./options.js'), (m) => m.registerView(), { iconName: 'till', group: 'setup', right: 'settings', words: ['till-settings', 'register'], leave: (m, name) => m.leaveOptions(name) }),
  tickets: screen(() => styled(import('./tickets-view.js'), '/till/tickets.css', '/kit/paper.css'), (m, value) => m.ticketsView(value), { iconName: 'file', group: 'books', who: 'read', words: ['ticket', 'till-tickets'] }),
  ticket: screen(() => styled(import('./tickets-view.js'), '/till/tickets.css', '/kit/paper.css'), (m, value) => m.ticketView(value), { who: 'read', words: ['ticket', 'till-tickets'] }),
};

/** @param {string} name */
export function hasScreen(name) {
  return Object.hasOwn(SCREENS, name);
}

/** Whether this key, and whoever is at the till, may open a screen. @param {Screen} one */
export function mayOpen({ who, right, practice }) {
  if (training.value && !practice) return false;
  const admitted = scope.value === 'full' || who === 'read' || (who === 'till' && scope.value === 'till');
  return admitted && (right === null || may(right));
}

const parts = onDemand(SCREENS);

/** Loads a screen, unless it is there. */
export const loadScreen = parts.load;

/** The screen of that name: itself, its loading, or why it could not be loaded. Who may not open it sees the menu, which says so. @param {string} name */
export function screenView(name) {
  const shown = mayOpen(SCREENS[name]) ? name : 'more';
  const view = parts.view(shown);
  if (view) return view(place.value);
  const fault = parts.fault(shown);
  if (fault) return failure({ error: fault.error, onRetry: () => void loadScreen(shown) });
  queueMicrotask(() => void loadScreen(shown));
  return loading();
}

/** Tells every screen that was opened which one is shown now. @param {string} name */
export function leaveScreens(name) {
  for (const one of Object.values(SCREENS)) one.leave?.(name);
}
