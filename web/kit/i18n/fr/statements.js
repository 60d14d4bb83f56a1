// French words of statements.

export default {
  'paper.title': 'Relevé',
  'paper.text': 'Tous les mouvements d’une période, avec le solde avant et après.',
  'paper.period': 'Période',
  'paper.year': 'Année {year}',
  'paper.other': 'D’autres dates',
  'paper.from': 'Du',
  'paper.to': 'Au (inclus)',
  'paper.bad_days': 'Choisissez un premier jour, et un dernier jour qui ne vient pas avant.',
  'paper.pdf': 'PDF, à imprimer',
  'paper.csv': 'Pour un tableur (CSV)',
  'paper.saved': 'Le relevé est dans vos téléchargements.',
  'paper.what': 'Le relevé est complet ou refusé\u00a0: aucune ligne ne manque. Chaque ligne porte le numéro de sa transaction, que l’on peut vérifier.',
};
