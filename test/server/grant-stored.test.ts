import { describe, expect, it } from 'vitest';
import { grantStored, type GrantOutcome } from '../../src/server/grant-stored.js';
import { ServerCore } from '../../src/server/server-core.js';
import { VacantPlace } from '../../src/server/records/vacant-place.js';
import { Time } from '../support/virtual.js';
import { FakeLedger } from './support/fake-ledger.js';

/** Somebody is granted `x` for 1000 ms, and waits for that to be stored. */
function granted({ isStored = true, counts = true } = {}) {
  const time = new Time();
  const ledger = new FakeLedger();
  const core = new ServerCore({ scheduler: time }, undefined, undefined, isStored ? { ledger } : {});
  void core.records.begin();
  time.turn();
  ledger.finish();
  const place = new VacantPlace({ name: 'x', ttl: 1000 });
  const outcomes: GrantOutcome[] = [];
  core.turn.run(() => {
    core.table.acquire(place, false);
    grantStored(core, place, (outcome) => outcomes.push(outcome), counts ? 1000 : undefined);
  });
  time.turn();
  /** The disk is done with it, well or not. */
  const store = (trouble?: string): void => {
    ledger.disk.trouble = trouble;
    ledger.finish();
  };
  return { time, core, place, outcomes, store };
}

describe('a grant', () => {
  it('is held at once where nothing is stored', () => {
    expect(granted({ isStored: false }).outcomes).toEqual(['held']);
  });

  it.each([
    ['for the ttl that its client counts from then on', true, 1000],
    ['until it would have ended, if its client is told when that is', false, 100],
  ])('is held when it is stored, %s', (_how, counts, expiresIn) => {
    const { time, core, outcomes, store } = granted({ counts });
    time.advance(900);
    expect(outcomes).toEqual([]);
    store();
    expect(outcomes).toEqual(['held']);
    expect(core.table.status('x').expiresIn).toBe(expiresIn);
  });

  it.each([undefined, 'no space left'])('that was given back meanwhile is over: %s', (trouble) => {
    const { core, place, outcomes, store } = granted();
    core.table.release(place);
    store(trouble);
    expect(outcomes).toEqual(['over']);
  });

  it('that has run out meanwhile is over, though nobody has looked', () => {
    const { time, outcomes, store } = granted();
    time.advance(1000);
    store();
    expect(outcomes).toEqual(['over']);
  });

  it('that cannot be stored is there to be given back', () => {
    const { place, outcomes, store } = granted();
    store('no space left');
    expect(outcomes).toEqual([new Error('no space left')]);
    expect(place.state).toBe('held');
  });
});
