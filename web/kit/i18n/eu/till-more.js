// Kutxaren menuko hitzak. Hiztun batek ez ditu oraindik irakurri.
export default {
  'more.title': 'Gehiago',
  'more.work': 'Salmahaian',
  'more.books': 'Arratsean',
  'more.setup': 'Ezarpenak',
  'more.only_till': 'Dendaren kutxentzat bakarrik',
  'more.only_full': 'Dendaren gakoarentzat bakarrik',
};
