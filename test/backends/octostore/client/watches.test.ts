import { concat, ignoreElements, NEVER, Observable, of, Subject, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Watches } from '../../../../src/backends/octostore/client/watches.js';
import { CONNECTED, type Api } from '../../../../src/backends/octostore/wire/api.js';
import { LockCapacityError } from '../../../../src/contract/errors.js';
import type { LockStatus } from '../../../../src/contract/status.js';
import { schedulerClock } from '../../../../src/values/scheduler-clock.js';
import { lockStatus } from '../../../../src/values/lock-status.js';
import { Time } from '../../../support/virtual.js';

type Part = typeof CONNECTED | string;

const FREE = lockStatus({ name: 'a', status: 'free' });
const held = (token: bigint): LockStatus => lockStatus({ name: 'a', status: 'held', fencingToken: token });
const event = (what: string): string => JSON.stringify({ event: what, lock_name: 'a' });

/** One read of the status, which the test answers. */
class Read {
  readonly answer$ = new Subject<LockStatus>();
  /** Nobody waits for it any more, though it was not answered. */
  isLeft = false;
  private isAnswered = false;

  get status$(): Observable<LockStatus> {
    return new Observable((sink) => {
      sink.add(this.answer$.subscribe(sink));
      return () => {
        this.isLeft = !this.isAnswered;
      };
    });
  }

  answer(status: LockStatus): void {
    this.isAnswered = true;
    this.answer$.next(status);
    this.answer$.complete();
  }
}

/** One who watches a name; what the streams say, and what a read is answered, is the test's. */
function scene(stream: (time: Time) => Observable<Part>) {
  const time = new Time();
  const streams: number[] = [];
  const reads: Read[] = [];
  const seen: string[] = [];
  const events = (): Observable<Part> => {
    streams.push(time.now());
    return stream(time);
  };
  const status = (): Observable<LockStatus> => {
    const read = new Read();
    reads.push(read);
    return read.status$;
  };
  const runtime = { clock: schedulerClock(time), scheduler: time, random: () => 1 };
  new Watches({ api: { events } as unknown as Api, runtime, status }).watch('a').subscribe({
    next: (told) => seen.push(told.status === 'free' ? 'free' : `held ${String(told.fencingToken)}`),
    error: (error: unknown) => seen.push((error as Error).name),
  });
  return { time, streams, reads, seen };
}

describe('a name that changes faster than it can be read', () => {
  it('is read once at a time, and once more for all that came meanwhile', () => {
    const events$ = new Subject<Part>();
    const { reads, seen } = scene(() => events$);
    events$.next(CONNECTED);
    for (let i = 0; i < 100; i++) events$.next(event('acquired'));
    expect(reads).toHaveLength(1);
    reads[0]!.answer(held(1n));
    expect([reads.length, seen]).toEqual([2, ['held 1']]);
    reads[1]!.answer(held(100n));
    expect([reads.length, seen]).toEqual([2, ['held 1', 'held 100']]);
    expect(reads.some(({ isLeft }) => isLeft)).toBe(false);
  });

  it('is told to be free at once, and read again, as what is being read may be older', () => {
    const events$ = new Subject<Part>();
    const { reads, seen } = scene(() => events$);
    events$.next(CONNECTED);
    events$.next(event('released'));
    expect(seen).toEqual(['free']);
    reads[0]!.answer(held(1n));
    reads[1]!.answer(FREE);
    expect([seen, reads.length]).toEqual([['free', 'held 1', 'free'], 2]);
    // What tells all by itself, while nobody reads, needs no read.
    events$.next(event('expired'));
    expect([seen.length, reads.length]).toEqual([4, 2]);
  });

  it('is read to the end, though the stream has ended meanwhile', () => {
    const events$ = new Subject<Part>();
    const { time, streams, reads, seen } = scene(({ frame }) => (frame === 0 ? events$ : NEVER));
    events$.next(CONNECTED);
    events$.complete();
    time.advance(1000);
    expect([streams.length, reads[0]!.isLeft]).toEqual([1, false]);
    reads[0]!.answer(held(1n));
    time.advance(100);
    expect([streams.length, seen]).toEqual([2, ['held 1']]);
  });
});

describe('a stream that breaks off', () => {
  /** Answers every read at once, for so long. */
  const watchFor = (milliseconds: number, stream: (time: Time) => Observable<Part>) => {
    const watched = scene(stream);
    for (let i = 0; i < milliseconds; i += 10) {
      watched.time.advance(10);
      for (const read of watched.reads.splice(0)) read.answer(FREE);
    }
    const gaps = watched.streams.map((at, i) => at - (watched.streams[i - 1] ?? 0)).slice(1);
    return { ...watched, gaps };
  };
  /** Connects, tells of one event and ends. */
  const telling = (milliseconds: number) => (time: Time) =>
    concat(of(CONNECTED, event('released')), timer(milliseconds, time).pipe(ignoreElements()));

  it('is tried less and less often, though each connects and tells something', () => {
    const { gaps } = watchFor(30_000, telling(0));
    expect(gaps.length).toBeLessThan(12);
    expect(gaps.slice(0, 6)).toEqual([...gaps.slice(0, 6)].sort((a, b) => a - b));
    expect(gaps.at(-1)).toBeGreaterThanOrEqual(5000);
  });

  it('is tried again soon if it had stood for long', () => {
    const { gaps } = watchFor(60_000, telling(9000));
    expect(Math.max(...gaps)).toBeLessThan(9200);
  });

  it('is not waited for where there may be no more of them: the status is read without', () => {
    const { reads } = scene(() => throwError(() => new LockCapacityError('too many watch')));
    expect(reads).toHaveLength(1);
  });
});
