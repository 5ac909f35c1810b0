import type { SchedulerAction, Subscription } from 'rxjs';
import { Time } from '../../../support/virtual.js';
import { Many } from './many.js';

/** More timers than any program needs within a while. */
const MANY = 40_000;

/** Virtual time that ends a program which goes on for ever at one moment. */
export class BoundedTime extends Time {
  private readonly timers = new Many(MANY, () => this.now());

  get isOver(): boolean {
    return this.timers.isOver;
  }

  override schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription {
    this.timers.add('timers');
    return super.schedule(work, delay, state);
  }
}
