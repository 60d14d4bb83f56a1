// A push service (RFC 8030) and a mail server (RFC 5321) of our own, on ports of this machine: they keep what they are sent.
import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { startServer, withWorld } from './harness.mjs';

/** @typedef {{headers: import('node:http').IncomingHttpHeaders, body: Buffer, path: string}} Pushed */

/** Waits for what comes one after the other. @template T */
class Queue {
  /** @type {T[]} */
  #here = [];
  /** @type {((one: T) => void)[]} */
  #waiting = [];

  /** @param {T} one */
  put(one) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(one);
    else this.#here.push(one);
  }

  /** @returns {Promise<T>} */
  next() {
    const here = this.#here.shift();
    return here === undefined ? new Promise((resolve) => { this.#waiting.push(resolve); }) : Promise.resolve(here);
  }
}

/** @param {import('node:net').Server} server */
async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

export async function startPushService() {
  /** @type {Queue<Pushed>} */
  const pushed = new Queue();
  const server = createServer((request, response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      pushed.put({ headers: request.headers, body: Buffer.concat(chunks), path: request.url ?? '' });
      response.writeHead(201).end();
    });
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  return { url, next: () => pushed.next(), stop: () => { server.closeAllConnections(); server.close(); } };
}

/** The claims of a word's VAPID token (RFC 8292), once its signature is found good; and the key, base64url. @param {Pushed} word */
export function vapidOf(word) {
  const [, token, key] = /^vapid t=([^,]+), k=(.+)$/.exec(word.headers.authorization ?? '') ?? [];
  if (!token) throw new Error(`no VAPID token: ${word.headers.authorization}`);
  const [header, claims, signature] = token.split('.');
  const point = Buffer.from(key, 'base64url');
  const part = (/** @type {number} */ from) => point.subarray(from, from + 32).toString('base64url');
  const signer = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: part(1), y: part(33) }, format: 'jwk' });
  const good = verify('sha256', Buffer.from(`${header}.${claims}`), { key: signer, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
  if (!good) throw new Error('the VAPID token has a bad signature');
  return { claims: JSON.parse(Buffer.from(claims, 'base64url').toString()), key };
}

/** Takes every mail, and no name or password. */
export async function startMailServer() {
  /** @type {Queue<{to: string, text: string}>} */
  const mails = new Queue();
  const server = createTcpServer((socket) => {
    let [rest, to] = ['', ''];
    /** @type {string[] | null} */
    let lines = null;
    const say = (/** @type {string} */ line) => socket.write(`${line}\r\n`);
    const hear = (/** @type {string} */ line) => {
      if (lines && line !== '.') { lines.push(line); return; }
      if (lines) {
        mails.put({ to, text: readable(lines) });
        lines = null;
        say('250 taken');
      } else if (/^EHLO/i.test(line)) say('250 8BITMIME');
      else if (/^RCPT/i.test(line)) { to = /<(.*)>/.exec(line)?.[1] ?? ''; say('250 ok'); }
      else if (/^DATA/i.test(line)) { lines = []; say('354 go on'); }
      else if (/^QUIT/i.test(line)) { say('221 bye'); socket.end(); }
      else say('250 ok');
    };
    say('220 mail.example');
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      const all = (rest + chunk).split('\r\n');
      rest = all.pop() ?? '';
      all.forEach(hear);
    });
  });
  const url = `smtp://127.0.0.1:${await listen(server)}`;
  return { url, next: () => mails.next(), stop: () => server.close() };
}

/**
 * A town whose node knows this push service and this mail server.
 * @param {(world: Parameters<Parameters<typeof withWorld>[0]>[0] & {push: Awaited<ReturnType<typeof startPushService>>, mail: Awaited<ReturnType<typeof startMailServer>>}) => Promise<void>} story
 */
export async function withPost(story) {
  const [push, mail] = await Promise.all([startPushService(), startMailServer()]);
  try {
    await withWorld(async (world) => {
      await world.server.stop();
      await appendFile(join(world.directory, 'data', 'liard.toml'), `push_hosts = "${push.url}"\nsmtp = "${mail.url}"\nmail_from = "Belrive <no-reply@belrive.example>"\n`);
      const again = await startServer(world.directory, [], new URL(world.server.url).host);
      try {
        await story({ ...world, push, mail });
      } catch (error) {
        console.error(again.log().slice(-4000));
        throw error;
      } finally {
        await again.stop();
      }
    });
  } finally {
    push.stop();
    mail.stop();
  }
}

/** The text of a mail without its transfer encoding. @param {string[]} lines */
function readable(lines) {
  const middle = lines.indexOf('');
  const [head, body] = [lines.slice(0, middle).join('\n'), lines.slice(middle + 1)];
  if (/encoding: base64/i.test(head)) return Buffer.from(body.join(''), 'base64').toString();
  if (!/encoding: quoted-printable/i.test(head)) return body.join('\n');
  const text = body.join('\n').replaceAll('=\n', '').replace(/=([0-9A-F]{2})/g, (_, digits) => String.fromCharCode(parseInt(digits, 16)));
  return Buffer.from(text, 'latin1').toString();
}
