// Arabic words of whether a shop's tills write tickets. Unreviewed.

export default {
  'row.register': 'الإيصالات',
  'row.register_note': 'هل هذا الصندوق هو آلة المحاسبة لديك؟',
  'register.is_on': 'هذا الصندوق يصدر إيصالات',
  'register.is_on_words': 'لكل بيع إيصال مرقّم وموقّع ولكل يوم إقفال. لا يمكن محو شيء منه.',
  'register.is_off': 'لديّ آلة محاسبة أصلًا',
  'register.is_off_words': 'هذا الصندوق يستلم المدفوعات فقط. إيصالاتك تصدر من الآلة الأخرى.',
  'register.facts_missing': 'اسمك أو عنوانك غير مكتوب على الإيصالات.',
  'register.facts_there': 'اكتب أولًا بياناتك القانونية عند الصندوق: «المزيد» ثم «البيانات القانونية».',
  'register.turn_on': 'أصدر الإيصالات هنا',
  'register.turn_off': 'لا تصدر إيصالات هنا بعد الآن',
  'register.elsewhere': 'يُغيَّر هذا بمفتاح المحل: في محفظته افتح «الصناديق».',
};
