import { TIME } from '../../../backends/redis/locks/scripts/time.js';
import { script, type Script } from '../../../backends/redis/wire/script.js';
import { invalid } from '../../../values/invalid.js';
import type { RedlockScripts } from './types.js';

/** Takes all of the keys, or none of them. */
const ACQUIRE = `
if #KEYS > 0 and redis.call('EXISTS', unpack(KEYS)) > 0 then
  return 0
end
for i = 1, #KEYS do
  redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2])
end
return #KEYS
`;

/**
 * Prolongs all of the keys, or none of them, and makes none shorter: an extension that was overtaken on its way would else end a lock
 * that is believed in for longer. Contains nothing that a Redis without memory refuses.
 */
const EXTEND = `
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) ~= ARGV[1] then
    return 0
  end
end
for i = 1, #KEYS do
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
  end
end
return #KEYS
`;

/** Deletes those of the keys that have the value. */
const RELEASE = `
local deleted = 0
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then
    deleted = deleted + redis.call('DEL', KEYS[i])
  end
end
return deleted
`;

/** What is run on each server. */
export interface ScriptSet {
  readonly acquire: Script;
  readonly extend: Script;
  readonly release: Script;
}

/** @throws LockValidationError for what is neither Lua nor a function that makes it. */
export function resolveScripts(given: RedlockScripts | undefined): ScriptSet {
  return {
    acquire: inTime(textOf(ACQUIRE, given?.acquireScript, 'acquireScript')),
    extend: inTime(textOf(EXTEND, given?.extendScript, 'extendScript')),
    release: inTime(textOf(RELEASE, given?.releaseScript, 'releaseScript')),
  };
}

function textOf(ours: string, given: RedlockScripts[keyof RedlockScripts], option: keyof RedlockScripts): string {
  const text: unknown = typeof given === 'function' ? given(ours) : (given ?? ours);
  if (typeof text !== 'string') throw invalid(option, 'is no Lua script');
  return text;
}

/** The same, but not after its time limit, which is the first argument. Answers the server's time as well. */
function inTime(text: string): Script {
  const asked = 'local function asked(KEYS, ARGV)';
  const rest = 'local rest = {}\nfor i = 2, #ARGV do rest[i - 1] = ARGV[i] end';
  return script(TIME, asked, text, 'end', rest, 'return { now, asked(KEYS, rest) or 0 }');
}
