// French words of what a shop’s balance is good for.

export default {
  'balance.title': 'Mon solde',
  'balance.spend': 'Le dépenser à nouveau',
  'balance.spend_text': 'C’est le plus simple\u00a0: sans frais, et l’argent reste ici.',
  'balance.no_suppliers': 'Aucun commerce n’a encore dit qu’il fournit d’autres commerces.',
  'balance.all_places': 'Tous les commerces',
  'balance.euros': 'Le changer en euros',
  'balance.most': 'Au plus',
  'balance.arrives': 'Arrive au plus tard le',
  'balance.promise': 'L’association promet {days} jours au plus.',
  'balance.redeem': 'Changer en euros',
  'balance.books': 'Pour ma comptabilité',
  'balance.books_text': 'L’attestation de fin d’année dit ce que vous aviez le 31 décembre à minuit. Une unité vaut un euro.',
  'balance.year': 'Année',
  'balance.certificate': 'Attestation (PDF)',
  'balance.statement': 'Relevé d’une période',
  'balance.saved': 'L’attestation est enregistrée.',
};
