// Postu batean ordaintzea. Unreviewed.
export default {
  'stall.title': 'Ordaindu postuan',
  'stall.amount': 'Zenbat ordaintzen duzu?',
  'stall.words': 'Ordaindu ondoren, erakutsi 4 ikurrak saltzaileari: berdinak ikusten ditu.',
  'stall.show': 'Erakutsi ikur hauek saltzaileari',
  'stall.refused': 'Seinale honek ez du balio',
  'stall.fault_malformed': 'Ez da diru honen seinalea, edo hondatuta dago.',
  'stall.fault_bad_signature': 'Sinadura okerra da. Ez ordaindu, eta abisatu dendari.',
  'stall.fault_bad_certificate': 'Elkarteak ez du esaten seinale hau norena den. Ez ordaindu.',
  'stall.fault_other_key': 'Izena beste kutxa batena da. Ez ordaindu.',
  'stall.fault_certificate_ended': 'Postu honetako kutxa ez da astebetez ireki. Eskatu dendari irekitzeko, eta eskaneatu berriro.',
  'stall.fault_ended': 'Dendak seinale hau kendu du.',
};
