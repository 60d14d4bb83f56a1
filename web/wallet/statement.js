// The member's own statement.

import { html } from '../vendor/lit-html/lit-html.js';
import { t } from '../kit/i18n.js';
import { resetStatement, statementForm } from '../kit/statement-form.js';
import { loading } from '../kit/ui.js';
import { frame } from './frame.js';
import { account, facts, openSession } from './state.js';

/** Leaving: the next visit begins anew. @param {string} name the screen that is shown now */
export function leaveStatement(name) {
  if (name !== 'statement') resetStatement();
}

export function statementView() {
  const mine = account.value;
  return frame({
    title: t('paper.title'), back: 'settings',
    body: mine ? html`<p>${t('paper.text')}</p>${statementForm({ account: mine.account, session: openSession(), prefix: facts().prefix })}<p class="small-text quiet-text">${t('paper.what')}</p>` : loading(),
  });
}
