// The words of the till's menu.
export default {
  'more.title': 'More',
  'more.work': 'At the counter',
  'more.books': 'In the evening',
  'more.setup': 'Settings',
  'more.only_till': 'Only for tills of the shop',
  'more.only_full': 'Only for the shop’s own key',
};
