// Files that a page gives to its reader: proofs, complaints, pictures.

/** Long enough for a browser to have begun the download. */
const RELEASE_MS = 60_000;

/** @param {string} name @param {Blob | Uint8Array<ArrayBuffer> | string} content @param {string} [type] */
export function saveFile(name, content, type = 'application/octet-stream') {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), RELEASE_MS);
}
