import { LockLostError, LockNetworkError } from '../../../contract/errors.js';
import { invalid } from '../../../values/invalid.js';
import { called, codeOf, errorOfReply, isOfScript } from '../wire/error-of-reply.js';
import type { Reply } from '../wire/port.js';
import { script, type Script } from '../wire/script.js';
import { slotOf } from '../wire/slot-of.js';
import type { Desk } from './desk.js';
import { OWNER_LENGTH } from './scripts/owner.js';

/** What a guarded script needs to know of a lease. */
export interface Guarding {
  readonly name: string;
  readonly fencingToken: bigint;
}

/** So many scripts are remembered; a program has a few. */
const MOST = 100;

/**
 * What comes before the user's script: it goes on only if the lock is still held with this token, and sees nothing of that. Who has the
 * lock but for the lock delay, or is a reader whose time is over, does not hold it. The last three of `KEYS`, and the last two of `ARGV`, are ours.
 */
const BEFORE = `
do
  local call, find = redis.call, string.find
  local token, delay = ':' .. table.remove(ARGV) .. ':', tonumber(table.remove(ARGV))
  local infos, ends, lock = table.remove(KEYS), table.remove(KEYS), table.remove(KEYS)
  local held = call('GET', lock)
  if held and find(held, '^%x') and find(held, token, 1, true) == ${String(OWNER_LENGTH + 1)} then
    held = call('PTTL', lock) > delay
  else
    held = false
    local time = call('TIME')
    local after = string.format('(%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + delay)
    for _, owner in ipairs(call('ZRANGEBYSCORE', ends, after, '+inf')) do
      local has = find(owner, '^%x') and call('HGET', infos, owner)
      if has and find(has, 's' .. token, 1, true) == 1 then held = true end
    end
  end
  if not held then return redis.error_reply('NOTHELD the lock is not held with this token') end
end
`;

/** Runs scripts of the user's own that write only while a lock is held: the fence for data that lives in the same Redis. */
export class Guard {
  private readonly scripts = new Map<string, Script>();

  constructor(private readonly desk: Desk) {}

  /** @throws LockLostError if it is not held with this token; LockValidationError, LockNetworkError. */
  async run(
    { name, fencingToken }: Guarding,
    source: string,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<Reply> {
    const { calls, keys: keyNames, lockDelay } = this.desk;
    const [lock, , ends, infos] = keyNames.all(name, 'lock') as [string, string, string, string];
    if (typeof fencingToken !== 'bigint') throw invalid('lease', 'has no fencing token');
    if (source.startsWith('#!'))
      throw invalid('script', 'begins with a line for the engine, which is not possible here');
    const slot = slotOf(calls.port, lock);
    if (keys.some((key) => slotOf(calls.port, key) !== slot))
      throw invalid('keys', `are not in the slot of the lock; in a Cluster they need its hash tag, {${name}}`);
    const { sha, source: whole } = this.scriptOf(source);
    const all = [
      String(keys.length + 3),
      ...keys,
      lock,
      ends,
      infos,
      ...args.map(String),
      String(lockDelay),
      String(fencingToken),
    ];
    try {
      if (!calls.isUp) await calls.ready();
      return await calls.ask('EVALSHA', [sha, ...all], lock).catch((error: unknown) => {
        if (codeOf(error) === 'NOSCRIPT') return calls.ask('EVAL', [whole, ...all], lock);
        throw error;
      });
    } catch (error) {
      throw this.errorOf(error, name);
    }
  }

  private errorOf(error: unknown, name: string): Error {
    if (codeOf(error) === 'NOTHELD')
      return new LockLostError(`${called({ name })} is not held any more; nothing was written`, {
        name,
        reason: 'refused',
      });
    // What the user's own script says, or is told by a command, is his.
    if (error instanceof Error && isOfScript(error)) return error;
    const known = errorOfReply(error, { what: 'write under', where: this.desk.calls.port.where, name });
    if (!(known instanceof LockNetworkError)) return known;
    return new LockNetworkError(`${known.message}; whether it was written is not known`, { name, cause: error });
  }

  private scriptOf(source: string): Script {
    const known = this.scripts.get(source);
    if (known !== undefined) return known;
    if (this.scripts.size >= MOST) this.scripts.clear();
    const made = script(BEFORE, source);
    this.scripts.set(source, made);
    return made;
  }
}
