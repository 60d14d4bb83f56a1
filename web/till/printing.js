// Receipt printers: which one is this till's, and how a ticket comes out of it. The server makes the bytes and brings them to a printer
// in the network; to one on this device's own USB port the browser does. Without a printer the browser prints as it prints pages.

import { decodeBase64url } from '../kit/base64url.js';
import { moreWords, sentenceFor, t } from '../kit/i18n.js';
import { read, write } from '../kit/store.js';
import { toast } from '../kit/ui.js';
import { loadSetup, setup } from './setup.js';
import { device, shop } from './state.js';
import { trace } from './trace.js';

/**
 * @typedef {object} Printer
 * @property {number} id
 * @property {string} name
 * @property {'network' | 'usb'} kind
 * @property {string} address of one in the network
 * @property {number} width of the paper in mm
 * @property {'pc858' | 'windows1252' | 'ascii'} page of characters
 * @property {boolean} cut
 * @property {boolean} drawer one hangs on it
 * @property {boolean} code a QR code leads to the ticket
 */
/** @typedef {{sent: boolean, duplicate: boolean, bytes: string}} Printed */
/** @typedef {import('./tickets.js').Kept} Kept */
/** What came of it: paper that is the original or a duplicate, or none. @typedef {'original' | 'duplicate' | 'failed'} Outcome */

/** The printer's class of USB devices (USB-IF 07h). */
const USB_PRINTERS = 7;

/** There is no printer on the USB port, or the browser cannot reach one: `code` has a sentence. */
export class NoUsbPrinter extends Error {
  code = 'usb_printer';
}

/** @returns {Printer[] | null} null as long as nothing is known */
export function printers() {
  return setup('printers').value?.printers ?? null;
}

const chosenPlace = () => `till-printer:${device.peek()?.wallet.key ?? ''}`;

/** This till's printer: the one that was chosen on it; 0 is the browser's own. @returns {Promise<number | null>} null: nobody chose */
export async function chosenPrinter() {
  return (await read('settings', chosenPlace())) ?? null;
}

/** @param {number} id 0: the browser's own */
export function choosePrinter(id) {
  return write('settings', chosenPlace(), id);
}

/** This till's printer; null: the browser's own. @returns {Promise<Printer | null>} */
export async function printerOfTill() {
  if (!printers()) await loadSetup('printers');
  const all = printers() ?? [];
  const chosen = await chosenPrinter();
  if (chosen !== null) return all.find(({ id }) => id === chosen) ?? null;
  // A shop with one printer in its network need not choose.
  const [only, more] = all.filter(({ kind }) => kind === 'network');
  return only && !more ? only : null;
}

/** @param {string} path @param {Printer} printer @param {Uint8Array<ArrayBuffer>} [bytes] */
async function ask(path, printer, bytes) {
  const reader = shop.value;
  if (!reader) throw new Error('no till is ready');
  const order = () => /** @type {Promise<Printed>} */ (reader.session.json(`/pos/v1/printing/${path}printer=${printer.id}`, { method: 'POST', bytes }));
  return printer.kind === 'usb' ? sendByUsb(order) : order();
}

/**
 * Prints a ticket with this till's printer, and says what came of it. The duplicate is noted in the journal by whoever asks for it; what
 * a printer had once is marked as one whatever is said here.
 * @param {Pick<Kept, 'record' | 'bytes'>} kept
 * @param {{duplicate?: number}} [how] which copy it is; 0: the original
 * @returns {Promise<Outcome | null>} null when this till has no printer, or it prints no such record
 */
export async function printTicket(kept, { duplicate = 0 } = {}) {
  const printer = 'sale' in kept.record ? await printerOfTill() : null;
  if (!printer) return null;
  await moreWords('till-printing');
  try {
    const printed = await ask(`tickets?duplicate=${duplicate > 0}&`, printer, kept.bytes);
    toast(t('printers.sent'), 'good');
    return printed.duplicate ? 'duplicate' : 'original';
  } catch (error) {
    toast(sentenceFor(error), 'danger');
    return 'failed';
  }
}

/** @param {Printer} printer */
export function printTrial(printer) {
  return ask('trials?', printer);
}

/** Opens the drawer without a sale: that stands in the journal first. @param {Printer} printer */
export async function openDrawer(printer) {
  await trace('drawer');
  return ask('drawer?', printer);
}

// A printer on this device's own port.

const usb = () => /** @type {any} */ (navigator).usb;

/** Whether this browser reaches printers on its USB port. */
export const hasUsb = () => Boolean(usb());

/** A person chooses the printer once; the browser remembers that. */
export async function connectUsb() {
  if (!hasUsb()) throw new NoUsbPrinter('no WebUSB');
  try {
    await usb().requestDevice({ filters: [{ classCode: USB_PRINTERS }] });
  } catch (cause) {
    throw new NoUsbPrinter('none was chosen', { cause });
  }
}

/** The way out to the printer. @param {any} device @returns {{face: number, out: number} | null} */
export function wayOut(device) {
  for (const face of device.configuration?.interfaces ?? []) {
    const out = face.alternate.interfaceClass === USB_PRINTERS && face.alternate.endpoints.find((/** @type {any} */ point) => point.direction === 'out' && point.type === 'bulk');
    if (out) return { face: face.interfaceNumber, out: out.endpointNumber };
  }
  return null;
}

/** @param {unknown} cause @returns {never} */
function unreached(cause) {
  throw cause instanceof NoUsbPrinter ? cause : new NoUsbPrinter('it does not take the bytes', { cause });
}

/** Takes hold of the printer. @param {any} device @returns {Promise<(bytes: Uint8Array<ArrayBuffer>) => Promise<void>>} what brings bytes to it */
async function held(device) {
  await device.open();
  if (!device.configuration) await device.selectConfiguration(1);
  const way = wayOut(device);
  if (!way) throw new NoUsbPrinter('it is no printer');
  await device.claimInterface(way.face);
  return async (bytes) => {
    const { status } = await device.transferOut(way.out, bytes);
    if (status !== 'ok') throw new NoUsbPrinter(`the transfer ended: ${status}`);
  };
}

/** The printer is held before the server is asked for its bytes: from then on the ticket counts as one that was printed. @param {() => Promise<Printed>} order */
async function sendByUsb(order) {
  const [device] = hasUsb() ? await usb().getDevices() : [];
  if (!device) throw new NoUsbPrinter('none is connected');
  try {
    const send = await held(device).catch(unreached);
    const printed = await order();
    await send(decodeBase64url(printed.bytes)).catch(unreached);
    return printed;
  } finally {
    await device.close().catch(() => undefined);
  }
}
