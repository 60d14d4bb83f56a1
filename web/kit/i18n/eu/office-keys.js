// Basque words of the office for members' devices. Not read by a native speaker yet.

export default {
  'device.who': 'Egiaztatu nor den pertsona: nortasun-agiria, eta ahal bada ezagutzen duen norbait.',
  'device.lost': 'Kendu berehala galdutako gailuaren gakoa, “Gakoak” atalean.',
  'device.code': 'Gailu berrian pertsonak zorroa irekitzen du, gero “Badut kontu bat” eta “Erakutsi gailu honen kodea”.',
  'device.scan': 'Eskaneatu gailu berriaren kodea',
  'device.no_scan': 'Itsatsi horren ordez',
  'device.hint': 'Gailu berriak erakusten duen esteka edo 64 karaktereak.',
  'device.no_code': 'Hau ez da gailu baten kodea.',
  'device.compare': 'Gailu berriak karaktere berak erakusten ditu:',
  'device.waits': 'Onarpenen ondoren, gailu honek {waits} itxaroten du. Kidearen beste gailuei jakinarazten zaie eta geldi dezakete. Kontua, saldoa eta historia geratzen dira.',
  'device.hours': '{n} h',
  'device.minutes': '{n} min',
  'device.from': '{date} arte zain',
  'warn.add_key': 'Pertsonaren nortasuna egiaztatu da, eta karaktereak berdinak dira bere gailuan. Pertsona okerrari emandako gako batek kontu osoa gasta dezake.',
  'warn.revoke_key': 'Gailu honek ezingo du ezer ikusi ez ordaindu. Bakarra bazen, pertsonak gailu berri bat behar du.',
};
