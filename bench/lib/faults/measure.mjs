import { OURS } from '../our-redis.mjs';
import { PEERS } from '../redis-peers.mjs';
import { playScene } from './scene.mjs';

const SIDES = { rxlock: OURS, ...PEERS };

/** Milliseconds. `after`: when the faults strike, in ttls after the grant, so that they meet renewals at different moments. */
const FULL = { ttl: 2000, after: [1.2, 1.5, 1.8], watch: 20_000, tries: 5 };
const QUICK = { ttl: 1000, after: [1.2], watch: 4000, tries: 1 };

/**
 * Plays the scenes of all packages side by side: they wait more than they compute.
 *
 * @returns For each fault its `title`, and by package the worst of its scenes; undefined if there was none.
 */
export async function measureFaults(faults, isQuick, progress) {
  const { ttl, after, watch, tries } = isQuick ? QUICK : FULL;
  const worst = async (name, { key }, fault) => {
    const scenes = after.map((part) => ({ name, key, fault, ttl, after: part * ttl, watch }));
    const results = await Promise.all(scenes.map((scene) => played(scene, tries)));
    return results.reduce((one, other) => (one === undefined || other?.overhold > one.overhold ? other : one));
  };
  const row = async (fault) => {
    const done = progress(`${fault.name}: ${fault.title}`);
    const all = Object.entries(SIDES).map(async ([name, side]) => [name, await worst(name, side, fault)]);
    const results = Object.fromEntries(await Promise.all(all));
    done();
    return { title: fault.title, results };
  };
  if (isQuick) return Promise.all(faults.map(row));
  const rows = [];
  for (const fault of faults) rows.push(await row(fault));
  return rows;
}

async function played(scene, tries) {
  for (let left = tries; left > 0; left--) {
    const result = await playScene(scene);
    if (result !== undefined) return result;
  }
  return undefined;
}
