// Orders of this key that may still come into force. Whoever takes the key off the account makes them void.

import { computed } from '../vendor/signals-core/signals-core.js';
import { signedOffline } from './offline.js';
import { outbox } from './state.js';

/** Something was sent and has no answer, or was signed without network and is neither recorded nor over. */
export const unsettled = computed(() => signedOffline.value.length > 0 || outbox.value.some((sent) => sent.state === 'unknown'));
