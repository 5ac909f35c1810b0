import type { Lease, LockEvent } from '../../src/contract/lease.js';
import { record, setup } from './virtual.js';

/** Subscribes, and answers the first attempt with a grant. */
export function held(options: Parameters<typeof setup>[0] = {}, lockOptions: object = {}, features: object = {}) {
  const all = setup(options, features);
  const events = record<LockEvent>(all.time);
  const subscription = all.locks.lock$('a', '10s', lockOptions).subscribe(events.observer);
  const grant = all.backend.acquired[0]!.grant();
  const lease = (events.events.at(-1) as { lease: Lease<bigint> }).lease;
  return { ...all, ...events, subscription, grant, lease };
}
