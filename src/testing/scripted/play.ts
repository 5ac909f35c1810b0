import { Subscription, type SchedulerLike } from 'rxjs';
import type { Cue } from './script.js';

/**
 * Plays a script: cues at frame 0 within the call, the others on the scheduler, one timer at a time.
 *
 * @returns Closed once the last cue has been played; at once if there is none.
 */
export function play(cues: readonly Cue[], scheduler: SchedulerLike, act: (cue: Cue) => void): Subscription {
  const playing = new Subscription();
  let next = 0;
  const step = (frame: number): void => {
    for (let cue = cues[next]; cue !== undefined && !playing.closed; cue = cues[next]) {
      if (cue.frame > frame) {
        const { frame: then } = cue;
        const timer = scheduler.schedule(() => {
          playing.remove(timer);
          step(then);
        }, then - frame);
        playing.add(timer);
        return;
      }
      next++;
      act(cue);
    }
    playing.unsubscribe();
  };
  step(0);
  return playing;
}
