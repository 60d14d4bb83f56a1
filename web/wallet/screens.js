// Screens that are loaded when they are first opened, with the words that only they use: the first view stays small. A new
// screen is one line here.

import { nothing } from '../vendor/lit-html/lit-html.js';
import { onDemand, partOf } from '../kit/on-demand.js';
import { failure, loading } from '../kit/ui.js';
import { frame } from './frame.js';

/** @typedef {import('../kit/on-demand.js').Worded} Screen */

/**
 * @template M
 * @param {() => Promise<M>} part the module
 * @param {(module: M, value: string) => unknown} view
 * @param {{words?: string[], leave?: (module: M, name: string) => void, first?: boolean}} [more] first: somebody's first view, which has its words
 * @returns {Screen}
 */
function screen(part, view, { words = [], leave, first = false } = {}) {
  return Object.assign(partOf(part, view, leave), { words: first ? [] : ['errors', 'wallet-more', ...words] });
}

/** @type {Record<string, Screen>} */
const SCREENS = {
  welcome: screen(() => import('./welcome.js'), (m) => m.welcomeView(), { first: true }),
  open: screen(() => import('./open.js'), (m, value) => m.openView(value)),
  opened: screen(() => import('./open.js'), (m) => m.openedView(), { words: ['wallet-keys'] }),
  demo: screen(() => import('./open.js'), (m, value) => m.demoView(value)),
  pay: screen(() => import('./pay.js'), (m, value) => m.payView(value), { leave: (m, name) => m.leavePayment(name) }),
  give: screen(() => import('./pay.js'), (m) => m.giveView(''), { leave: (m, name) => m.leavePayment(name) }),
  to: screen(() => import('./pay.js'), (m, value) => m.giveView(value), { leave: (m, name) => m.leavePayment(name) }),
  scan: screen(() => import('./pay.js'), (m) => m.scanScreen()),
  entry: screen(() => import('./history.js'), (m, value) => m.entryView(value)),
  history: screen(() => import('./movements.js'), (m) => m.movementsView(), { words: ['wallet-history'], leave: (m, name) => m.leaveMovements(name) }),
  statement: screen(() => import('./statement.js'), (m) => m.statementView(), { words: ['statements'], leave: (m, name) => m.leaveStatement(name) }),
  euros: screen(() => import('./euros.js'), (m) => m.eurosView(), { words: ['wallet-euros'], leave: (m, name) => m.leaveEuros(name) }),
  closing: screen(() => import('./closing.js'), (m) => m.closingView(), { words: ['wallet-closing'], leave: (m, name) => m.leaveClosing(name) }),
  convert: screen(() => import('./convert.js'), (m) => m.convertView(), { words: ['wallet-convert'], leave: (m, name) => m.leaveConvert(name) }),
  order: screen(() => import('./orders.js'), (m, value) => m.orderView(value), { words: ['wallet-convert'], leave: (m, name) => m.leaveOrders(name) }),
  monthly: screen(() => import('./monthly.js'), (m) => m.monthlyView(), { leave: (m, name) => m.leaveMonthly(name) }),
  support: screen(() => import('./support.js'), (m) => m.supportView(), { leave: (m, name) => m.leaveSupport(name) }),
  tills: screen(() => import('./tills.js'), (m) => m.tillsView(), { words: ['wallet-tills', 'register'], leave: (m, name) => m.leaveTills(name) }),
  tickets: screen(() => import('./tickets.js'), (m) => m.ticketsView(), { words: ['register'], leave: (m, name) => m.leaveTickets(name) }),
  bookkeeping: screen(() => import('./bookkeeping.js'), (m) => m.bookkeepingView(), { words: ['bookkeeping'], leave: (m, name) => m.leaveBookkeeping(name) }),
  balance: screen(() => import('./balance.js'), (m) => m.balanceView(), { words: ['wallet-balance'], leave: (m, name) => m.leaveBalance(name) }),
  redeem: screen(() => import('./redeem.js'), (m) => m.redeemView(), { leave: (m, name) => m.leaveRedeem(name) }),
  restore: screen(() => import('./restore.js'), (m, value) => m.restoreView(value), { words: ['wallet-keys'] }),
  join: screen(() => import('./join.js'), (m) => m.joinView(), { words: ['wallet-keys'], leave: (m, name) => m.leaveJoin(name) }),
  backup: screen(() => import('./backup.js'), (m) => m.backupView(), { words: ['wallet-keys'], leave: (m, name) => m.leaveBackup(name) }),
  devices: screen(() => import('./devices.js'), (m) => m.devicesView(), { words: ['wallet-keys'] }),
  device: screen(() => import('./admit.js'), (m, value) => m.admitView(value), { words: ['wallet-keys'], leave: (m, name) => m.leaveAdmit(name) }),
  family: screen(() => import('./family.js'), (m, value) => m.familyView(value), { words: ['wallet-keys'] }),
  recovery: screen(() => import('./backup.js'), (m) => m.recoveryView(), { words: ['wallet-keys'] }),
  places: screen(() => import('./places.js'), (m) => m.placesView(), { words: ['places'], leave: (m, name) => m.leavePlaces(name) }),
  place: screen(() => import('./places.js'), (m, value) => m.placeView(value), { words: ['places'] }),
  myplace: screen(() => import('./places.js'), (m) => m.myPlaceView(), { words: ['places'] }),
  receive: screen(() => import('./receive.js'), (m) => m.receiveView(), { words: ['wallet-people'], leave: (m, name) => m.leaveReceive(name) }),
  shop: screen(() => import('./stall.js'), (m, value) => m.stallView(value), { words: ['wallet-stall'], leave: (m, name) => m.leaveStall(name) }),
  ask: screen(() => import('./asked.js'), (m, value) => m.askedView(value), { words: ['wallet-people'], leave: (m, name) => m.leaveAsked(name) }),
  contacts: screen(() => import('./contacts-view.js'), (m) => m.contactsView(), { words: ['wallet-people'] }),
  contact: screen(() => import('./contacts-view.js'), (m, value) => m.contactView(value), { words: ['wallet-people'], leave: (m, name) => m.leaveContact(name) }),
  sign: screen(() => import('./offline-view.js'), (m) => m.signView(), { words: ['wallet-offline'] }),
  signed: screen(() => import('./offline-view.js'), (m, value) => m.signedView(value), { words: ['wallet-offline'] }),
  tip: screen(() => import('./tip.js'), (m) => m.tipView(), { words: ['wallet-people'], leave: (m, name) => m.leaveTip(name) }),
  notices: screen(() => import('./notices.js'), (m) => m.noticesView(), { words: ['wallet-notices'], leave: (m, name) => m.leaveNotices(name) }),
  look: screen(() => import('./look.js'), (m) => m.lookView(), { words: ['wallet-look'] }),
  install: screen(() => import('./install.js'), (m) => m.installView(), { words: ['wallet-look'] }),
  practice: screen(() => import('./practice.js'), (m) => m.practiceView(), { words: ['wallet-practice'], leave: (m, name) => m.leavePractice(name) }),
  refunds: screen(() => import('./refund-requests.js'), (m) => m.refundRequestsView(), { words: ['wallet-refund-requests'], leave: (m, name) => m.leaveRefundRequests(name) }),
  cards: screen(() => import('./cards.js'), (m) => m.cardsView(), { words: ['wallet-cards'], leave: (m, name) => m.leaveCards(name) }),
  card: screen(() => import('./cards.js'), (m) => m.cardView(), { words: ['wallet-cards'] }),
  invoice: screen(() => import('./invoice.js'), (m, value) => m.invoiceView(value), { words: ['wallet-invoices'], leave: (m, name) => m.leaveInvoice(name) }),
  bills: screen(() => import('./bills.js'), (m) => m.billsView(), { words: ['wallet-invoices'] }),
  invoicing: screen(() => import('./invoicing.js'), (m) => m.invoicingView(), { words: ['wallet-invoices'], leave: (m, name) => m.leaveInvoicing(name) }),
  settings: screen(() => import('./settings.js'), (m) => m.settingsView(), { words: ['wallet-settings'] }),
};

