// What 100,000 locks of one session cost the project's own server: CPU while they are kept, and memory.
import { setTimeout as pause } from 'node:timers/promises';
import { createLocks } from 'rxlock';
import { createLockServer } from 'rxlock/server';
import { socket } from 'rxlock/socket';
import { bench, quick } from './lib/bench.mjs';
import { each } from './lib/heap-of.mjs';
import { inTheirWords } from './lib/in-their-words.mjs';
import { compare } from './lib/lines.mjs';
import { forgetful } from './lib/lock-servers.mjs';
import { cost } from './lib/numbers.mjs';

const COUNT = quick ? 1000 : 100_000;
const TTL = 30_000;
const WINDOW = quick ? 500 : 15_000;

const percent = async () => {
  const { cpu, wall } = await cost(() => pause(WINDOW));
  return (100 * cpu) / wall;
};

const sides = {
  async server() {
    const server = await createLockServer(forgetful(0));
    return {
      url: () => `ws://127.0.0.1:${server.addresses.ws.port}`,
      percent,
      async heap() {
        for (let i = 0; i < 3; i++) {
          await pause(50);
          globalThis.gc();
        }
        return process.memoryUsage().heapUsed;
      },
    };
  },
  client() {
    const held = [];
    return {
      async hold(url) {
        const locks = inTheirWords(createLocks(socket({ url, fencing: false })));
        const names = Array.from({ length: COUNT }, (_, i) => `held-${i}`);
        held.push(...(await each(names, (name) => locks.hold(name, TTL))));
      },
      percent,
      lost: () => held.filter(({ believes }) => !believes()).length,
    };
  },
};

await bench(import.meta.url, {
  sides,
  async measure({ start, report }) {
    const [server, client] = [await start('server'), await start('client')];
    const before = await server.heap();
    await client.hold(await server.url());
    await pause(quick ? 0 : 2000);
    const bytes = ((await server.heap()) - before) / COUNT;
    const [mine, its] = await Promise.all([server.percent(), client.percent()]);
    const lost = await client.lost();
    if (lost > 0) throw new Error(`${lost} of ${COUNT} were lost`);
    const what = `${COUNT.toLocaleString('en')} held by one session, ttl 30 s`;
    report(compare({ what: `${what}: the server`, unit: '% of a core', ours: [mine], targets: [{ max: 1 }] }));
    report(compare({ what: `${what}: the client`, unit: '% of a core', ours: [its] }));
    report(
      compare({ what: `${what}: memory of the server`, unit: 'bytes each', ours: [bytes], targets: [{ max: 400 }] }),
    );
  },
});
