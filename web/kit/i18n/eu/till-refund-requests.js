// Basque words of what customers ask a shop to give back. Unreviewed.

export default {
  'asked.title': 'Eskatutako itzulketak',
  'asked.words': 'Dendak erabakitzen du. Ez da ezer itzultzen zuk itzuli arte.',
  'asked.said': '«{reason}»',
  'asked.no_reason': 'Azalpenik gabe.',
  'asked.give': 'Itzuli {amount}',
  'asked.decline': 'Esan ezetz',
  'asked.decline_ask': 'Ezetz esan eskaera honi?',
  'asked.decline_text': 'Bezeroak zure erantzuna ikusiko du. Geroago ere itzul dezakezu.',
  'asked.declined': 'Erantzuna bidalita dago.',
  'asked.mark': 'Itzulketa eskatuta',
};
