// Basque words of a campaign’s conditions. Unreviewed.

export default {
  'campaign.conditions': 'Bonusaren baldintzak',
  'campaign.per_person': 'Gehienez {cap} bonus pertsona eta epe bakoitzeko.',
  'campaign.step': '{from}tik gora transferentzia batean: % {percent} bonus.',
  'campaign.rate': 'Euro bakoitzeko {percent} bonus.',
  'campaign.groups': 'Finantzatzaileak aukeratutako taldeentzat bakarrik. Galdetu elkarteari.',
  'campaign.when_paid': 'Zure euroak iristen direnean zenbatzen da, geratzen den bitartean.',
  'campaign.dates': '{start}tik {end}ra.',
  'campaign.budget': '{left} geratzen dira aurrekontuan (ehunekoetara biribilduta).',
  'convert.another': 'Beste zenbateko bat bihurtu',
  'order.step_announced': 'Iragarrita: egin orain transferentzia',
  'order.step_received': 'Zure euroak iritsi dira',
  'order.step_converted': 'Zure unitateak zorroan daude',
};
