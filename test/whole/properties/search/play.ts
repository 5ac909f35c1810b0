import { UnsubscriptionError } from 'rxjs';
import { LockError } from '../../../../src/contract/errors.js';
import { Thrown } from './grammar.js';
import { isHeld, type Invariant } from './ledger.js';
import type { Part } from './part.js';
import type { Program, Work } from './program.js';
import { Stage } from './stage.js';
import { withoutTimers } from './without-timers.js';

/** Virtual time passes in slices, so that promises settle in between. Milliseconds. */
const SLICE = 1000;

const PROMISED: ReadonlySet<Work['kind']> = new Set(['promise', 'obedient', 'stuck'] as const);

/** Runs a program to its end. Returns what went wrong, by the invariant that it broke. */
export async function play(program: Program): Promise<ReadonlyMap<Invariant, string>> {
  const globals = withoutTimers();
  const player = new Player(program, globals.late);
  try {
    await player.run();
  } catch (error) {
    player.thrown(error);
  } finally {
    globals.restore();
  }
  return player.wrongs;
}

class Player {
  private readonly stage: Stage;

  constructor(
    private readonly program: Program,
    private readonly late: (() => void)[],
  ) {
    this.stage = new Stage(program, (error) => this.thrown(error));
  }

  get wrongs(): ReadonlyMap<Invariant, string> {
    const { ledger, time } = this.stage;
    // What was cut off in the middle says nothing else.
    return time.isOver || ledger.isOver
      ? new Map([['nothing goes on for ever', 'too many timers or events']])
      : ledger.wrongs;
  }

