/**
 * Tells the time that all threads of a process have in common, in milliseconds: the system's monotonic clock, by
 * `process.hrtime`. `performance.now` counts from an origin of its own in each thread.
 *
 * It stands still while the machine is suspended, as `performance.now` does: what a suspend costs is added by the clock of
 * the thread that looks.
 */
export function commonTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
