// The first screen of someone without a wallet: what it is, in three steps.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { now } from '../kit/api.js';
import { coinMark, icon } from '../kit/icons.js';
import { t } from '../kit/i18n.js';
import { banner, linkButton } from '../kit/ui.js';
import { frame } from './frame.js';
import { facts, strangers } from './state.js';
import { runningCampaign, tenGive } from './words.js';

/** What this is, and the two ways in. */
export function welcomeView() {
  const campaign = runningCampaign(now());
  return frame({
    language: true,
    body: html`
      <section class="welcome">
        ${coinMark({ size: 88 })}
        <h1>${t('welcome.title', { name: facts().name })}</h1>
        <p class="quiet-text">${t('welcome.text', { name: facts().name })}</p>
      </section>
      ${strangers.value > 0 ? banner({ tone: 'warning', text: t('welcome.strangers') }) : nothing}
      ${campaign ? html`<p class="campaign-line">${icon('gift')}<span>${t('campaign.ten_give', tenGive(campaign))}</span></p>` : nothing}
      <ol class="steps card">
        ${['key', 'paper', 'open'].map((name, i) => html`<li><span class="step-number" aria-hidden="true">${i + 1}</span><div><strong>${t(`welcome.${name}`)}</strong><p class="quiet-text">${t(`welcome.${name}_text`)}</p></div></li>`)}
      </ol>
      <div class="actions">
        ${linkButton({ label: t('welcome.start'), href: '#open=new', kind: 'primary', big: true, name: 'open-wallet' })}
        ${linkButton({ label: t('welcome.restore'), href: '#restore', kind: 'quiet', iconName: 'key', name: 'restore' })}
      </div>
      <p class="center small-text"><a href="/">${t('welcome.public')}</a></p>`,
  });
}

