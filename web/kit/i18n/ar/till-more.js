// كلمات قائمة الصندوق. لم يراجعها متحدث بعد.
export default {
  'more.title': 'المزيد',
  'more.work': 'عند الصندوق',
  'more.books': 'في المساء',
  'more.setup': 'الإعدادات',
  'more.only_till': 'لصناديق المحل فقط',
  'more.only_full': 'لمفتاح المحل فقط',
  'more.not_in_training': 'ليس أثناء التدريب',
  'more.right_settings': 'لمن يحق له تغيير الإعدادات',
  'more.right_close': 'لمن يحق له الإقفال',
  'more.right_refund': 'لمن يحق له ردّ المال',
  'more.right_discount': 'لمن يحق له التخفيض',
};
