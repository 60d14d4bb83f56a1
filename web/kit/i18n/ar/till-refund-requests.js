// Arabic words of what customers ask a shop to give back. Unreviewed.

export default {
  'asked.title': 'طلبات الاسترجاع',
  'asked.words': 'القرار للمتجر. لا يُرجع شيء ما لم تُرجعه أنت.',
  'asked.said': '«{reason}»',
  'asked.no_reason': 'دون شرح.',
  'asked.give': 'إرجاع {amount}',
  'asked.decline': 'رفض',
  'asked.decline_ask': 'رفض هذا الطلب؟',
  'asked.decline_text': 'سيرى الزبون جوابك. يمكنك إرجاع المال لاحقًا.',
  'asked.declined': 'أُرسل جوابك.',
  'asked.mark': 'طُلب استرجاع',
};
