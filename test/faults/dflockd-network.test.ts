import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { SILENCES, type Cut } from './support/cuts.js';
import { dflockdRows } from './support/dflockd-rows.js';
import { heldAndQueued, WAYS } from './support/queue-scene.js';
import type { DflockdStage } from './support/dflockd-stage.js';
import { handOver, keepOn, LONG, TTL } from './support/scene.js';

/** A holder believes in a lock for this part of what was confirmed. */
const SAFETY = 0.8;
/** What a busy machine may add to a bound. Milliseconds. */
const SLACK = 900;
/** The read timeout of the server, which a lock of ten minutes hangs on as well. Seconds. */
const READ = 2;

/** The holder's side of the connection breaks: it is told at once. */
const BREAKS: readonly Cut<DflockdStage>[] = [
  ['connections reset', ({ wire }) => wire.reset()],
  ['connections reset, then refused', ({ wire }) => wire.refuse()],
  ['reset that only the client saw', ({ wire }) => wire.sever('client')],
  ['broken in the middle of a renewal', ({ wire, name }) => wire.cut(`n\n${name}`, 'request', name.length + 10)],
  ['broken before the end of a renewal', ({ wire, name }) => wire.cut(`n\n${name}`, 'request', name.length + 37)],
  ['broken in the middle of a confirmation', ({ wire, name }) => wire.cut(`n\n${name}`, 'reply', 2)],
  ['broken before the end of a confirmation', ({ wire, name }) => wire.cut(`n\n${name}`, 'reply', 4)],
];

