// French words of statements.

export default {
  'statement.title': 'Relevé',
  'statement.text': 'Tous les mouvements d’une période, avec le solde avant et après.',
  'statement.period': 'Période',
  'statement.year': 'Année {year}',
  'statement.other': 'D’autres dates',
  'statement.from': 'Du',
  'statement.to': 'Au (inclus)',
  'statement.bad_days': 'Choisissez un premier jour, et un dernier jour qui ne vient pas avant.',
  'statement.pdf': 'PDF, à imprimer',
  'statement.csv': 'Pour un tableur (CSV)',
  'statement.saved': 'Le relevé est dans vos téléchargements.',
  'statement.what': 'Le relevé est complet ou refusé\u00a0: aucune ligne ne manque. Chaque ligne porte le numéro de sa transaction, que l’on peut vérifier.',
};
