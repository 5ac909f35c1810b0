import {
  LockAuthenticationError,
  LockCapacityError,
  LockConfigError,
  LockNetworkError,
} from '../../contract/errors.js';
import { parseDuration } from '../../values/duration.js';
import type { Features, Grant } from '../../contract/backend.js';
import type { Runtime } from '../../contract/time.js';
import type { Scenario, ScriptedCall } from './scenario.js';

/** What all calls of a scripted backend share: its time, what is held, and what it was asked. */
export class Stage {
  readonly calls: ScriptedCall[] = [];
  readonly held = new Set<Grant>();
  readonly holder: string;
  readonly retryAfter: number;
  closed = false;
  private token: bigint;
  private runtime: Runtime | undefined;
  private openedAt = 0;

  constructor(
    private readonly scenario: Scenario,
    readonly features: Features,
  ) {
    this.holder = scenario.holder ?? 'somebody else';
    this.retryAfter = parseDuration(scenario.retryAfter ?? '1s', 'retryAfter');
    this.token = scenario.firstToken ?? 1n;
  }

  /** @returns Was it open already? */
  open(runtime: Runtime): boolean {
    if (this.runtime !== undefined) {
      if (this.runtime.clock === runtime.clock) return true;
      // Each `createLocks` on one virtual scheduler makes a clock of its own, which shows the same time.
      const [ours, theirs] = [this.runtime, runtime];
      if (ours.scheduler === theirs.scheduler && ours.clock.elapsed() === theirs.clock.elapsed()) return true;
      throw new LockConfigError('this backend is open already, with another clock', { option: 'clock' });
    }
    this.runtime = runtime;
    this.openedAt = runtime.clock.elapsed();
    return false;
  }

  get opened(): Runtime {
    if (this.runtime === undefined) throw new LockConfigError('this backend is not open: pass it to createLocks');
    return this.runtime;
  }

  /** Milliseconds, on `clock.elapsed`. */
  get now(): number {
    return this.opened.clock.elapsed();
  }

  note(type: ScriptedCall['type'], name?: string, rest: { of?: number; keepFor?: number } = {}): void {
    const at = (this.runtime?.clock.elapsed() ?? this.openedAt) - this.openedAt;
    this.calls.push({ type, at: Math.floor(at), ...(name === undefined ? {} : { name }), ...rest });
  }

  nextToken(): bigint | undefined {
    return this.features.fencing ? this.token++ : undefined;
  }

  /** What a letter means that stands for an error; `undefined` for any other. */
  errorOf(symbol: string, name: string | undefined): unknown {
    switch (symbol) {
      case 'n':
        return new LockNetworkError('the scripted service is out of reach', { name });
      case 't':
        return new LockAuthenticationError('the scripted service refuses the token', { name });
      case 'l':
        return new LockCapacityError('the scripted service is full', { name, retryAfter: this.retryAfter });
      case '#':
        return this.scenario.error ?? new LockNetworkError('a scripted error', { name });
      default:
        return undefined;
    }
  }
}