  thrown(error: unknown): void {
    if (isKnown(error)) return;
    const text = error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 4).join(' ') : String(error);
    this.stage.ledger.wrong('no error is thrown that no handler threw', text);
  }

  async run(): Promise<void> {
    for (const step of this.program.steps) {
      if (step.do === 'pass') await this.pass(step.ms);
      else this.try(() => this.stage.act(step));
      this.look(step.do === 'pass');
    }
    await this.pass(45_000);
    this.look();
    await this.lookAtRest();
    await this.stopAll();
    await this.leaveAll();
    await this.closeAll();
  }

  /** Every `until` fires: whoever has one ends. */
  private async stopAll(): Promise<void> {
    const { stage } = this;
    stage.untils.forEach((_, until) => this.try(() => stage.act({ do: 'stop', until })));
    await this.pass(45_000);
    this.look();
    for (const part of stage.parts) {
      if (part.isStopped && part.ended === undefined) stage.ledger.wrong('who is stopped has ended', part.name);
    }
  }

  private async leaveAll(): Promise<void> {
    const { stage } = this;
    stage.calm();
    for (const part of stage.parts) part.leave();
    await this.pass(60_000);
    this.look();
    const { ledger } = stage;
    for (const grammar of stage.grammars) grammar.end();
    for (const { part } of stage.running) ledger.wrong('nothing is left', `${part.name} still works`);
    const held = ledger.anyHeld;
    if (held !== undefined) ledger.wrong('nothing is left', `${held} is held`);
    const size = stage.table?.size ?? 0;
    if (size > 0) ledger.wrong('nothing is left', `${String(size)} names in the table`);
    for (const left of stage.service?.left ?? []) ledger.wrong('nothing is left', `${left} in the service`);
    if (stage.service?.isWatched === true) ledger.wrong('nothing is left', 'a watch of the service');
    if (stage.untils.some(({ observed }) => observed)) ledger.wrong('nothing is left', 'somebody listens to an until');
    const timers = stage.time.actions.filter(({ closed }) => !closed);
    if (timers.length > 0) ledger.wrong('nothing is left', `${String(timers.length)} timers`);
    for (const [grant, { answered, asked, gone }] of stage.service?.granted ?? []) {
      if (!answered || asked > 0 || gone || ledger.knows(grant)) continue;
      ledger.wrong(
        'a grant has an owner',
        `grant ${String(grant.fencingToken)} of '${grant.name}' was never given back`,
      );
    }
  }

  private async closeAll(): Promise<void> {
    const { stage } = this;
    stage.locks.forEach((_, i) => stage.close(i, 0));
    let left = stage.closings.length;
    for (const closing of stage.closings) {
      closing.then(
        () => left--,
        (error: unknown) => this.thrown(error),
      );
    }
    await this.pass(5000);
    if (left > 0) stage.ledger.wrong('close() ends', `${String(left)} do not`);
    if (stage.time.actions.some(({ closed }) => !closed))
      stage.ledger.wrong('nothing is left', 'a timer after close()');
  }

  private async pass(ms: number): Promise<void> {
    const { time } = this.stage;
    let left = ms;
    do {
      const slice = Math.min(left, this.hasPromises ? SLICE : left);
      this.try(() => time.advance(slice));
      left -= slice;
      for (let i = 0; i < 6; i++) await Promise.resolve();
      for (const callback of this.late.splice(0)) this.try(callback);
    } while (left > 0);
    this.try(() => time.advance(0));
  }

  /** After each step: nothing goes on. */
  private look(isTurnOver = true): void {
    const { stage } = this;
    stage.ledger.check();
    for (const part of stage.parts) {
      part.check();
      const isRaw = part.actor.via === 'none';
      // A stop between a loss and the next attempt is heard at the end of the turn.
      if (isTurnOver && isRaw && part.isStopped && part.ended === undefined) {
        stage.ledger.wrong('who is stopped has ended', part.name);
      }
    }
    for (const { part, lease } of stage.running) {
      if (!stage.ledger.hasEnded(lease)) continue;
      stage.ledger.wrong(
        'work runs only under its lock',
        `${part.name} works under ${stage.ledger.nameOf(lease)}, which is over`,
      );
    }
  }

  /** After a long time in which nothing came from outside, and once more if nothing was granted in between. */
  private async lookAtRest(): Promise<void> {
    const { stage } = this;
    const [idle, { size }] = [this.idle(), stage.ledger];
    if (idle.size === 0) return;
    await this.pass(45_000);
    if (stage.ledger.size > size) return;
    for (const [part, how] of this.idle()) if (idle.get(part) === how) stage.ledger.wrong(how, part.name);
  }

  private idle(): ReadonlyMap<Part, Invariant> {
    const { stage } = this;
    const idle = new Map<Part, Invariant>();
    for (const { part, lease } of stage.running) if (!isHeld(lease)) idle.set(part, 'work runs only under its lock');
    for (const part of stage.parts) {
      if (part.ended !== undefined) continue;
      if (this.standsStill(part)) idle.set(part, 'who holds a lock works');
      if (this.waitsForNothing(part)) idle.set(part, 'who waits for a free lock is granted it');
    }
    return idle;
  }

  private standsStill(part: Part): boolean {
    const { via, work } = part.actor;
    if (via === 'none' || via === 'whileLeader' || via === 'lockMap') return false;
    if (work.kind === 'promise' || work.kind === 'obedient' || work.kind === 'stuck') return false;
    if (part.lease === undefined || !isHeld(part.lease)) return false;
    return ![...this.stage.running].some((running) => running.part === part);
  }

  private waitsForNothing(part: Part): boolean {
    const { table } = this.stage;
    const { kind, names } = this.stage.sourceOf(part);
    if (table === undefined || part.actor.via !== 'none' || kind === 'semaphore' || part.lease !== undefined)
      return false;
    return names.every((name) => table.status(name).holders === 0);
  }

  private get hasPromises(): boolean {
    const { actors } = this.program;
    if (this.stage.closings.length > 0) return true;
    return actors.some(({ via, work: { kind } }) => via !== 'none' && PROMISED.has(kind));
  }

  private try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.thrown(error);
    }
  }
}

/** Was it thrown by a handler, or is it one of the package's own? */
function isKnown(error: unknown): boolean {
  if (error instanceof UnsubscriptionError) return error.errors.every(isKnown);
  return error instanceof Thrown || error instanceof LockError;
}
