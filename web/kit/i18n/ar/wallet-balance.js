// Arabic words of what a shop’s balance is good for. Unreviewed.

export default {
  'balance.title': 'رصيدي',
  'balance.spend': 'أنفقه من جديد',
  'balance.spend_text': 'هذا هو الأسهل: بلا رسوم، والمال يبقى هنا.',
  'balance.no_suppliers': 'لم يقل أي متجر بعد إنه يزوّد متاجر أخرى.',
  'balance.all_places': 'كل المتاجر',
  'balance.euros': 'حوّله إلى يورو',
  'balance.most': 'كحد أقصى',
  'balance.arrives': 'في حسابك في موعد أقصاه',
  'balance.promise': 'تعد الجمعية بمدة أقصاها {days} أيام.',
  'balance.redeem': 'حوّل إلى يورو',
  'balance.books': 'لمحاسبتي',
  'balance.books_text': 'شهادة نهاية السنة تبيّن ما كان لديك في 31 ديسمبر عند منتصف الليل. الوحدة تساوي يورو واحدًا.',
  'balance.year': 'السنة',
  'balance.certificate': 'الشهادة (PDF)',
  'balance.statement': 'كشف فترة',
  'balance.saved': 'تم حفظ الشهادة.',
};
