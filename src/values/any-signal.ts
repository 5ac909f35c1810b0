import { abortReason } from './abort-reason.js';
import { onAbort } from './on-abort.js';

/** A signal that aborts with the first of some, and with its reason: `AbortSignal.any`, which not every platform has. */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  const leave: (() => void)[] = [];
  const follow = (signal: AbortSignal): void => {
    leave.forEach((stop) => {
      stop();
    });
    controller.abort(abortReason(signal));
  };
  for (const signal of signals) {
    if (controller.signal.aborted) break;
    if (signal.aborted) follow(signal);
    else {
      leave.push(
        onAbort(signal, () => {
          follow(signal);
        }),
      );
    }
  }
  return controller.signal;
}