/** Parts of a screen that come after it, or that only some movements need. @type {Record<string, Screen>} */
const PARTS = {
  bills_line: screen(() => import('./bills.js'), (m) => m.billsLine(), { words: ['wallet-invoices'] }),
  refund_request: screen(() => import('./refund-requests.js'), (m, value) => m.refundRequestView(Number(value)), { words: ['wallet-refund-requests'] }),
};

/** Whether there is a screen of that name. @param {string} name */
export function hasScreen(name) {
  return Object.hasOwn(SCREENS, name);
}

/** The names of all screens that are loaded when they are opened. */
export const screenNames = () => Object.keys(SCREENS);

const parts = onDemand(SCREENS, PARTS);

/** Loads the screen of that name, if there is one and it is not loaded yet. */
export const loadScreen = parts.load;

/** The screen of that name: itself, its loading, or why it could not be loaded. Null when there is none. @param {string} name @param {string} value */
export function screenView(name, value) {
  if (!hasScreen(name)) return null;
  const view = parts.view(name);
  if (view) return view(value);
  const fault = parts.fault(name);
  if (fault) return frame({ back: '', body: failure({ error: fault.error, onRetry: () => void loadScreen(name) }) });
  queueMicrotask(() => void loadScreen(name));
  return frame({ back: '', body: loading() });
}

/** A part, once it is loaded; nothing before, and nothing when it cannot be. @param {string} name @param {string} value */
export function partView(name, value) {
  const view = parts.view(name);
  if (!view && !parts.fault(name)) queueMicrotask(() => void loadScreen(name));
  return view?.(value) ?? nothing;
}

/** Tells every screen that was opened which one is shown now. @param {string} name */
export function leaveScreens(name) {
  for (const one of Object.values(SCREENS)) one.leave?.(name);
}
