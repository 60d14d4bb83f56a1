// Kutxaren menuko hitzak. Hiztun batek ez ditu oraindik irakurri.
export default {
  'more.title': 'Gehiago',
  'more.work': 'Salmahaian',
  'more.books': 'Arratsean',
  'more.setup': 'Ezarpenak',
  'more.only_till': 'Dendaren kutxentzat bakarrik',
  'more.only_full': 'Dendaren gakoarentzat bakarrik',
  'more.not_in_training': 'Ez entrenatzen den bitartean',
  'more.right_settings': 'Ezarpenak alda ditzaketenentzat',
  'more.right_close': 'Itxiera egin dezaketenentzat',
  'more.right_refund': 'Itzul dezaketenentzat',
  'more.right_discount': 'Deskontuak egin ditzaketenentzat',
};
