// The words of the till's menu.
export default {
  'more.title': 'More',
  'more.work': 'At the counter',
  'more.books': 'In the evening',
  'more.setup': 'Settings',
  'more.only_till': 'Only for tills of the shop',
  'more.only_full': 'Only for the shop’s own key',
  'more.not_in_training': 'Not while training',
  'more.right_settings': 'For those who may change settings',
  'more.right_close': 'For those who may close the day',
  'more.right_refund': 'For those who may give back',
  'more.right_discount': 'For those who may give discounts',
};
