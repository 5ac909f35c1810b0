import type { AcquireSignal } from '../contract/backend.js';

/** Something must be there to be renewed and given back. A backend may be anybody's. */
export function isGranted(
  signal: AcquireSignal | null | undefined,
): signal is Extract<AcquireSignal, { readonly type: 'granted' }> {
  if (signal?.type !== 'granted') return false;
  const { grant } = signal as { readonly grant: unknown };
  return typeof grant === 'object' && grant !== null;
}
