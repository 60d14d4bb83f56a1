// كلمات قائمة الصندوق. لم يراجعها متحدث بعد.
export default {
  'more.title': 'المزيد',
  'more.work': 'عند الصندوق',
  'more.books': 'في المساء',
  'more.setup': 'الإعدادات',
  'more.only_till': 'لصناديق المحل فقط',
  'more.only_full': 'لمفتاح المحل فقط',
};
