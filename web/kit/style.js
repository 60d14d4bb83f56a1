// Style sheets of screens that are loaded when they are opened.

/** @type {Map<string, Promise<void>>} */
const sheets = new Map();

/** Loads a style sheet once, and waits until it holds. @param {string} path @returns {Promise<void>} */
export function addStyle(path) {
  const known = sheets.get(path) ?? new Promise((resolve, reject) => {
    const sheet = document.createElement('link');
    sheet.rel = 'stylesheet';
    sheet.href = path;
    sheet.onload = () => resolve(undefined);
    sheet.onerror = () => {
      sheet.remove();
      sheets.delete(path);
      reject(new TypeError('a style sheet could not be loaded'));
    };
    document.head.append(sheet);
  });
  sheets.set(path, known);
  return known;
}
