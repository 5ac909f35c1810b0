// A server with all fronts that keeps its locks: to be killed. Arguments: its directory, the ports of HTTP and dflockd, and how it is broken.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { DflockdFront } from '../../../../src/server/dflockd/dflockd-front.js';
import { checkOptions } from '../../../../src/server/dflockd/options.js';
import { Guesses } from '../../../../src/server/guesses.js';
import { checkLimits } from '../../../../src/server/limits.js';
import { Meters } from '../../../../src/server/meters.js';
import { NativeFront } from '../../../../src/server/native/native-front.js';
import { listen } from '../../../../src/server/net/listen.js';
import { OctostoreFront } from '../../../../src/server/octostore/octostore-front.js';
import { ANYBODY } from '../../../../src/server/principals.js';
import { ServerCore } from '../../../../src/server/server-core.js';
import { SILENT_LOG } from '../../../../src/server/server-log.js';
import { TokenPrincipals } from '../../../../src/server/token-principals.js';
import { openStore } from '../../../../src/server/store/open-store.js';
import { brokenLedger, type Break } from '../../support/broken-ledger.js';
import { userToken } from './kill-clients.js';

const [dir = '', http = '0', tcp = '0', how] = process.argv.slice(2);
const meters = new Meters();
const ledger = await openStore(dir);
const core = new ServerCore({}, undefined, undefined, {
  ledger: how === undefined ? ledger : brokenLedger(ledger, how as Break),
  meters,
});
const kit = {
  core,
  meters,
  principals: ANYBODY,
  guesses: new Guesses(core.timeouts),
  limits: checkLimits(),
  maxTtl: 3_600_000,
  log: SILENT_LOG,
  randomBytes,
};
const settings = checkOptions({ port: Number(tcp) });
const dflockd = new DflockdFront(core, settings.front, kit);
const native = new NativeFront(kit, {});
const users = Array.from({ length: 100 }, (_, user) => ({ name: `user-${String(user)}`, token: userToken(user) }));
const octostore = await OctostoreFront.open({ ...kit, principals: new TokenPrincipals(users) }, {});
await core.records.begin();
const server = createServer((request, response) => {
  octostore.request(request, response);
});
server.on('upgrade', (request, socket, head) => {
  native.upgrade(request, socket, head, () => undefined);
});
await listen(dflockd, settings.listen);
server.listen(Number(http), '127.0.0.1', () => {
  process.stdout.write('ready\n');
});
process.on('message', (message) => {
  if (message === 'count') process.send?.(meters.commits.count);
});
