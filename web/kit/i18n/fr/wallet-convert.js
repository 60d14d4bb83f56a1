// French words of a campaign’s conditions.

export default {
  'campaign.conditions': 'Conditions du bonus',
  'campaign.per_person': 'Au plus {cap} de bonus par personne et par période.',
  'campaign.step': 'Au-dessus de {from} par virement\u00a0: {percent} de bonus.',
  'campaign.rate': '{percent} de bonus sur chaque euro.',
  'campaign.groups': 'Seulement pour les groupes que son financeur a choisis. Demandez à l’association.',
  'campaign.when_paid': 'Il compte au moment où vos euros arrivent, tant qu’il en reste.',
  'campaign.dates': 'Du {start} au {end}.',
  'campaign.budget': 'Il reste {left} dans son budget (arrondi à la centaine).',
  'convert.another': 'Convertir un autre montant',
  'order.step_announced': 'Annoncé\u00a0: faites maintenant le virement',
  'order.step_received': 'Vos euros sont arrivés',
  'order.step_converted': 'Vos unités sont dans votre portefeuille',
};
