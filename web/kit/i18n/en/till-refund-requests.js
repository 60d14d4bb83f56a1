// English words of what customers ask a shop to give back.

export default {
  'asked.title': 'Refunds asked for',
  'asked.words': 'The shop decides. Nothing goes back until you refund it.',
  'asked.said': '“{reason}”',
  'asked.no_reason': 'Without an explanation.',
  'asked.give': 'Give back {amount}',
  'asked.decline': 'Say no',
  'asked.decline_ask': 'Say no to this request?',
  'asked.decline_text': 'The customer will see your answer. You can still refund later.',
  'asked.declined': 'Your answer is sent.',
  'asked.mark': 'Refund asked for',
};
