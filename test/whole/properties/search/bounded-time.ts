import type { SchedulerAction, Subscription } from 'rxjs';
import { Time } from '../../../support/virtual.js';

/** More timers than any program needs. */
const MANY = 40_000;

/** Virtual time that ends a program which goes on for ever at one moment. */
export class BoundedTime extends Time {
  private count = 0;

  get isOver(): boolean {
    return this.count > MANY;
  }

  override schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription {
    if (++this.count > MANY) throw new Error('too many timers');
    return super.schedule(work, delay, state);
  }
}
