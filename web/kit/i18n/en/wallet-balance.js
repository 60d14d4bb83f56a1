// English words of what a shop’s balance is good for.

export default {
  'balance.title': 'My balance',
  'balance.spend': 'Spend it again',
  'balance.spend_text': 'The simplest way: no fee, and the money stays here.',
  'balance.no_suppliers': 'No shop has said yet that it supplies others.',
  'balance.all_places': 'All shops',
  'balance.euros': 'Turn it into euros',
  'balance.most': 'At most',
  'balance.arrives': 'Arrives by',
  'balance.promise': 'The association promises {days} days at most.',
  'balance.redeem': 'Turn into euros',
  'balance.books': 'For my books',
  'balance.books_text': 'The certificate of the year’s end says what you had on 31 December at midnight. One unit is worth one euro.',
  'balance.year': 'Year',
  'balance.certificate': 'Certificate (PDF)',
  'balance.statement': 'Statement of a period',
  'balance.saved': 'The certificate is saved.',
};
