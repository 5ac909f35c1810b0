// Four contenders for one lock, in one terminal. One of them is cut off from the lock service and loses its lock.
//
// Runs on the embedded backend; with OCTOSTORE_TOKEN (and OCTOSTORE_BASE_URL) set, on that server.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { styleText } from 'node:util';
import { fromEvent, lastValueFrom, map, merge, scan, takeUntil, tap, type Observable } from 'rxjs';
import { createLocks, memory, type Features, type LockBackend } from 'rxlock';
import { Cable, throughCable } from './cable.js';
import { draw, summary, type Paint } from './draw.js';
import { Ledger } from './ledger.js';
import type { Moment } from './moment.js';
import { printLines } from './plain.js';
import { LENGTH, scenario, type Contender } from './scenario.js';
import { frames, onScreen } from './screen.js';

type Fenced = LockBackend<Features & { readonly fencing: true }>;

const NAMES = ['anna', 'ben', 'cleo', 'dora'];
const { env, stdout } = process;
const isTerminal = stdout.isTTY && env['TERM'] !== 'dumb';
const isOctoStore = (env['OCTOSTORE_TOKEN'] ?? '') !== '';
const ttl = isTerminal ? 3000 : 1000;
const service = isOctoStore ? 'OctoStore' : 'memory(), in this process';
const title = `rxlock: four contenders, one lock, ttl ${String(ttl / 1000)} s, on ${service}`;

let interrupted: number | undefined;
const interrupt$ = merge(
  fromEvent(process, 'SIGINT').pipe(map(() => 130)),
  fromEvent(process, 'SIGTERM').pipe(map(() => 143)),
  // Whoever read this has left.
  fromEvent(stdout, 'error').pipe(map(() => 0)),
).pipe(
  tap((code) => {
    interrupted = code;
  }),
);
stdout.on('error', () => undefined);

try {
  const contenders = await gather();
  const story = { contenders, ledger: new Ledger(), ttl, lock: `rxlock-demo/${randomUUID()}` };
  try {
    const history = await (isTerminal ? watch(scenario(story)) : list(scenario(story)));
    console.log(interrupted === undefined ? `\n${summary(history)}` : 'interrupted');
  } finally {
    const closed = Promise.all(contenders.map(({ locks }) => locks.close()));
    // Who was cut off just now may still be trying to give its lock back.
    await (interrupted === undefined ? closed : Promise.race([closed, pause(500)]));
  }
} catch (error) {
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
  process.exitCode = 1;
}
if (interrupted !== undefined) process.exit(interrupted);

async function gather(): Promise<readonly Contender[]> {
  const makeBackend = isOctoStore ? await octoStore() : embedded();
  return NAMES.map((name) => {
    const cable = new Cable();
    const options = { holder: name, wait: '30s', retry: { max: '400ms' } } as const;
    return { name, cable, locks: createLocks(throughCable(makeBackend(), cable), options) };
  });
}

/** One service for all, with a connection for each. */
function embedded(): () => Fenced {
  const backend = memory();
  return () => backend;
}

async function octoStore(): Promise<() => Fenced> {
  const { octostore } = await import('rxlock/octostore');
  return () => octostore();
}

function list(moments$: Observable<Moment>): Promise<readonly Moment[]> {
  console.log(title);
  const history$ = moments$.pipe(printLines(console.log), takeUntil(interrupt$), scan(append, []));
  return lastValueFrom(history$, { defaultValue: [] });
}

async function watch(moments$: Observable<Moment>): Promise<readonly Moment[]> {
  const began = Date.now();
  const picture = { title, names: NAMES, length: ttl * LENGTH };
  const paint = painter();
  const paintFrame = (history: readonly Moment[], rows = stdout.rows): readonly string[] =>
    draw(history, picture, { columns: stdout.columns, rows, paint, now: Date.now() - began });
  const screen = onScreen<readonly Moment[]>(stdout, (history) => paintFrame(history));
  const history = await lastValueFrom(moments$.pipe(frames(), screen, takeUntil(interrupt$)));
  // The screen of its own is gone; the last picture stays, with the summary and a prompt below it.
  if (interrupted === undefined) console.log(paintFrame(history, stdout.rows - 4).join('\n'));
  return history;
}

function painter(): Paint {
  const hasColours = (env['NO_COLOR'] ?? '') === '';
  return hasColours ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}

function append(history: readonly Moment[], moment: Moment): readonly Moment[] {
  return [...history, moment];
}
