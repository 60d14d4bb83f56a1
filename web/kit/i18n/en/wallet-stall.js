// Paying at a stall: the sign asks for the amount.
export default {
  'stall.title': 'Pay at the stall',
  'stall.amount': 'How much do you pay?',
  'stall.words': 'After paying, show the 4 signs to the seller, who sees the same.',
  'stall.show': 'Show these signs to the seller',
  'stall.refused': 'This sign does not work',
  'stall.fault_malformed': 'This is no sign of this currency, or it is damaged.',
  'stall.fault_bad_signature': 'The signature is wrong. Do not pay, and tell the shop.',
  'stall.fault_bad_certificate': 'The association does not say whose sign this is. Do not pay.',
  'stall.fault_other_key': 'The name is another till’s. Do not pay.',
  'stall.fault_certificate_ended': 'The till of this stall has not been opened for a week. Ask the shop to open it, then scan again.',
  'stall.fault_ended': 'The shop took this sign down.',
};
