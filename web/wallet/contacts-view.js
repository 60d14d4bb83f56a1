// The people that this device knows: whom to pay without typing an account.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { decodeAccount, groupAccount, shortAccount } from '../kit/bech32m.js';
import { icon } from '../kit/icons.js';
import { ask, button, empty, field, linkButton, toast } from '../kit/ui.js';
import { t } from '../kit/i18n.js';
import { NAME_CHARACTERS, contactName, contacts, dropContact, keepContact } from './contacts.js';
import { frame } from './frame.js';
import { go, replace } from './route.js';
import { accountText, facts } from './state.js';

export function contactsView() {
  const known = contacts.value;
  return frame({
    title: t('contacts.title'), back: '',
    body: html`
      ${known.length === 0 ? empty({ iconName: 'people', title: t('contacts.none'), text: t('contacts.none_text') })
        : html`<ul class="list" data-name="contacts">${known.map(({ account, name }) => html`<li class="contact">
            <a class="row" href="#to=${account}"><span class="row-icon in">${icon('person')}</span>
              <span class="row-words"><span class="row-title"><bdi>${name}</bdi></span><span class="row-note code"><bdi dir="ltr">${shortAccount(account)}</bdi></span></span></a>
            <a class="icon-button" href="#contact=${account}" aria-label=${t('contacts.change', { name })}>${icon('pen')}</a></li>`)}</ul>`}
      ${linkButton({ label: t('contacts.add'), href: '#contact', iconName: 'plus', name: 'add-contact' })}
      <p class="quiet-text small-text">${t('contacts.here')}</p>`,
  });
}

const name = signal('');
const to = signal('');
const fault = signal(/** @type {{field: 'to' | 'name', text: string} | null} */ (null));
let shown = '\u0000';

/** Leaving: the next visit starts anew. @param {string} screen the one that is shown now */
export function leaveContact(screen) {
  if (screen !== 'contact') shown = '\u0000';
}

/** One contact: a new one, or another name for it. @param {string} account empty for a new one */
export function contactView(account) {
  if (shown !== account) {
    shown = account;
    queueMicrotask(() => batch(() => {
      name.value = contactName(account) ?? '';
      to.value = account ? groupAccount(account) : '';
      fault.value = null;
    }));
  }
  const known = contactName(account);
  return frame({
    title: t(known ? 'contacts.one' : 'contacts.add'), back: 'contacts',
    body: html`<form class="stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void save(account); }}>
      ${field({ name: 'contact-name', label: t('contacts.name'), value: name.value, maxLength: NAME_CHARACTERS, autocomplete: 'off', fault: fault.value?.field === 'name' ? fault.value.text : null,
        onInput: (typed) => batch(() => { name.value = typed; fault.value = null; }) })}
      ${account ? html`<p class="code" dir="ltr">${groupAccount(account)}</p>`
        : field({ name: 'contact-account', label: t('contacts.account'), value: to.value, ltr: true, fault: fault.value?.field === 'to' ? fault.value.text : null,
          onInput: (typed) => batch(() => { to.value = typed; fault.value = null; }) })}
      <div class="actions">
        ${button({ label: t('contacts.save'), kind: 'primary', big: true, type: 'submit', name: 'contact-save' })}
        ${known ? button({ label: t('contacts.drop'), kind: 'quiet', iconName: 'trash', name: 'contact-drop', onClick: () => void drop(account, known) }) : nothing}
      </div></form>`,
  });
}

/** @param {string} account */
async function save(account) {
  const found = account || decodeAccount(to.value, facts().prefix);
  const called = name.value.trim();
  if (!called) fault.value = { field: 'name', text: t('contacts.name_missing') };
  else if (!found) fault.value = { field: 'to', text: t('give.bad_account') };
  else {
    await keepContact({ account: typeof found === 'string' ? found : accountText(found), name: called });
    toast(t('contacts.saved', { name: called }), 'good');
    replace('contacts');
  }
}

/** @param {string} account @param {string} called */
async function drop(account, called) {
  const sure = await ask({ title: t('contacts.drop_ask', { name: called }), text: t('contacts.drop_text'), confirm: t('contacts.drop'), iconName: 'trash' });
  if (!sure) return;
  await dropContact(account);
  go('contacts');
}
