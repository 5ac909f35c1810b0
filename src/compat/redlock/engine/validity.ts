/** Below this a Redis counts no time, and a timer neither. Milliseconds. */
const GRAIN = 2;

/** For how long what was granted for a duration is believed in, from the moment that it was asked for. Milliseconds. */
export function validity(duration: number, driftFactor: number): number {
  return duration - Math.round(duration * driftFactor) - GRAIN;
}
