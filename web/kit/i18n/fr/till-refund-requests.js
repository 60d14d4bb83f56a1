// French words of what customers ask a shop to give back.

export default {
  'asked.title': 'Remboursements demandés',
  'asked.words': 'C’est le commerce qui décide. Rien n’est rendu tant que vous ne remboursez pas.',
  'asked.said': '«\u00a0{reason}\u00a0»',
  'asked.no_reason': 'Sans explication.',
  'asked.give': 'Rendre {amount}',
  'asked.decline': 'Dire non',
  'asked.decline_ask': 'Dire non à cette demande\u00a0?',
  'asked.decline_text': 'Le client verra votre réponse. Vous pourrez encore rembourser plus tard.',
  'asked.declined': 'La réponse est envoyée.',
  'asked.mark': 'Remboursement demandé',
};
