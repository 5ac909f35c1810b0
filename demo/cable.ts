import {
  BehaviorSubject,
  defer,
  filter,
  NEVER,
  switchMap,
  takeUntil,
  throwError,
  type Observable,
  type ObservableInput,
} from 'rxjs';
import { LockNetworkError, type Features, type LockBackend } from 'rxlock';

/** The network between one contender and the lock service. */
export class Cable {
  private readonly cuts = new BehaviorSubject(false);

  cut(): void {
    this.cuts.next(true);
  }

  mend(): void {
    this.cuts.next(false);
  }

  get isCut(): boolean {
    return this.cuts.value;
  }

  get cut$(): Observable<boolean> {
    return this.cuts.pipe(filter((isCut) => isCut));
  }
}

/**
 * A backend at the far end of a cable. What is asked while the cable is cut gets no answer, or none in time, and nothing
 * that the service does reaches this side: a process that has crashed looks the same from there.
 */
export function throughCable<F extends Features>(backend: LockBackend<F>, cable: Cable): LockBackend<F> {
  const unreachable = (): Observable<never> => throwError(() => new LockNetworkError('the cable is cut'));
  const asked = <T>(ask: () => ObservableInput<T>, otherwise: () => Observable<never> = unreachable): Observable<T> =>
    defer(() => (cable.isCut ? otherwise() : ask()));
  return {
    ...about(backend),
    open: (runtime) => backend.open?.(runtime),
    acquire: (request) => asked(() => backend.acquire(request)),
    // Packets vanish: the core has to notice by itself that no answer comes.
    renew: (grants, ttls) =>
      asked(
        () => backend.renew(grants, ttls).pipe(takeUntil(cable.cut$)),
        () => NEVER,
      ),
    release: (grants, keepFor) => asked(() => backend.release(grants, keepFor)),
    revoked$: backend.revoked$?.pipe(filter(() => !cable.isCut)) ?? NEVER,
    watch: (name) =>
      asked(() => backend.watch?.(name).pipe(takeUntil(cable.cut$.pipe(switchMap(unreachable)))) ?? NEVER),
    status: (name) => asked(() => backend.status(name)),
    close: () => backend.close(),
  };
}

function about<F extends Features>({
  name,
  features,
  ttl,
}: LockBackend<F>): Pick<LockBackend<F>, 'name' | 'features' | 'ttl'> {
  return { name, features, ...(ttl === undefined ? {} : { ttl }) };
}
