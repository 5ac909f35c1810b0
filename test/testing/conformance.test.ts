import { describe, expect, it } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import { conformanceCases, ConformanceError, describeBackend, scripted } from '../../src/testing/index.js';
import { sharedTable } from './support/broken-backends.js';

const BAD_NAMES = ['', 'a//b', '..', 'a b', 'x'.repeat(300)];

describeBackend({
  name: 'memory, one object for all clients',
  describe,
  it,
  slow: true,
  factory: () => {
    const backend = memory();
    return { create: () => backend, badNames: BAD_NAMES };
  },
});

describeBackend({
  name: 'memory, clients on one table',
  describe,
  it,
  factory: () => {
    const table = sharedTable();
    return { create: () => memory({ table }), badNames: BAD_NAMES };
  },
});

describe('describeBackend', () => {
  const cases = conformanceCases({ factory: () => ({ create: () => memory() }), slow: true });
  const titles = cases.map(({ title }) => title);

  it('has a title of its own for each case', () => {
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('leaves out slow cases unless it is asked for them', () => {
    const quick = conformanceCases({ factory: () => ({ create: () => memory() }) });
    expect(quick.length).toBeGreaterThan(40);
    expect(quick.length).toBeLessThan(cases.length);
  });

  it('registers every case with any runner, as a function without arguments', () => {
    const registered: string[] = [];
    const path: string[] = [];
    describeBackend({
      name: 'mine',
      slow: true,
      factory: () => ({ create: () => memory() }),
      describe: (name, body) => {
        path.push(name);
        body();
        path.pop();
      },
      it: (name, body) => {
        // A runner takes a function with an argument for one that calls back.
        expect(body).toHaveLength(0);
        registered.push(`${path.slice(1).join(' ')}: ${name}`);
      },
    });
    expect(registered).toEqual(titles);
  });

  it('tells mocha how long a case may take', async () => {
    const times: number[] = [];
    const bodies: (() => Promise<void>)[] = [];
    const factory = () => {
      const backend = memory();
      return { create: () => backend };
    };
    describeBackend({
      name: 'mine',
      factory,
      describe: (_name, body) => body(),
      it: (_name, body) => bodies.push(body),
    });
    await bodies[0]!.call({ timeout: (ms: number) => times.push(ms) } as never);
    expect(times).toEqual([60_000]);
  });

  it('disposes of the service, whether a case passes or fails', async () => {
    const log: string[] = [];
    const service = (backend: ReturnType<typeof memory> | ReturnType<typeof scripted>) => () => ({
      create: () => backend,
      dispose: () => Promise.resolve(log.push('disposed')),
      timeScale: 0.05,
    });
    const run = async (factory: ReturnType<typeof service>): Promise<void> =>
      conformanceCases({ factory })
        .find(({ name }) => name === 'refuses a second client')!
        .run();
    await run(service(memory()));
    await expect(run(service(scripted()))).rejects.toThrow(ConformanceError);
    expect(log).toEqual(['disposed', 'disposed']);
  });

  it('checks the ttl of a case by the service it is given', async () => {
    const factory = () => {
      const backend = memory();
      return { create: () => backend, minTtl: '2s', timeScale: 1 } as const;
    };
    const one = conformanceCases({ factory }).find(({ name }) => name.startsWith('takes good names'))!;
    await expect(one.run()).resolves.toBeUndefined();
  });
});
