// The worker of this page; all of it is in kit/, and the page that it keeps is the folder that it lies in.
/** @type {any} */ (self).importScripts('/kit/keep-worker.js', '/kit/push-worker.js');
