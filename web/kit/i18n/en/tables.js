// English words of tables and charts.

export default {
  'chart.table': 'The figures as a table',
  'table.filter': 'Search this list',
  'table.sort': 'Sort by…',
  'table.csv': 'Save as CSV',
  'table.found': { one: '{n} row found', other: '{n} rows found' },
  'table.nothing_found': 'Nothing matches',
  'table.clear': 'Show everything',
  'table.first': 'The first {n} rows of {all}. Search to see the others; the CSV file holds them all.',
};
