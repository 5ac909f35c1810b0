import { asyncScheduler, type SchedulerAction, type SchedulerLike, type Subscription } from 'rxjs';

/** The time of this machine, that knows what is still to be done. */
export class CountingScheduler implements SchedulerLike {
  armed = 0;

  now(): number {
    return asyncScheduler.now();
  }

  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription {
    this.armed++;
    let isArmed = true;
    const done = (): void => {
      if (isArmed) this.armed--;
      isArmed = false;
    };
    const action = asyncScheduler.schedule<T>(
      function (now) {
        done();
        work.call(this, now);
      },
      delay,
      state,
    );
    action.add(done);
    return action;
  }
}
