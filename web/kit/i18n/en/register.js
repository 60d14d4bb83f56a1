// English words of whether a shop's tills write tickets.

export default {
  'row.register': 'Tickets',
  'row.register_note': 'Is this till your cash register?',
  'register.is_on': 'This till writes tickets',
  'register.is_on_words': 'Each sale has its numbered and signed ticket, each day its closing. Nothing of it can be erased.',
  'register.is_off': 'I have a cash register already',
  'register.is_off_words': 'This till only takes the payments. Your tickets come from the other.',
  'register.facts_missing': 'Your name or your address is missing on tickets.',
  'register.facts_there': 'Write your legal facts first, at the till: “More”, “Legal facts”.',
  'register.turn_on': 'Write the tickets here',
  'register.turn_off': 'Write no tickets here any more',
  'register.elsewhere': 'This is changed with the shop’s own key: in its wallet, open “Tills”.',
};
