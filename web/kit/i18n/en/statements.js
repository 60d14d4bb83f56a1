// English words of statements.

export default {
  'paper.title': 'Statement',
  'paper.text': 'Every movement of a period, with the balance before and after.',
  'paper.period': 'Period',
  'paper.year': 'Year {year}',
  'paper.other': 'Other dates',
  'paper.from': 'From',
  'paper.to': 'To (included)',
  'paper.bad_days': 'Choose a first day, and a last day that does not come before it.',
  'paper.pdf': 'PDF, to print',
  'paper.csv': 'For a spreadsheet (CSV)',
  'paper.saved': 'The statement is among your downloads.',
  'paper.what': 'A statement is whole or refused: no line is missing. Each line has the number of its transaction, which can be verified.',
};
