import { Observable } from 'rxjs';
import type { Core } from '../core/core.js';
import { Election } from './election.js';
import { LockConfigError } from '../contract/errors.js';
import { leadership$ } from './leadership.js';
import { Participant } from './participant.js';
import { requireRenewal, type HoldOptions } from '../core/hold-options.js';
import type { Leadership } from '../contract/status.js';

/** How a candidate stands: what all who take part must agree on. */
interface Candidacy {
  readonly ttl: number;
  readonly options: HoldOptions;
}

/** The elections of one `Locks`: one for each name, shared by all who take part in it. */
export class Elections {
  private readonly running = new Map<string, { readonly candidacy: Candidacy; readonly election: Election }>();

  constructor(private readonly core: Core) {}

  leader$(name: string, ttl: number, { until, signal, ...shared }: HoldOptions): Observable<Leadership> {
    const options = { ...shared, wait: true, onLost: 'complete', until: undefined, signal: undefined } as const;
    const candidacy: Candidacy = { ttl, options };
    requireRenewal(ttl, options, this.core.backend);
    this.check(name, candidacy);
    return new Observable((sink) => {
      const participant = new Participant(sink);
      participant.heed({ until, signal });
      if (sink.closed) return;
      // Only now: whoever is asked for a stop may have changed what goes on.
      this.core.requireOpen();
      this.check(name, candidacy);
      const { election } = this.running.get(name) ?? this.begin(name, candidacy);
      election.join(participant);
    });
  }

  private begin(name: string, candidacy: Candidacy): { readonly election: Election } {
    const candidate$ = leadership$(this.core, name, candidacy.ttl, candidacy.options);
    const election = new Election(candidate$, () => {
      // By identity: another may have begun under this name.
      if (this.running.get(name) === entry) this.running.delete(name);
    });
    const entry = { candidacy, election };
    this.running.set(name, entry);
    return entry;
  }

  private check(name: string, candidacy: Candidacy): void {
    const known = this.running.get(name)?.candidacy;
    const option = known === undefined ? undefined : difference(known, candidacy);
    if (option === undefined) return;
    throw new LockConfigError(`'${name}' is led with another ${option} already`, { name, option });
  }
}

const OPTIONS = ['metadata', 'minHold', 'maxHold', 'renew', 'renewRatio', 'safetyFactor'] as const;
const RETRY_OPTIONS = ['initial', 'max', 'factor', 'jitter', 'count'] as const;

/** The first option in which two of one name differ. */
function difference(a: Candidacy, b: Candidacy): string | undefined {
  if (a.ttl !== b.ttl) return 'ttl';
  const option = OPTIONS.find((name) => a.options[name] !== b.options[name]);
  if (option !== undefined) return option;
  const retry = RETRY_OPTIONS.find((name) => a.options.retry[name] !== b.options.retry[name]);
  return retry === undefined ? undefined : `retry.${retry}`;
}
