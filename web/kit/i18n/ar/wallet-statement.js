// Arabic words of statements. Unreviewed.

export default {
  'statement.title': 'كشف الحساب',
  'statement.text': 'كل حركات فترة ما، مع الرصيد قبلها وبعدها.',
  'statement.period': 'الفترة',
  'statement.year': 'سنة {year}',
  'statement.other': 'تواريخ أخرى',
  'statement.from': 'من',
  'statement.to': 'إلى (ضمنًا)',
  'statement.bad_days': 'اختر يومًا أول، ويومًا أخيرًا لا يسبقه.',
  'statement.pdf': 'PDF للطباعة',
  'statement.csv': 'لجدول بيانات (CSV)',
  'statement.saved': 'الكشف في تنزيلاتك.',
  'statement.what': 'الكشف كامل أو مرفوض: لا ينقص منه أي سطر. في كل سطر رقم معاملته الذي يمكن التحقق منه.',
};
