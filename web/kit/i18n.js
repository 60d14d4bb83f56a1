// Words: one catalogue per language and page, the same keys in each. French first; the browser's language decides, the
// reader can switch, and the direction of writing follows. Basque and Arabic are provided and not yet reviewed.

import { signal } from '../vendor/signals-core/signals-core.js';

/** @typedef {'fr' | 'en' | 'eu' | 'ar'} Language */
/** @typedef {string | {zero?: string, one?: string, two?: string, few?: string, many?: string, other: string}} Entry */

/** @type {{code: Language, name: string, dir: 'ltr' | 'rtl', reviewed: boolean}[]} */
export const LANGUAGES = [
  { code: 'fr', name: 'Français', dir: 'ltr', reviewed: true },
  { code: 'en', name: 'English', dir: 'ltr', reviewed: true },
  { code: 'eu', name: 'Euskara', dir: 'ltr', reviewed: false },
  { code: 'ar', name: 'العربية', dir: 'rtl', reviewed: false },
];

const STORAGE_KEY = 'liard-language';

/** The language on screen; pages that read it in a view are drawn again when it changes. */
export const language = signal(/** @type {Language} */ ('fr'));

/** What was loaded. @type {import('../vendor/signals-core/signals-core.js').Signal<Record<string, Entry>>} */
const words = signal({});
/** @type {string[]} */
let pages = [];

/** @returns {Language} */
function preferred() {
  const known = LANGUAGES.map(({ code }) => /** @type {string} */ (code));
  let kept = null;
  try {
    kept = localStorage.getItem(STORAGE_KEY);
  } catch {
    // Storage may be forbidden; the browser's language will do.
  }
  const wished = [kept ?? '', ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return /** @type {Language} */ (wished.find((code) => known.includes(code)) ?? 'fr');
}

/** @param {Language} code */
async function load(code) {
  const catalogues = await Promise.all(['common', ...pages].map((page) => import(`./i18n/${code}/${page}.js`)));
  words.value = Object.assign({}, ...catalogues.map((catalogue) => catalogue.default));
  document.documentElement.lang = code;
  document.documentElement.dir = LANGUAGES.find((known) => known.code === code)?.dir ?? 'ltr';
  language.value = code;
}

/** Loads the words of a page; call it once, before the first view. @param {...string} names e.g. 'till'; `errors` is one of them, or comes later */
export async function startWords(...names) {
  pages = names;
  await load(preferred());
}

/** Adds the words of a part that is loaded later; they follow the language like the others. @param {...string} names e.g. 'wallet-cards' */
export async function moreWords(...names) {
  const wanted = names.filter((name) => !pages.includes(name));
  if (wanted.length === 0) return;
  const code = language.value;
  const catalogues = await Promise.all(wanted.map((name) => import(`./i18n/${code}/${name}.js`)));
  if (language.value !== code) return moreWords(...names);
  pages = [...new Set([...pages, ...wanted])];
  words.value = Object.assign({}, words.value, ...catalogues.map((catalogue) => catalogue.default));
}

/** @param {Language} code */
export async function setLanguage(code) {
  try {
    localStorage.setItem(STORAGE_KEY, code);
  } catch {
    // The choice then lasts as long as the page.
  }
  await load(code);
}

/** Whether the catalogue has this key. @param {string} key */
export function hasWords(key) {
  return key in words.value;
}

/**
 * The sentence for a key, with `{name}` replaced. Where a plural matters, `n` chooses it.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const tag = language.value;
  const entry = words.value[key];
  if (entry === undefined) return key;
  let text;
  if (typeof entry === 'string') {
    text = entry;
  } else {
    const rule = new Intl.PluralRules(tag).select(Number(values.n ?? 0));
    text = entry[rule] ?? entry.other;
  }
  // In right-to-left text each value is isolated, so that "12,50 €" or a name keeps its own order.
  const isolate = document.documentElement.dir === 'rtl';
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    if (!(name in values)) return whole;
    return isolate ? `\u2068${values[name]}\u2069` : String(values[name]);
  });
}

/**
 * The sentence for what went wrong: by its code where the catalogue has one, else the server's own words.
 * @param {unknown} error a `Problem`, `Unreachable`, or `{code, detail}`
 */
export function sentenceFor(error) {
  const { code, detail } = /** @type {{code?: string, detail?: string}} */ (error ?? {});
  if (code && hasWords(`error.${code}`)) return t(`error.${code}`);
  if (code) return detail ? t('error.server_says', { detail }) : t('error.other', { code });
  if (error instanceof Error && error.constructor.name === 'Unreachable') return t('error.unreachable');
  return t('error.unexpected');
}
