// Styles of a part that is loaded later: the first view does without them.

/** Resolves once the styles are there; a page without them can still be read. @param {string} path @returns {Promise<void>} */
export function loadStyle(path) {
  return new Promise((resolve) => {
    const sheet = document.createElement('link');
    sheet.rel = 'stylesheet';
    sheet.href = path;
    sheet.onload = sheet.onerror = () => resolve();
    document.head.append(sheet);
  });
}
