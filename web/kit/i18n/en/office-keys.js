// English words of the office for members' devices.

export default {
  'device.who': 'Check who the person is: an identity document, and somebody who knows them if possible.',
  'device.lost': 'Take the lost device’s key off at once, under “Keys”.',
  'device.code': 'On the new device the person opens the wallet, then “I already have an account” and “Show this device’s code”.',
  'device.scan': 'Scan the new device’s code',
  'device.no_scan': 'Paste instead',
  'device.hint': 'The link or the 64 characters that the new device shows.',
  'device.no_code': 'This is not the code of a device.',
  'device.compare': 'The new device shows the same characters:',
  'device.waits': 'After the approvals this device waits {waits}. The member’s other devices are told and can stop it. Account, balance and history stay.',
  'device.hours': '{n} h',
  'device.minutes': '{n} min',
  'device.from': 'Waits until {date}',
  'warn.add_key': 'The person’s identity was checked, and the characters are the same on their device. A key given to the wrong person can spend the whole account.',
  'warn.revoke_key': 'This device can no longer see or pay anything. If it was the only one, the person needs a new device.',
};
