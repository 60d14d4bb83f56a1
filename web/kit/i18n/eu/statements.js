// Basque words of statements. Unreviewed.

export default {
  'paper.title': 'Laburpena',
  'paper.text': 'Epe bateko mugimendu guztiak, aurreko eta ondorengo saldoarekin.',
  'paper.period': 'Epea',
  'paper.year': '{year}. urtea',
  'paper.other': 'Beste data batzuk',
  'paper.from': 'Hasiera',
  'paper.to': 'Amaiera (barne)',
  'paper.bad_days': 'Aukeratu lehen eguna, eta haren aurretik ez datorren azken eguna.',
  'paper.pdf': 'PDFa, inprimatzeko',
  'paper.csv': 'Kalkulu-orrirako (CSV)',
  'paper.saved': 'Laburpena zure deskargetan dago.',
  'paper.what': 'Laburpena osoa da, edo ukatua: ez da lerrorik falta. Lerro bakoitzak bere transakzioaren zenbakia du, egiaztatu daitekeena.',
};
