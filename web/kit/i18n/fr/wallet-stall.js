// Payer à un stand : le panneau demande le montant.
export default {
  'stall.title': 'Payer au stand',
  'stall.amount': 'Combien payez-vous\u00a0?',
  'stall.words': 'Après le paiement, montrez les 4 signes au vendeur\u00a0: il voit les mêmes.',
  'stall.show': 'Montrez ces signes au vendeur',
  'stall.refused': 'Ce panneau ne va pas',
  'stall.fault_malformed': 'Ce n’est pas un panneau de cette monnaie, ou il est abîmé.',
  'stall.fault_bad_signature': 'La signature est fausse. Ne payez pas, et prévenez le commerce.',
  'stall.fault_bad_certificate': 'L’association ne dit pas à qui est ce panneau. Ne payez pas.',
  'stall.fault_other_key': 'Le nom est celui d’une autre caisse. Ne payez pas.',
  'stall.fault_certificate_ended': 'La caisse de ce stand ne s’est pas ouverte depuis une semaine. Demandez au commerce de l’ouvrir, puis scannez de nouveau.',
  'stall.fault_ended': 'Le commerce a retiré ce panneau.',
};
