// What counts as the ledger's "no". Only a whole problem with one of these codes says that an order was not accepted;
// anything else that comes back (a proxy's page, a sign-in page, a fault of a machine) says nothing about the order.

import { Problem } from './api.js';

/** The rejections of FORMATS.md, and the faults of a message that cannot be read. A test holds them to their sources. */
export const REFUSALS = new Set(`
already_recorded checkpoint_key_absent time_reversed expired valid_too_long genesis_misplaced genesis_invalid
operator_unknown proposal_unknown role_insufficient own_benefit too_many_proposals proposal_lapsed approved_twice
evidence_used account_unknown account_closed account_suspended key_not_of_account key_not_yet scope_insufficient
scope_payment_limit scope_day_limit self_opening_refused account_exists key_present too_many_keys last_full_key
account_not_empty level_unknown not_suspended original_unknown same_payer_and_payee payee_unknown payee_closed
payee_suspended collect_other_payee charge_too_far charge_expired charge_answered transfers_empty limit_per_payment
limit_paid_30_days standing_absent balance_insufficient refund_exceeds not_professional not_association fee_exceeds_amount total_too_large
bank_unknown bank_exists wrong_medium credit_unknown credit_known credit_differs credit_used redemption_unknown
redemption_state gift_unknown gift_period gift_given too_many_given fund_short limit_held cover_insufficient bank_funds_insufficient own_insufficient
receivable_exceeds campaign_unknown campaign_version campaign_bank_fixed campaign_money_insufficient
too_many_campaigns fee_version gift_version too_many_gifts notes_insufficient pledge_insufficient not_correctable checkpoint_key_used
rule_set_unknown operator_key_used quorum_impossible
malformed not_canonical too_large out_of_bounds weak_key bad_signature
`.trim().split(/\s+/));

/** The opposite of a refusal: the order is in the ledger, and its receipt has yet to come. */
const DONE_BEFORE = 'already_recorded';

/** @param {unknown} error @returns {error is Problem} */
export function isRefusal(error) {
  return error instanceof Problem && error.whole && error.status >= 400 && error.status < 500 && error.code !== DONE_BEFORE && REFUSALS.has(error.code);
}