dflockdRows('dflockd on a bad network', (row) => {
  for (const { way, isQueued } of WAYS) {
    for (const [title, cut] of BREAKS) {
      row(`${title}, ${way}`, async (stage) => {
        const scene = await heldAndQueued(stage, { isQueued });
        await stage.strike(() => cut(stage));
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['connection']);
      });
    }

    for (const [title, cut] of SILENCES) {
      row(`${title}, ${way}`, async (stage) => {
        const scene = await heldAndQueued(stage, { isQueued });
        await stage.strike(() => cut(stage));
        await handOver(scene);
        expect(scene.holder.count('uncertain')).toBeGreaterThan(0);
        expect(scene.holder.reasons).toEqual(['expired']);
      });
    }

    row(`every answer late by more than half the ttl, ${way}`, async (stage) => {
      const scene = await heldAndQueued(stage, { isQueued });
      await stage.strike(() => stage.wire.delay(0.3 * TTL));
      await handOver(scene);
    });

    row(`every answer late by more than the ttl, ${way}`, async (stage) => {
      const scene = await heldAndQueued(stage, { isQueued });
      await stage.strike(() => stage.wire.delay(TTL));
      await handOver(scene);
      expect(scene.holder.reasons).toEqual(['expired']);
    });

    row(`every answer late by a fifth of the ttl, ${way}`, async (stage) => {
      const scene = await heldAndQueued(stage, { ttl: LONG, isQueued });
      stage.wire.delay(0.1 * LONG);
      await keepOn(scene);
    });

    row(`one renewal that hangs until it is uncertain, ${way}`, async (stage) => {
      const scene = await heldAndQueued(stage, { ttl: LONG, isQueued });
      const renewal = stage.wire.hold(`n\n${stage.name}`);
      await renewal.arrived;
      await scene.holder.told('uncertain');
      renewal.release();
      await keepOn(scene);
    });

    row(`a late confirmation, and nothing after it, ${way}`, async (stage) => {
      const scene = await heldAndQueued(stage, { isQueued });
      const { arrived, release } = stage.wire.hold(`n\n${stage.name}`, 'reply');
      await arrived;
      stage.wire.blackhole('requests');
      // A deadline that counted from this answer would be later than the server's.
      await sleep(0.3 * TTL);
      release();
      await handOver(scene);
      expect(scene.holder.count('renewed')).toBeGreaterThan(0);
    });

    row(
      `released by somebody else who knows its token, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { isQueued });
        await scene.holder.told('renewed');
        const [, token = ''] = /^(\S+) /.exec(stage.wire.requests.join('\n').split(`n\n${stage.name}\n`).at(-1)!)!;
        const thief = await stage.server.connect();
        await stage.strike(() => thief.ask('r', stage.name, token));
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['refused']);
        return `at most ${String(TTL / 3)} ms: the next renewal`;
      },
      { overhold: TTL / 3 + SLACK },
    );

    row(`cut into single bytes, both ways, ${way}`, async (stage) => {
      stage.wire.crumble();
      const scene = await heldAndQueued(stage, { isQueued });
      await sleep(2 * TTL);
      expect(scene.holder.count('lost')).toBe(0);
      await keepOn(scene);
      return 'held for two ttls and more';
    });
  }
});

// The server frees at once what a connection owned that it saw break. Whoever was not told cannot know before it asks.
dflockdRows('a grant of dflockd on a bad network', (row) => {
  row('late, and nothing after it', async (stage) => {
    const ttl = 2 * TTL;
    const grant = stage.wire.hold(`l\n${stage.name}`, 'reply');
    const holder = stage.holder({ timeout: '5s' });
    const working = holder.work(stage.name, ttl);
    await grant.arrived;
    stage.wire.blackhole('requests');
    const other = stage.other();
    other.work(stage.name, TTL);
    await sleep(0.3 * ttl);
    grant.release();
    await handOver({ holder, other, working });
  });
});

dflockdRows('a reset that only the dflockd server saw', (row) => {
  for (const { way, isQueued } of WAYS) {
    const bound = SAFETY * TTL + SLACK;
    row(
      `and nothing is heard any more, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { isQueued });
        await stage.strike(() => stage.wire.sever('upstream'));
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['expired']);
        return `at most ${String(SAFETY * TTL)} ms: 0.8 × ttl`;
      },
      { overhold: bound },
    );

    row(
      `and who says something is told, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { isQueued });
        await stage.strike(() => stage.wire.sever('upstream', 'reset'));
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['connection']);
        return `at most ${String(TTL / 3)} ms: the next renewal`;
      },
      { overhold: TTL / 3 + SLACK },
    );

    row(
      `of a lock of ten minutes, and nothing is heard any more, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { ttl: '10m', isQueued });
        await stage.strike(() => stage.wire.sever('upstream'));
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['expired']);
        return `at most ${String(SAFETY * READ * 1000)} ms: 0.8 × the read timeout`;
      },
      { overhold: SAFETY * READ * 1000 + SLACK, server: { readTimeout: READ } },
    );

    row(
      `of a lock of ten minutes, and who says something is told, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { ttl: '10m', isQueued });
        await stage.strike(() => stage.wire.sever('upstream', 'reset'));
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['connection']);
        return `at most ${String(Math.ceil((READ * 1000) / 3))} ms: a third of the read timeout`;
      },
      { overhold: (READ * 1000) / 3 + SLACK, server: { readTimeout: READ } },
    );
  }
});

dflockdRows('a lock of ten minutes on dflockd, with a read timeout of two seconds', (row) => {
  const options = { server: { readTimeout: READ } };
  for (const { way, isQueued } of WAYS) {
    for (const [title, cut] of SILENCES) {
      row(
        `${title}, ${way}`,
        async (stage) => {
          const scene = await heldAndQueued(stage, { ttl: '10m', isQueued });
          await stage.strike(() => cut(stage));
          await handOver(scene);
          expect(scene.holder.count('uncertain')).toBeGreaterThan(0);
          expect(scene.holder.reasons).toEqual(['expired']);
        },
        options,
      );
    }

    row(
      `held for five read timeouts, ${way}`,
      async (stage) => {
        // Others that it shares its connection with, if it has not its own.
        const scene = await heldAndQueued(stage, { ttl: '10m', isQueued });
        const names = [1, 2, 3].map((index) => `${stage.name}-${String(index)}`);
        const more = await Promise.all(names.map((name) => scene.holder.follow(name, '10m').told('acquired')));
        const owner = (await stage.lock())!.owner_conn_id;
        for (let times = 0; times < 5; times++) {
          await sleep(READ * 1000);
          const { locks } = await stage.stats();
          expect(locks.find(({ key }) => key === stage.name)).toMatchObject({ owner_conn_id: owner, waiters: 1 });
          expect(locks.filter(({ key, owner_conn_id: by }) => names.includes(key) && by > 0)).toHaveLength(3);
          const rival = await stage.server.connect();
          for (const name of [stage.name, ...names]) expect(await rival.ask('l', name, '0 1')).toBe('timeout');
          rival.close();
        }
        expect(scene.other.count('acquired')).toBe(0);
        expect(more.map((one) => one.count('lost'))).toEqual([0, 0, 0]);
        await keepOn(scene);
        return 'with three others';
      },
      options,
    );
  }
});
