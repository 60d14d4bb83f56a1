// English words of a campaign’s conditions.

export default {
  'campaign.conditions': 'Conditions of the bonus',
  'campaign.per_person': 'At most {cap} of bonus for each person and period.',
  'campaign.step': 'Above {from} in one transfer: {percent} of bonus.',
  'campaign.rate': '{percent} of bonus on each euro.',
  'campaign.groups': 'Only for the groups that its sponsor chose. Ask the association.',
  'campaign.when_paid': 'It counts when your euros arrive, as long as some is left.',
  'campaign.dates': 'From {start} to {end}.',
  'campaign.budget': '{left} are left of its budget (rounded to hundreds).',
  'convert.another': 'Convert another amount',
  'order.step_announced': 'Announced: now make the transfer',
  'order.step_received': 'Your euros have arrived',
  'order.step_converted': 'Your units are in your wallet',
};
