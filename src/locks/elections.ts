import { Observable } from 'rxjs';
import type { Core } from '../core/core.js';
import { Election, type Candidacy } from './election.js';
import { LockConfigError } from '../contract/errors.js';
import { leadership$ } from './leadership.js';
import { Participant } from './participant.js';
import type { HoldOptions } from '../core/hold-options.js';
import type { Leadership } from '../contract/status.js';

/** The elections of one `Locks`: one for each name, shared by all who take part in it. */
export class Elections {
  private readonly running = new Map<string, Election>();

  constructor(private readonly core: Core) {}

  leader$(name: string, ttl: number, { until, signal, ...shared }: HoldOptions): Observable<Leadership> {
    const own = { wait: true, onLost: 'complete', until: undefined, signal: undefined } as const;
    const candidacy: Candidacy = { ttl, ...shared, ...own };
    this.check(name, candidacy);
    return new Observable((sink) => {
      const participant = new Participant(sink);
      participant.heed({ until, signal });
      if (sink.closed) return;
      // Only now: whoever is asked for a stop may have changed what goes on.
      this.core.requireOpen();
      this.check(name, candidacy);
      (this.running.get(name) ?? this.begin(name, candidacy)).join(participant);
    });
  }

  private begin(name: string, candidacy: Candidacy): Election {
    const candidate$ = leadership$(this.core, name, candidacy.ttl, candidacy);
    const election = new Election(candidacy, candidate$, () => {
      // By identity: another may have begun under this name.
      if (this.running.get(name) === election) this.running.delete(name);
    });
    this.running.set(name, election);
    return election;
  }

  private check(name: string, candidacy: Candidacy): void {
    const known = this.running.get(name)?.candidacy;
    const option = known && difference(known, candidacy);
    if (option === undefined) return;
    throw new LockConfigError(`'${name}' is led with another ${option} already`, { name, option });
  }
}

/**
 * The first option in which two of one name differ: any of them, so that one more is not forgotten here.
 *
 * @param prefix Of the options' names.
 */
function difference(a: object, b: object, prefix = ''): string | undefined {
  for (const [option, one] of Object.entries(a) as [string, unknown][]) {
    const other: unknown = (b as Record<string, unknown>)[option];
    // What a policy computes follows from its options.
    if (one === other || typeof one === 'function') continue;
    const inner = typeof one === 'object' && one !== null ? difference(one, other as object, `${option}.`) : option;
    if (inner !== undefined) return prefix + inner;
  }
  return undefined;
}
