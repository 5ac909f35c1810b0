// One lock, three protocols: an OctoStore client takes it over HTTP, a dflockd client waits for it over TCP, and a tab of a
// browser watches it over a WebSocket. `npm install -D playwright-core`, and Chromium.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import { DistributedLock } from 'rxlock/compat/dflockd';
import { OctoStoreClient } from 'rxlock/compat/octostore';
import { createLockServer } from 'rxlock/server';

const NAME = 'nightly-report';

// A web server for the page of the tab. The browser loads rxlock as it is, with a map of its modules.
const require = createRequire(import.meta.url);
const rxjs = require.resolve('rxjs/package.json');
const packages: Record<string, string> = {
  rxlock: dirname(require.resolve('rxlock/package.json')),
  rxjs: dirname(rxjs),
  tslib: dirname(createRequire(rxjs).resolve('tslib/package.json')),
};
const imports = {
  rxlock: '/rxlock/dist/index.js',
  'rxlock/socket': '/rxlock/dist/socket.browser.js',
  rxjs: '/rxjs/dist/esm/index.js',
  tslib: '/tslib/tslib.es6.js',
};
const page = (url: string): string => `<!doctype html><title>${NAME}</title><ol></ol>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
  import { createLocks } from 'rxlock';
  import { socket } from 'rxlock/socket';
  const locks = createLocks(socket({ url: '${url}', fencing: false }));
  locks.watch$('${NAME}').subscribe(({ status, holder = 'nobody' }) => {
    document.querySelector('ol').append(Object.assign(document.createElement('li'), { textContent: status + ': ' + holder }));
  });
</script>`;
let locksUrl = '';
const web = createServer(({ url = '/' }, response) => {
  const [, name = '', ...path] = url.split('/');
  if (name === '') return void response.setHeader('content-type', 'text/html').end(page(locksUrl));
  const file = join(packages[name] ?? '/nowhere', ...path);
  const found = [file, `${file}.js`, join(file, 'index.js')].find((one) => extname(one) === '.js' && existsSync(one));
  if (found === undefined) return void response.writeHead(404).end();
  createReadStream(found).pipe(response.setHeader('content-type', 'text/javascript'));
});
await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${String((web.address() as AddressInfo).port)}`;

// One server of locks, three doors. A real one keeps its locks in a folder: `data`.
const server = await createLockServer({
  ws: 0,
  http: 0,
  dflockd: 0,
  dialect: 'documents',
  origins: [origin],
  ephemeral: { wait: false, fencing: true },
});
const { ws, http, dflockd } = server.addresses;
if (!ws || !http || !dflockd) throw new Error('a door is closed');
locksUrl = ws.url;

// The tab watches.
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const tab = await browser.newPage();
await tab.goto(origin);
const seen = async (text: string): Promise<void> => {
  const line = tab.locator('li').last().filter({ hasText: text });
  await line.waitFor();
  console.log(`the tab sees: ${String(await line.textContent())}`);
};
await seen('free: nobody');

// Over HTTP.
const octostore = new OctoStoreClient({ baseUrl: http.url, token: 'any' });
const { lease_id: lease } = await octostore.acquireLock(NAME, 60);
console.log('the OctoStore client has the lock');
await seen('held: ');

// Over TCP.
const lock = new DistributedLock({ key: NAME, host: dflockd.host, port: dflockd.port, acquireTimeoutS: 10 });
const waiting = lock.acquire();
await octostore.releaseLock(NAME, lease ?? '');
console.log(`the OctoStore client gives it back; the dflockd client gets it: ${String(await waiting)}`);
await seen('held: dflockd');
await lock.release();
await seen('free: nobody');

await browser.close();
await server.close();
web.close();
