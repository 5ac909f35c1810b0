/**
 * A process with one client after the other whose backend runs in a worker. Its main thread stands still now and then, and its workers
 * die. In the end it tells its parent what it has believed.
 *
 * `threaded-client.ts OPTIONS`, which are {@link ThreadedClientOptions} as JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { createLocks, type Duration, type Lease, type Locks } from '../../../src/index.js';
import { threaded } from '../../../src/threaded/index.js';
import type { ThreadedBuild } from '../../support/threaded-build.js';
import { Chance } from '../../whole/properties/search/chance.js';
import { Deeds } from './deeds.js';

export interface ThreadedClientOptions {
  readonly build: ThreadedBuild;
  /** What `threaded-services.ts` exports, and what that is given. */
  readonly make: string;
  readonly args: readonly unknown[];
  readonly seed: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** A time in which a lease was seen to be held, by the clock that all processes of a machine have in common. Milliseconds. */
export interface Belief {
  readonly name: string;
  readonly from: number;
  readonly until: number;
}

export interface ThreadedClientReport {
  readonly beliefs: readonly Belief[];
  readonly reasons: readonly string[];
  readonly errors: readonly string[];
  /** How often the main thread stood still for longer than a ttl, and still held the lock after that. */
  readonly outlived: number;
  /** How many workers died. */
  readonly deaths: number;
}

const WORKERS = 3;
/** Few: somebody waits for whatever is held too long. */
const LOCKS = 2;
/** The longest that a client lives, that its main thread stands still, and that it turns. Milliseconds. */
const LIFE = 12_000;
const STANDSTILLS = [300, 4500, 4500];
const TURNS = 1500;
/** Some may stand still for less. */
const STALL_LIMITS: readonly (Duration | undefined)[] = [undefined, '2s'];
/** How often it looks what it believes in. Milliseconds. */
const LOOK = 3;

/** A lease, from when on it is held, and when that was looked at last. */
interface Seen {
  readonly lease: Lease<unknown>;
  readonly from: number;
  until: number;
}

const NEVER = new Int32Array(new SharedArrayBuffer(4));
const { build, make, args, seed, duration } = JSON.parse(process.argv[2] ?? '') as ThreadedClientOptions;
const chance = new Chance(seed);
const end = performance.now() + duration;
const beliefs: Belief[] = [];
const believed = new Set<Seen>();
/** A busy machine takes its time: then it goes on, in good weather. */
const isOver = (): boolean => performance.now() >= end && beliefs.length > 0;
const reasons = new Set<string>();
const errors: string[] = [];
/** That of the client that there is. */
let current: Worker | undefined;
let outlived = 0;
let deaths = 0;

process.on('disconnect', () => process.exit(1));

/** Takes down what is held. A time is taken before the look: it was held then, if it still is. */
function look(isHeld: (lease: Lease<unknown>) => boolean): void {
  for (const seen of believed) {
    const now = commonTime();
    if (isHeld(seen.lease)) seen.until = now;
    else forget(seen);
  }
}

function forget(seen: Seen): void {
  believed.delete(seen);
  beliefs.push({ name: seen.lease.name, from: seen.from, until: seen.until });
}

/** As the lease knows it by itself: a look that changes nothing. */
function glance(): void {
  look((lease) => lease.toJSON().isHeld);
}

function commonTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Stands still, and looks all the while, or not before its end. */
function standStill(milliseconds: number): void {
  const last = performance.now() + milliseconds;
  const isWatchful = chance.happens(0.7);
  const before = [...believed].filter(({ lease }) => lease.ttl < milliseconds);
  while (performance.now() < last) {
    if (isWatchful) look((lease) => lease.isHeld);
    // No processor is kept busy by it, and no timer runs.
    Atomics.wait(NEVER, 0, 0, LOOK);
  }
  look((lease) => lease.isHeld);
  outlived += before.filter((seen) => believed.has(seen)).length;
}

async function standStillAgainAndAgain(): Promise<void> {
  while (!isOver()) {
    await sleep(chance.below(TURNS));
    standStill(chance.below(chance.of(STANDSTILLS)));
  }
}

/** Ends the worker of the client that there is. */
function die(): void {
  const how = chance.of(['exit', 'throw', 'terminate'] as const);
  if (how === 'terminate') void current?.terminate();
  else new BroadcastChannel('rxlock-test-death').postMessage(how);
}

async function live(): Promise<void> {
  const stallLimit = chance.of(STALL_LIMITS);
  let isDead = false;
  process.once('worker', (worker) => {
    current = worker;
    for (const end of ['error', 'exit']) worker.once(end, () => (isDead = true));
  });
  const backend = threaded({ module: build.services, export: make, args, worker: build.worker, stallLimit });
  const locks: Locks<unknown> = createLocks(backend);
  locks.events$.subscribe((event) => {
    if (event.type === 'lost') reasons.add(event.reason);
    if (event.type !== 'acquired') return;
    const now = commonTime();
    if (event.lease.toJSON().isHeld) believed.add({ lease: event.lease, from: now, until: now });
  });
  const last = performance.now() + chance.below(LIFE);
  const failed = (error: unknown): void => {
    // Who asks after that is told that it is closed.
    if (!isDead) errors.push(String(error));
  };
  const { semaphore } = backend.features;
  const deeds = new Deeds({ chance, semaphore, locks: LOCKS, isOver: () => isDead || isOver(), failed });
  const death = chance.happens(0.5) ? setTimeout(die, last - performance.now()) : undefined;
  await Promise.all(Array.from({ length: WORKERS }, () => deeds.act(locks, last)));
  clearTimeout(death);
  if (isDead) deaths++;
  await locks.close();
}

// A word to another thread keeps nobody waiting.
const looking = setInterval(glance, LOOK);
void standStillAgainAndAgain();
while (!isOver()) await live();
clearInterval(looking);
for (const seen of believed) forget(seen);
const report: ThreadedClientReport = { beliefs, reasons: [...reasons], errors, outlived, deaths };
process.send?.(report, () => process.exit(0));
