/** What ends a lease, as an event tells it. */
export type LeaseEnd = 'lost' | 'released' | 'detached';

/** Does it end a lease? */
export function isEnd<E extends { readonly type: string }>(event: E): event is E & { readonly type: LeaseEnd } {
  const { type } = event;
  return type === 'lost' || type === 'released' || type === 'detached';
}
