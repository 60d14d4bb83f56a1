// French words of the office for members' devices.

export default {
  'device.who': 'Vérifiez qui est la personne\u00a0: pièce d’identité, et quelqu’un qui la connaît si possible.',
  'device.lost': 'Retirez tout de suite la clé de l’appareil perdu, dans «\u00a0Clés\u00a0».',
  'device.code': 'Sur son nouvel appareil, la personne ouvre le portefeuille, puis «\u00a0J’ai déjà un compte\u00a0» et «\u00a0Montrer le code de cet appareil\u00a0».',
  'device.scan': 'Scanner le code du nouvel appareil',
  'device.no_scan': 'Coller à la place',
  'device.hint': 'Le lien ou les 64 caractères que montre le nouvel appareil.',
  'device.no_code': 'Ce n’est pas le code d’un appareil.',
  'device.compare': 'Le nouvel appareil montre les mêmes caractères\u00a0:',
  'device.waits': 'Après les approbations, cet appareil attend {waits}. Les autres appareils du membre en sont prévenus et peuvent l’arrêter. Le compte, le solde et l’historique restent.',
  'device.hours': '{n} h',
  'device.minutes': '{n} min',
  'device.from': 'Attend jusqu’au {date}',
  'warn.add_key': 'L’identité de la personne est vérifiée, et les caractères sont les mêmes sur son appareil. Une clé donnée à la mauvaise personne peut dépenser tout le compte.',
  'warn.revoke_key': 'Cet appareil ne pourra plus rien voir ni payer. Si c’était le seul, la personne a besoin d’un nouvel appareil.',
};
