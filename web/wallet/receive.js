// My QR: the account as a link, for whoever wants to pay it.

import { html } from '../vendor/lit-html/lit-html.js';
import { groupAccount } from '../kit/bech32m.js';
import { qrView } from '../kit/qr.js';
import { button, copyButton, loading } from '../kit/ui.js';
import { t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { account } from './state.js';

export function receiveView() {
  const mine = account.value;
  if (!mine) return frame({ title: t('receive.title'), back: '', body: loading() });
  const href = `${location.origin}/wallet/#to=${mine.account}`;
  return frame({
    title: t('receive.title'), back: '',
    body: html`
      <section class="card stack center">
        ${mine.name ? html`<h2><bdi>${mine.name}</bdi></h2>` : ''}
        ${qrView(href, { label: t('receive.label') })}
        <p class="code receive-account" dir="ltr" data-name="account">${groupAccount(mine.account)}</p>
      </section>
      <p class="quiet-text center">${t('receive.text')}</p>
      <div class="cluster centered no-print">${copyButton(mine.account, t('receive.copy_account'))}${copyButton(href, t('receive.copy_link'))}
        ${button({ label: t('action.print'), kind: 'quiet', iconName: 'print', onClick: () => print() })}</div>`,
  });
}
