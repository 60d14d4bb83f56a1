// Basque words of what a shop’s balance is good for. Unreviewed.

export default {
  'balance.title': 'Nire saldoa',
  'balance.spend': 'Berriz gastatu',
  'balance.spend_text': 'Errazena: gasturik gabe, eta dirua hemen gelditzen da.',
  'balance.no_suppliers': 'Oraindik ez du inork esan beste saltokiak hornitzen dituenik.',
  'balance.all_places': 'Saltoki guztiak',
  'balance.euros': 'Eurotara aldatu',
  'balance.most': 'Gehienez',
  'balance.arrives': 'Zure kontuan, beranduenez',
  'balance.promise': 'Elkarteak {days} egun agintzen ditu gehienez.',
  'balance.redeem': 'Eurotara aldatu',
  'balance.books': 'Nire kontabilitaterako',
  'balance.books_text': 'Urte amaierako ziurtagiriak abenduaren 31n gauerdian zenuena dio. Unitate batek euro bat balio du.',
  'balance.year': 'Urtea',
  'balance.certificate': 'Ziurtagiria (PDF)',
  'balance.statement': 'Aldi bateko laburpena',
  'balance.saved': 'Ziurtagiria gordeta dago.',
};
