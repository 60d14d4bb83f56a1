// Basque words of tables and charts. Not reviewed yet.

export default {
  'chart.table': 'Zenbakiak taulan',
  'table.filter': 'Bilatu zerrendan',
  'table.sort': 'Ordenatu honen arabera…',
  'table.csv': 'Gorde CSV gisa',
  'table.found': { one: 'Lerro {n} aurkitu da', other: '{n} lerro aurkitu dira' },
  'table.nothing_found': 'Ez dago horrelakorik',
  'table.clear': 'Erakutsi dena',
  'table.first': 'Lehen {n} lerroak, guztira {all}. Bilatu besteak ikusteko; CSV fitxategiak guztiak ditu.',
};
