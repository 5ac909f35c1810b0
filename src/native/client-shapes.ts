import type { ClientMessage } from './from-client.js';
import {
  isCount,
  isHash,
  isHeard,
  isHolder,
  isId,
  isMetadata,
  isName,
  isPrefix,
  isRest,
  isSecret,
  isSome,
  isTime,
  isToken,
  isVersion,
} from './fields.js';
import { isBoolean, list, oneOf, optional, record, Shape, type Check, type Optional } from './shape.js';

/** How many ids one message may have. */
const MAX_IDS = 8192;

type Fields<M> = { [K in keyof Omit<M, 'type'>]-?: Check | Optional };
type MessageOf<T extends ClientMessage['type']> = Extract<ClientMessage, { type: T }>;

const ids = list(0, MAX_IDS, isId);
const semaphore = optional(isBoolean);

const FIELDS: { [T in ClientMessage['type']]: Fields<MessageOf<T>> } = {
  hello: {
    versions: list(1, 16, isVersion),
    token: optional(isToken),
    holder: optional(isHolder),
    session: optional(record(new Shape({ id: isSecret, secret: isSecret }))),
  },
  acquire: {
    id: isId,
    name: isName,
    ttl: isTime,
    wait: optional(isBoolean),
    mode: optional(oneOf('shared', 'exclusive')),
    limit: optional(isSome),
    permits: optional(isSome),
    metadata: optional(isMetadata),
    holder: optional(isHolder),
    lockDelay: optional(isRest),
    renew: optional(isBoolean),
  },
  adopt: {
    id: isId,
    name: isName,
    secret: isSecret,
    ttl: isTime,
    holder: optional(isHolder),
    renew: optional(isBoolean),
  },
  leave: { id: isId, lock: isId },
  release: { id: isId, lock: isId, keepFor: optional(isRest) },
  ttl: { id: isId, lock: isId, ttl: isTime },
  detach: { id: isId, lock: isId },
  alive: { id: isId, news: isHeard, count: isCount, hash: isHash },
  settle: { id: isId, news: isHeard, holds: ids, wants: ids, more: optional(isBoolean) },
  status: { id: isId, name: isName, semaphore },
  list: { id: isId, prefix: optional(isPrefix), semaphore },
  watch: { id: isId, name: isName, semaphore },
  unwatch: { id: isId, watch: isId },
  revoke: { id: isId, name: isName, semaphore },
  end: { id: isId },
};

/** What each message of a client has, and nothing else. */
export const CLIENT_SHAPES: ReadonlyMap<unknown, Shape> = new Map(
  Object.entries(FIELDS).map(([type, fields]) => [type, new Shape({ type: oneOf(type), ...fields })]),
);
