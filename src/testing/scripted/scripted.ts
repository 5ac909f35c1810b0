import type { Features } from '../../contract/backend.js';
import type { Overridden, Scenario, ScriptedBackend } from './scenario.js';
import { checkScenario } from './check-scenario.js';
import { ScriptedService } from './scripted-service.js';

/**
 * A lock service made of marbles: each call takes the next script, and the last one serves all calls that follow.
 *
 * It takes its time from the locks that use it, so it runs in a TestScheduler's virtual time, under a runner's fake
 * timers and in real time alike. What a script says at frame 0 is answered within the call. An attempt that is left
 * while its grant is on the way still gets it, as a stray; one that was queued leaves the queue.
 *
 * @throws LockConfigError for a letter that has no meaning, LockValidationError for an unknown option or one of another type;
 * both name it.
 *
 * @example
 * ```ts
 * import { scripted, toMarbles, virtualTime } from 'rxlock/testing';
 *
 * virtualTime(({ createLocks, expectObservable }) => {
 *   const backend = scripted({
 *     acquire: ['--h', '--g'], //  somebody has it; the next attempt is granted after 2 ms
 *     renew: ['--r', '--x'], //    confirmed; refused
 *   });
 *   const locks = createLocks(backend);
 *   expectObservable(locks.lock$('a', '10s').pipe(toMarbles())).toBe('--w 51ms a 2999ms r 2999ms (l|)');
 * });
 * ```
 */
export function scripted<const F extends Partial<Features> = Partial<Features>>(
  scenario: Scenario<F> = {},
): ScriptedBackend<Overridden<F>> {
  checkScenario(scenario);
  return new ScriptedService<Overridden<F>>(scenario, {
    fencing: true,
    fifo: true,
    push: scenario.watch !== undefined,
    semaphore: true,
    permits: true,
    shared: true,
    metadata: true,
    minHold: true,
    ...scenario.features,
  } as unknown as Overridden<F>);
}
