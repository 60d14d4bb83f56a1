// Arabic words of a campaign’s conditions. Unreviewed.

export default {
  'campaign.conditions': 'شروط المكافأة',
  'campaign.per_person': 'على الأكثر {cap} مكافأة لكل شخص وفترة.',
  'campaign.step': 'فوق {from} في الحوالة الواحدة: {percent} مكافأة.',
  'campaign.rate': '{percent} مكافأة على كل يورو.',
  'campaign.groups': 'فقط للمجموعات التي اختارها الممول. اسأل الجمعية.',
  'campaign.when_paid': 'يُحسب لحظة وصول يوروهاتك، ما دام باقيًا.',
  'campaign.dates': 'من {start} إلى {end}.',
  'campaign.budget': 'بقي {left} من ميزانيتها (مقرّب إلى المئات).',
  'convert.another': 'تحويل مبلغ آخر',
  'order.step_announced': 'معلن: أجرِ الحوالة الآن',
  'order.step_received': 'وصلت يوروهاتك',
  'order.step_converted': 'وحداتك في محفظتك',
};
