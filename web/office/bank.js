// The bank: files go in, lines come out, and each line finds its way into the ledger or is a question for a person.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../kit/i18n.js';
import { desk, place } from './state.js';
import { files, lines, readLines, statements } from './bank-data.js';
import { dropping, filesView, importView } from './bank-files.js';
import { linesView } from './bank-lines.js';
import { reconciliationView } from './bank-reconciliation.js';
import { acts } from './place.js';
import { roomTabs } from './rooms.js';

/** Reads what the page shows. */
export function enterBank() {
  if (!desk.peek()) return;
  const [page] = place.peek();
  if (page === 'files') for (const reading of [files, statements]) void reading.refresh();
  else if (page !== 'reconciliation') void readLines();
}

export function bankView() {
  const [page] = place.value;
  const waiting = lines.data.value?.counts;
  const view = page === 'reconciliation' ? reconciliationView : page === 'files' ? filesView : linesView;
  return html`<div class="bank ${dropping.value ? 'dropping' : ''}">
    <h1>${t('tab.bank')}</h1>
    ${acts() && page !== 'reconciliation' ? importView() : nothing}
    ${roomTabs('bank', [
      { name: 'lines', title: t('bank.lines'), count: waiting ? waiting.ready + waiting.question : 0 },
      { name: 'reconciliation', title: t('bank.reconciliation') },
      { name: 'files', title: t('bank.files') },
    ])}
    ${view()}
  </div>`;
}
