// Arabic words of tables and charts.

export default {
  'chart.table': 'الأرقام في جدول',
  'table.filter': 'ابحث في القائمة',
  'table.sort': 'رتّب حسب…',
  'table.csv': 'احفظ بصيغة CSV',
  'table.found': { zero: 'لا سطر', one: 'سطر واحد', two: 'سطران', few: '{n} أسطر', many: '{n} سطرًا', other: '{n} سطر' },
  'table.nothing_found': 'لا شيء مطابق',
  'table.clear': 'أظهر الكل',
  'table.first': 'أول {n} سطر من {all}. ابحث لترى البقية؛ وملف CSV يحتوي عليها كلها.',
};
