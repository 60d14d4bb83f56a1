// Les mots du menu de la caisse.
export default {
  'more.title': 'Plus',
  'more.work': 'Au comptoir',
  'more.books': 'Le soir',
  'more.setup': 'Réglages',
  'more.only_till': 'Réservé aux caisses du commerce',
  'more.only_full': 'Réservé à la clé du commerce',
  'more.not_in_training': 'Pas pendant l’entraînement',
  'more.right_settings': 'Pour qui peut changer les réglages',
  'more.right_close': 'Pour qui peut clôturer',
  'more.right_refund': 'Pour qui peut rembourser',
  'more.right_discount': 'Pour qui peut faire des remises',
};
