// Every entry where JavaScript is all there is, as in a test runner's DOM that lacks half of what browsers have: nothing
// else is touched by loading it; and the locks of one process work with timers and an old AbortController alone.
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');
const vm = require('node:vm');

const dist = dirname(require.resolve('rxlock'));
const entries = [
  'index',
  'operators',
  'octostore',
  'octostore.browser',
  'compat-octostore',
  'compat-octostore.browser',
  'dflockd',
  'compat-dflockd',
  'socket',
  'socket.browser',
  'node-cron',
  'testing',
  'auto',
];

/** Loads files of ours in a realm of their own; what they import of others comes from here. */
function realm(globals) {
  const context = vm.createContext(globals);
  const loaded = new Map();
  return function load(file) {
    if (loaded.has(file)) return loaded.get(file).exports;
    const module = { exports: {} };
    loaded.set(file, module);
    const outer = createRequire(file);
    const inner = (id) => (id.startsWith('./') ? load(join(dirname(file), id)) : outer(id));
    const text = readFileSync(file, 'utf8').replace(/^#!.*/, '');
    vm.runInContext(`(function (module, exports, require) {${text}\n})`, context, { filename: file })(module, module.exports, inner);
    return module.exports;
  };
}

/** As Safari had it before 16: no reason, and nothing static. */
class OldController {
  signal = Object.assign(new EventTarget(), { aborted: false });

  abort() {
    if (this.signal.aborted) return;
    this.signal.aborted = true;
    this.signal.dispatchEvent(new Event('abort'));
  }
}

async function main() {
  for (const entry of entries) {
    const load = realm({});
    assert.ok(Object.keys(load(join(dist, `${entry}.js`))).length > 0, entry);
  }

  const { createLocks, memory } = realm({ setTimeout, clearTimeout, AbortController: OldController })(join(dist, 'index.js'));
  const backend = memory();
  const [locks, others] = [createLocks(backend), createLocks(backend)];
  const lease = await locks.acquire('a', '1s');
  const all = await locks.acquireAll(['b', 'c'], '1s');
  assert.equal(all.signal.aborted, false);
  const gone = new OldController();
  const waiting = others.acquire('a', '1s', { signal: gone.signal });
  gone.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  await all.release();
  assert.equal(all.signal.aborted, true);
  await lease.release();
  assert.throws(() => locks.lock$('ü'.repeat(200), '1s'), { code: 'ERR_LOCK_VALIDATION' });
  await Promise.all([locks.close(), others.close()]);
}

main().then(() => console.log('ok'));
