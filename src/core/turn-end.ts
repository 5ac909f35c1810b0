import type { SchedulerLike } from 'rxjs';
import { reportErrors } from '../values/report-errors.js';

const SETTLED = Promise.resolve();

/** Calls back once everything that goes on now is over, however often it is asked to. */
export class TurnEnd {
  private isPlanned = false;

  /**
   * @param isReal Real time ends a turn with a microtask, which is what `asapScheduler` does, for a third of its price. In
   * virtual time no promise settles: there it is the rest of the frame.
   */
  constructor(
    private readonly scheduler: SchedulerLike,
    private readonly isReal: boolean,
    private readonly over: () => void,
  ) {}

  plan(): void {
    if (this.isPlanned) return;
    this.isPlanned = true;
    if (this.isReal) {
      void SETTLED.then(this.end);
      return;
    }
    // A scheduler that gives up what it has planned gives up this as well.
    this.scheduler.schedule(this.end).add(() => {
      this.isPlanned = false;
    });
  }

  private readonly end = (): void => {
    this.isPlanned = false;
    reportErrors(this.over);
  };
}
