/* Says plainly when a browser lacks what the pages need. A classic script in words that any browser reads; where nothing is missing it
   does nothing. It never touches what the browser keeps. */
(function () {
  'use strict';
  /** @type {string[]} */
  var missing = [];
  /** @param {string} name @param {() => unknown} there */
  function needs(name, there) {
    var found = false;
    try { found = Boolean(there()); } catch (_fault) { found = false; }
    if (!found) missing.push(name);
  }
  needs('https', function () { return window.isSecureContext !== false; });
  needs('JavaScript modules', function () { return 'noModule' in HTMLScriptElement.prototype; });
  needs('WebCrypto', function () { return window.isSecureContext === false || (window.crypto && crypto.subtle); });
  needs('IndexedDB', function () { return window.indexedDB; });
  needs('BigInt', function () { return window.BigInt; });
  needs('Streams', function () { return window.TextDecoderStream; });
  // What came with the same browsers as the syntax that the modules are written in.
  needs('ES2022', function () { return 'hasOwn' in Object && Array.prototype.at; });
  if (missing.length === 0) return;

  /** @type {[string, string, string, string, string][]} */
  var words = [
    ['fr', 'ltr', 'Ce navigateur est trop ancien pour cette page', 'Il lui manque :', 'Mettez-le à jour, ou ouvrez cette page avec une version récente de Firefox, Chrome, Edge ou Safari. Ce qui est gardé dans ce navigateur n’est pas touché.'],
    ['en', 'ltr', 'This browser is too old for this page', 'It lacks:', 'Update it, or open this page with a recent version of Firefox, Chrome, Edge or Safari. What is kept in this browser is not touched.'],
    ['eu', 'ltr', 'Nabigatzaile hau zaharregia da orri honetarako', 'Hau falta zaio:', 'Eguneratu, edo ireki orri hau Firefox, Chrome, Edge edo Safari bertsio berri batekin. Nabigatzaile honetan gordeta dagoena ez da ukitzen.'],
    ['ar', 'rtl', 'هذا المتصفح قديم جدًا لهذه الصفحة', 'ينقصه:', 'حدّث المتصفح، أو افتح هذه الصفحة بإصدار حديث من Firefox أو Chrome أو Edge أو Safari. ما هو محفوظ في هذا المتصفح لا يُمس.'],
  ];
  /** @param {Element} parent @param {string} name @param {string} text */
  function add(parent, name, text) {
    var element = document.createElement(name);
    element.textContent = text;
    parent.appendChild(element);
    return element;
  }
  function show() {
    var page = document.getElementById('page');
    if (page) page.hidden = true;
    var main = document.createElement('main');
    main.className = 'page';
    main.id = 'old-browser';
    for (var i = 0; i < words.length; i++) {
      var part = document.createElement('section');
      part.className = 'card stack tight';
      part.lang = words[i][0];
      part.dir = words[i][1];
      add(part, i === 0 ? 'h1' : 'h2', words[i][2]);
      add(part, 'p', words[i][3] + ' ' + missing.join(', ') + '.');
      add(part, 'p', words[i][4]);
      main.appendChild(part);
    }
    document.body.appendChild(main);
  }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', show);
  else show();
})();
