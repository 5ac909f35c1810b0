import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createLocks, type Locks } from '../../../src/index.js';
import { builtProgram } from '../../support/built-programs.js';
import { FaultProxy } from '../../support/proxy.js';
import { threadedBuild } from '../../support/threaded-build.js';
import type { Chance } from '../../whole/properties/search/chance.js';
import { limitOf, NAMES } from './deeds.js';
import { allFree, type OutageService } from './outages.js';
import type { Belief, ThreadedClientOptions, ThreadedClientReport } from './threaded-client.js';
import { shake, spoil } from './weather.js';

/** So many processes, each behind a network of its own. */
const PROCESSES = 3;
/** A main thread that stands still is to have a network that is well for long enough, now and then. Milliseconds. */
const CALM = 6000;
const PROGRAM = 'test/faults/support/threaded-client.ts';

/**
 * Many clients whose backends run in workers take and give back a few locks, while main threads stand still, workers die, and networks and
 * the server come and go by chance. Then all is well again, and nothing is left.
 *
 * @param duration Milliseconds.
 * @returns What the processes tell together, and how often more believed in a lock than may.
 */
export async function threadedOutages(
  { server, isDurable, backend, inWorker }: OutageService,
  chance: Chance,
  duration: number,
): Promise<ThreadedClientReport & { readonly excesses: number }> {
  const end = performance.now() + duration;
  const isLate = (): boolean => performance.now() >= end;
  const wires = await Promise.all(Array.from({ length: PROCESSES }, () => FaultProxy.start(server.port)));
  const looker: Locks<unknown> = createLocks(backend(server.port));
  try {
    const [, ...reports] = await Promise.all([
      shake(server, isDurable, chance, isLate),
      ...wires.map(async (wire) => {
        const options = { build: threadedBuild(), ...inWorker(wire.port), seed: chance.below(2 ** 31), duration };
        const [report] = await Promise.all([play(options), spoil(wire, chance, isLate, CALM)]);
        return report;
      }),
    ]);
    await allFree(looker);
    const beliefs = reports.flatMap((report) => report.beliefs);
    return {
      beliefs,
      excesses: NAMES.map((name) => excessesOf(name, beliefs)).reduce((sum, one) => sum + one),
      reasons: reports.flatMap((report) => report.reasons),
      errors: reports.flatMap((report) => report.errors),
      outlived: reports.reduce((sum, report) => sum + report.outlived, 0),
      deaths: reports.reduce((sum, report) => sum + report.deaths, 0),
    };
  } finally {
    await looker.close();
    await Promise.all(wires.map((wire) => wire.stop()));
  }
}

/** Resolves with what it tells at its end. */
async function play(options: ThreadedClientOptions): Promise<ThreadedClientReport> {
  const child = spawn(process.execPath, [builtProgram(PROGRAM), JSON.stringify(options)], {
    // Its own workers wait for each other: that is meant.
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let report: ThreadedClientReport | undefined;
  child.on('message', (message) => (report = message as ThreadedClientReport));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (report === undefined) throw new Error(`a process ended with ${String(code ?? signal)}`);
  return report;
}

/** How often somebody began to believe in it while so many others did. */
function excessesOf(name: string, beliefs: readonly Belief[]): number {
  const all = beliefs.filter((belief) => belief.name === name);
  const atOnce = ({ from }: Belief): number => all.filter((one) => one.from <= from && from < one.until).length;
  return all.filter((belief) => atOnce(belief) > limitOf(name)).length;
}
