// How to put the wallet on the screen of a phone: by the browser's own question where it has one, else in words.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../kit/i18n.js';
import { installQuestion, isInstalled, kept } from '../kit/keep.js';
import { banner, button } from '../kit/ui.js';
import { frame } from './frame.js';

/** @returns {'apple' | 'android' | 'other'} */
function device() {
  const name = navigator.userAgent;
  if (/iPhone|iPad|iPod/.test(name) || (/Macintosh/.test(name) && navigator.maxTouchPoints > 1)) return 'apple';
  return /Android/.test(name) ? 'android' : 'other';
}

async function askBrowser() {
  const question = installQuestion.value;
  if (!question) return;
  await question.prompt();
  installQuestion.value = null;
}

export function installView() {
  const steps = device();
  return frame({
    title: t('install.title'), back: 'settings',
    body: isInstalled()
      ? banner({ tone: 'good', title: t('install.done'), text: t('install.done_text') })
      : html`<p>${t('install.text')}</p>
        ${installQuestion.value
          ? html`<div class="actions">${button({ label: t('install.do'), kind: 'primary', big: true, iconName: 'save', name: 'install', onClick: () => void askBrowser() })}</div>`
          : html`<ol class="steps card" data-name="install-steps" data-device=${steps}>${[1, 2, 3].map((n) => html`<li><span class="step-number" aria-hidden="true">${n}</span><p>${t(`install.${steps}_${n}`)}</p></li>`)}</ol>`}
        ${steps === 'apple' ? banner({ tone: 'warning', text: t('install.apple_key') }) : nothing}
        ${kept.value ? banner({ tone: 'good', text: t('install.kept') }) : nothing}`,
  });
}
