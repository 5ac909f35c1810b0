import { defer, ReplaySubject, share, tap, type Observable } from 'rxjs';
import type { Core } from '../core/core.js';
import { LockConfigError } from '../contract/errors.js';
import { leadership$ } from './leadership.js';
import { lock$ } from '../contending/lock.js';
import { requireRenewal, type HoldOptions } from '../core/hold-options.js';
import type { Leadership } from '../contract/status.js';

/** What goes on under a name. */
interface Election {
  readonly ttl: number;
  readonly leadership$: Observable<Leadership>;
}

/** The elections of one `Locks`: one for each name, shared by all who take part in it. */
export class Elections {
  private readonly elections = new Map<string, Election>();

  constructor(private readonly core: Core) {}

  leader$(name: string, ttl: number, options: HoldOptions): Observable<Leadership> {
    const resolved = { ...options, wait: true, onLost: 'complete' } as const;
    requireRenewal(ttl, resolved, this.core.backend);
    this.check(name, ttl);
    return defer(() => {
      this.core.requireOpen();
      this.check(name, ttl);
      const election = this.elections.get(name) ?? this.make(name, ttl, resolved);
      this.elections.set(name, election);
      return election.leadership$;
    });
  }

  private make(name: string, ttl: number, options: HoldOptions): Election {
    const forget = (): void => {
      this.elections.delete(name);
    };
    return {
      ttl,
      leadership$: leadership$(this.core, name, lock$(this.core, name, ttl, options), options.retry).pipe(
        // Before anybody hears of the error, so that whoever subscribes again at once takes part in a new election.
        tap({ error: forget, unsubscribe: forget }),
        share({ connector: () => new ReplaySubject(1) }),
      ),
    };
  }

  private check(name: string, ttl: number): void {
    const known = this.elections.get(name)?.ttl ?? ttl;
    if (known === ttl) return;
    throw new LockConfigError(`'${name}' is led with a ttl of ${String(known)} ms already`, { name, option: 'ttl' });
  }
}
