// French words of tables and charts.

export default {
  'chart.table': 'Les chiffres en tableau',
  'table.filter': 'Chercher dans la liste',
  'table.sort': 'Trier par…',
  'table.csv': 'Enregistrer en CSV',
  'table.found': { one: '{n} ligne trouvée', other: '{n} lignes trouvées' },
  'table.nothing_found': 'Rien ne correspond',
  'table.clear': 'Tout montrer',
  'table.first': 'Les {n} premières lignes sur {all}. Cherchez pour voir les autres\u00a0; le fichier CSV les contient toutes.',
};
