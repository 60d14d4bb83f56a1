// Basque words of whether a shop's tills write tickets. Unreviewed.

export default {
  'row.register': 'Tiketak',
  'row.register_note': 'Kutxa hau zure kutxa erregistratzailea da?',
  'register.is_on': 'Kutxa honek tiketak egiten ditu',
  'register.is_on_words': 'Salmenta bakoitzak bere tiket zenbatu eta sinatua du, egun bakoitzak bere itxiera. Ezin da ezer ezabatu.',
  'register.is_off': 'Badut kutxa erregistratzailea',
  'register.is_off_words': 'Kutxa honek ordainketak bakarrik jasotzen ditu. Zure tiketak bestetik ateratzen dira.',
  'register.facts_missing': 'Zure izena edo helbidea falta da tiketetan.',
  'register.facts_there': 'Idatzi lehenik zure lege-datuak kutxan: «Gehiago», «Lege-datuak».',
  'register.turn_on': 'Egin tiketak hemen',
  'register.turn_off': 'Ez egin tiket gehiago hemen',
  'register.elsewhere': 'Hau dendaren gakoarekin aldatzen da: bere zorroan, ireki «Kutxak».',
};
