// A server in front of the program, at its own address, that can serve other pages than the program was built with: the next release.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';

const sha256 = (/** @type {Buffer} */ bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * @typedef {{path: string, hash: string}} File
 * @typedef {{url: string, asked: string[], release: (changes: Record<string, (text: string) => string>) => Promise<void>,
 *   lie: (path: string) => void, stop: () => Promise<void>}} Front
 */

/**
 * @param {string} node the program's address
 * @returns {Promise<Front>} `release` serves these files changed, and the lists with them; `lie` then serves another file than the list says;
 *   `asked` are the paths that were asked for
 */
export async function startFront(node) {
  /** @type {Map<string, Buffer>} */
  const changed = new Map();
  /** @type {string[]} */
  const asked = [];
  const server = createServer((incoming, answer) => {
    const path = new URL(incoming.url ?? '/', node).pathname;
    asked.push(path);
    const own = changed.get(path);
    const headers = { ...incoming.headers, host: new URL(node).host };
    const onward = request(new URL(incoming.url ?? '/', node), { method: incoming.method, headers }, (said) => {
      if (!own) {
        answer.writeHead(said.statusCode ?? 502, said.headers);
        said.pipe(answer);
        return;
      }
      said.resume();
      const { 'content-encoding': _packed, 'transfer-encoding': _parts, etag: _tag, ...kept } = said.headers;
      answer.writeHead(200, { ...kept, 'content-length': own.length });
      answer.end(own);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    // What is changed is not asked for under the old tag.
    if (own) onward.removeHeader('if-none-match');
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const fetchBytes = async (/** @type {string} */ path) => Buffer.from(await (await fetch(node + path)).arrayBuffer());
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    async release(changes) {
      for (const [path, change] of Object.entries(changes)) changed.set(path, Buffer.from(change((await fetchBytes(path)).toString())));
      for (const page of ['wallet', 'till', 'verify']) {
        const list = JSON.parse((await fetchBytes(`/${page}/files.json`)).toString());
        const files = list.files.map((/** @type {File} */ file) => {
          const other = changed.get(file.path);
          return other ? { ...file, hash: sha256(other) } : file;
        });
        changed.set(`/${page}/files.json`, Buffer.from(JSON.stringify({ version: sha256(Buffer.from(JSON.stringify(files))).slice(0, 16), files })));
      }
    },
    lie: (path) => { changed.set(path, Buffer.from('// something else')); },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
