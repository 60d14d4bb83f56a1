// French words of whether a shop's tills write tickets.

export default {
  'row.register': 'Tickets de caisse',
  'row.register_note': 'Cette caisse est-elle votre caisse enregistreuse\u00a0?',
  'register.is_on': 'Cette caisse fait des tickets',
  'register.is_on_words': 'Chaque vente a son ticket numéroté et signé, chaque jour sa clôture. Rien ne peut en être effacé.',
  'register.is_off': 'J’ai déjà une caisse enregistreuse',
  'register.is_off_words': 'Cette caisse reçoit seulement les paiements. Vos tickets sortent de l’autre.',
  'register.facts_missing': 'Il manque votre nom ou votre adresse sur les tickets.',
  'register.facts_there': 'Écrivez d’abord vos mentions légales à la caisse\u00a0: «\u00a0Plus\u00a0», «\u00a0Mentions légales\u00a0».',
  'register.turn_on': 'Faire les tickets ici',
  'register.turn_off': 'Ne plus faire de tickets ici',
  'register.elsewhere': 'Cela se change avec la clé du commerce\u00a0: dans son portefeuille, ouvrez «\u00a0Caisses\u00a0».',
};
