// English words of statements.

export default {
  'statement.title': 'Statement',
  'statement.text': 'Every movement of a period, with the balance before and after.',
  'statement.period': 'Period',
  'statement.year': 'Year {year}',
  'statement.other': 'Other dates',
  'statement.from': 'From',
  'statement.to': 'To (included)',
  'statement.bad_days': 'Choose a first day, and a last day that does not come before it.',
  'statement.pdf': 'PDF, to print',
  'statement.csv': 'For a spreadsheet (CSV)',
  'statement.saved': 'The statement is among your downloads.',
  'statement.what': 'A statement is whole or refused: no line is missing. Each line has the number of its transaction, which can be verified.',
};
