// Arabic words of statements. Unreviewed.

export default {
  'paper.title': 'كشف الحساب',
  'paper.text': 'كل حركات فترة ما، مع الرصيد قبلها وبعدها.',
  'paper.period': 'الفترة',
  'paper.year': 'سنة {year}',
  'paper.other': 'تواريخ أخرى',
  'paper.from': 'من',
  'paper.to': 'إلى (ضمنًا)',
  'paper.bad_days': 'اختر يومًا أول، ويومًا أخيرًا لا يسبقه.',
  'paper.pdf': 'PDF للطباعة',
  'paper.csv': 'لجدول بيانات (CSV)',
  'paper.saved': 'الكشف في تنزيلاتك.',
  'paper.what': 'الكشف كامل أو مرفوض: لا ينقص منه أي سطر. في كل سطر رقم معاملته الذي يمكن التحقق منه.',
};
