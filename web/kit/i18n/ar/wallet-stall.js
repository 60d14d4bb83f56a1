// الدفع عند كشك. Unreviewed.
export default {
  'stall.title': 'الدفع عند الكشك',
  'stall.amount': 'كم تدفع؟',
  'stall.words': 'بعد الدفع اعرض العلامات الأربع على البائع: فهو يرى مثلها.',
  'stall.show': 'اعرض هذه العلامات على البائع',
  'stall.refused': 'هذه اللافتة لا تصلح',
  'stall.fault_malformed': 'ليست لافتة لهذه العملة أو أنها تالفة.',
  'stall.fault_bad_signature': 'التوقيع خاطئ. لا تدفع وأخبر المتجر.',
  'stall.fault_bad_certificate': 'لا تقول الجمعية لمن هذه اللافتة. لا تدفع.',
  'stall.fault_other_key': 'الاسم لصندوق آخر. لا تدفع.',
  'stall.fault_certificate_ended': 'لم يُفتح صندوق هذا الكشك منذ أسبوع. اطلب من المتجر فتحه ثم امسح من جديد.',
  'stall.fault_ended': 'أزال المتجر هذه اللافتة.',
};
