import { EMPTY, lastValueFrom, type Observable } from 'rxjs';
import type { Transport } from '../wire/transport.js';

/** How a client ends: first what works, whatever is under way, then the transport, however that went. */
export function endClient<T>(
  transport: Transport,
  end: (working: T) => Observable<never>,
): (working: T | undefined) => Promise<void> {
  return (working) =>
    lastValueFrom(working === undefined ? EMPTY : end(working), { defaultValue: undefined }).finally(() =>
      transport.close(),
    );
}
