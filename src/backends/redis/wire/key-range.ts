/** Commands whose keys come behind a script, and their number. */
const SCRIPTS = new Set(['EVAL', 'EVALSHA', 'EVAL_RO', 'EVALSHA_RO', 'FCALL', 'FCALL_RO']);
/** Commands of nothing but keys. */
const ALL = new Set(['DEL', 'UNLINK', 'EXISTS', 'TOUCH', 'MGET', 'WATCH']);
/** Commands whose first argument is their key. */
const FIRST = new Set(
  (
    'GET SET SETNX GETSET GETDEL GETEX INCR INCRBY DECR DECRBY APPEND STRLEN TYPE TTL PTTL EXPIRE PEXPIRE EXPIREAT PEXPIREAT ' +
    'PERSIST EXPIRETIME PEXPIRETIME DUMP HGET HSET HDEL HGETALL HMGET HLEN HEXISTS HINCRBY LPUSH RPUSH LPOP RPOP LLEN LRANGE ' +
    'LREM LINDEX SADD SREM SCARD SMEMBERS SISMEMBER ZADD ZREM ZCARD ZRANGE ZRANGEBYSCORE ZSCORE ZRANK ZPOPMIN'
  ).split(' '),
);

/** Which of a command's arguments are keys: from where, and up to where. Only of what a lock has a use for. */
export function keyRange(command: string, args: readonly string[]): readonly [from: number, to: number] {
  const name = command.toUpperCase();
  if (SCRIPTS.has(name)) return [2, 2 + Number(args[1] ?? 0)];
  if (ALL.has(name)) return [0, args.length];
  return [0, FIRST.has(name) ? 1 : 0];
}
