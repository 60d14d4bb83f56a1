// What a redemption costs this account.

import { feeOn } from '../kit/money.js';
import { account, facts } from './state.js';

/** The fee on a sum, in cents; groups that pay none pay none. @param {number} cents */
export function feeFor(cents) {
  const rule = facts().fee;
  const exempt = (rule?.exempt ?? []).some((group) => account.value?.groups.includes(group));
  return rule && !exempt ? feeOn(cents, rule) : 0;
}
