import type { ServerMessage } from './from-server.js';
import { isCount, isId, isNews, isRest, isSecret, isSome, isText, isVersion } from './fields.js';
import { isBoolean, list, oneOf, optional, record, Shape, type Check, type Optional } from './shape.js';

type Fields<M> = { [K in keyof Omit<M, 'type'>]-?: Check | Optional };
type MessageOf<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;

const heldBy = {
  holder: optional(isText),
  mode: optional(oneOf('shared', 'exclusive')),
  expiresIn: optional(isRest),
};
const session = record(new Shape({ id: isSecret, secret: isSecret }, true));
const limits = record(
  new Shape({ frame: isSome, locks: isSome, waiters: isCount, watches: isCount, minTtl: isSome, maxTtl: isSome }, true),
);
const code = oneOf('version', 'auth', 'protocol', 'limit', 'slow', 'replaced', 'closing', 'silent');
const versions = list(0, 64, isVersion);
const retryAfter = optional(isRest);
const status = record(
  new Shape(
    {
      name: isText,
      holders: isCount,
      waiters: isCount,
      token: optional(isId),
      metadata: optional(isText),
      limit: optional(isCount),
      permits: optional(isCount),
      ...heldBy,
    },
    true,
  ),
);

const FIELDS: { [T in ServerMessage['type']]: Fields<MessageOf<T>> } = {
  welcome: { version: isVersion, session, resumed: isBoolean, fencing: isBoolean, limits },
  refused: { code, message: isText, versions, retryAfter },
  bye: { code, message: isText, retryAfter },
  done: { id: isId },
  error: {
    id: isId,
    code: oneOf('invalid', 'limit-mismatch', 'gone', 'limit', 'storage', 'closing'),
    message: isText,
    retryAfter,
  },
  queued: { id: isId, position: isCount, ...heldBy },
  position: { id: isId, position: isCount },
  held: { id: isId, ...heldBy },
  granted: { id: isId, news: isNews, token: optional(isId), metadata: optional(isText) },
  lost: { id: isId, reason: oneOf('expired', 'revoked', 'gone'), news: isNews },
  detached: { id: isId, secret: isSecret },
  tick: {},
  mismatch: { id: isId },
  status: { id: isId, status },
  list: { id: isId, locks: list(0, Infinity, status), more: optional(isBoolean) },
};

/** What each message of a server has, at least: a newer server may say more. */
export const SERVER_SHAPES: ReadonlyMap<unknown, Shape> = new Map(
  Object.entries(FIELDS).map(([type, fields]) => [type, new Shape({ type: oneOf(type), ...fields }, true)]),
);
