import { defer, EMPTY, Subject, Subscription, type Observable } from 'rxjs';
import type {
  AcquireRequest,
  AcquireSignal,
  Features,
  Grant,
  Released,
  Renewal,
  Revocation,
  TtlRange,
} from '../../contract/backend.js';
import type { LockStatus } from '../../contract/status.js';
import type { LostReason } from '../../contract/lease.js';
import type { Runtime } from '../../contract/time.js';
import { backendJson, type BackendJson } from '../../values/backend-json.js';
import { play } from './play.js';
import type { Scenario, ScriptedBackend, ScriptedCall } from './scenario.js';
import { parseScript, Scripts, type Cue } from './script.js';
import { ScriptedAttempts } from './attempts.js';
import { Batches } from './batches.js';
import { Stage } from './stage.js';
import { told, truth } from './statuses.js';

const REASONS: Readonly<Record<string, LostReason>> = { v: 'revoked', s: 'session', k: 'connection', x: 'refused' };

/** A lock service that does what its script says. */
export class ScriptedService<F extends Features> implements ScriptedBackend<F> {
  readonly name = 'scripted';
  readonly ttl: TtlRange;
  readonly revoked$: Observable<Revocation>;
  readonly watch?: (name: string) => Observable<LockStatus>;
  private readonly stage: Stage;
  private readonly attempts: ScriptedAttempts;
  private readonly batches: Batches;
  private readonly statuses: Scripts | undefined;
  private readonly revocations: readonly Cue[];
  private readonly revoked = new Subject<Revocation>();
  private playing = Subscription.EMPTY;

  constructor(
    scenario: Scenario,
    readonly features: F,
  ) {
    const { acquire, renew, release, status, watch, revoked = '' } = scenario;
    const stage = new Stage(scenario, features);
    this.stage = stage;
    this.ttl = scenario.ttl ?? { min: 1000, max: 3_600_000, step: 1 };
    this.attempts = new ScriptedAttempts(stage, new Scripts('acquire', acquire, 'g'));
    this.batches = new Batches(stage, {
      renew: new Scripts('renew', renew, 'r'),
      release: new Scripts('release', release, 'd'),
    });
    this.statuses = status === undefined ? undefined : new Scripts('status', status, 'f');
    this.revocations = parseScript('revoked', revoked);
    this.revoked$ = this.revoked.asObservable();
    if (watch !== undefined) {
      const watches = new Scripts('status', watch, 'f');
      this.watch = (name) => told(stage, 'watch', name, watches);
    }
  }

  get calls(): readonly ScriptedCall[] {
    return this.stage.calls;
  }

  callsOf(type: ScriptedCall['type']): readonly ScriptedCall[] {
    return this.calls.filter((call) => call.type === type);
  }

  toJSON(): BackendJson {
    return backendJson(this);
  }

  open(runtime: Runtime): void {
    if (this.stage.open(runtime)) return;
    // A hot script: it runs whether or not anybody listens, as long as the backend is open.
    this.playing = play(this.revocations, runtime.scheduler, ({ symbol }) => {
      this.takeAway(REASONS[symbol] ?? 'revoked');
    });
  }

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    return this.attempts.acquire(request);
  }

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    return this.batches.renew(grants, ttls);
  }

  release(grants: readonly Grant[], keepFor: readonly number[]): Observable<Released> {
    return this.batches.release(grants, keepFor);
  }

  status(name: string): Observable<LockStatus> {
    return this.statuses === undefined ? truth(this.stage, name) : told(this.stage, 'status', name, this.statuses);
  }

  ping(): Observable<void> {
    return EMPTY;
  }

  revoke(name: string): Observable<void> {
    return defer(() => {
      this.takeAway('revoked', (grant) => grant.name === name);
      return EMPTY;
    });
  }

  close(): Promise<void> {
    const { stage } = this;
    if (!stage.closed) {
      stage.closed = true;
      stage.note('close');
      this.playing.unsubscribe();
      this.attempts.close();
      stage.held.clear();
      this.revoked.complete();
    }
    return Promise.resolve();
  }

  private takeAway(reason: LostReason, isMeant: (grant: Grant) => boolean = () => true): void {
    const grants = [...this.stage.held].filter(isMeant);
    for (const grant of grants) this.stage.held.delete(grant);
    if (grants.length > 0) this.revoked.next({ grants, reason });
  }
}
