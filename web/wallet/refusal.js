// How a refused payment is told. A refusal is about one signed order: it says that this order paid nothing, and no more.

/**
 * The keys of its headline and, where the sentence of the code alone would mislead, of its text.
 * @param {{code: string}} answer
 * @returns {{title: string, text: string | null}}
 */
export function refusalWords({ code }) {
  return code === 'charge_answered' ? { title: 'send.already_paid', text: 'send.already_paid_text' } : { title: 'send.not_paid', text: null };
}
