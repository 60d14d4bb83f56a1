// Basque words of statements. Unreviewed.

export default {
  'statement.title': 'Laburpena',
  'statement.text': 'Epe bateko mugimendu guztiak, aurreko eta ondorengo saldoarekin.',
  'statement.period': 'Epea',
  'statement.year': '{year}. urtea',
  'statement.other': 'Beste data batzuk',
  'statement.from': 'Hasiera',
  'statement.to': 'Amaiera (barne)',
  'statement.bad_days': 'Aukeratu lehen eguna, eta haren aurretik ez datorren azken eguna.',
  'statement.pdf': 'PDFa, inprimatzeko',
  'statement.csv': 'Kalkulu-orrirako (CSV)',
  'statement.saved': 'Laburpena zure deskargetan dago.',
  'statement.what': 'Laburpena osoa da, edo ukatua: ez da lerrorik falta. Lerro bakoitzak bere transakzioaren zenbakia du, egiaztatu daitekeena.',
};
