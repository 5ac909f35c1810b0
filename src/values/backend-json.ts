import type { Features, LockBackend, TtlRange } from '../contract/backend.js';

/** What may be told of a backend, as plain data: nothing of it is secret. */
export interface BackendJson {
  readonly name: string;
  readonly features: Features;
  readonly ttl: TtlRange | undefined;
}

/** Gives a backend's `toJSON()`: its insides go round in circles, or hold what no JSON can. */
export function backendJson({ name, features, ttl }: LockBackend): BackendJson {
  return { name, features, ttl };
}

/** Gives a backend that is a plain object a `toJSON()`. */
export function withJson<B extends LockBackend>(backend: B): B {
  return Object.assign(backend, { toJSON: () => backendJson(backend) });
}
