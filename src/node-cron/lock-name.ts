import { createHash } from 'node:crypto';
import { validatePortableName } from '../values/validate-portable-name.js';

/** What node-cron asks with: the name of the task, and the time for which it is due. */
const KEY = /^(?<task>.*):(?<tick>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/s;
/**
 * The name of the lock for a run: `<prefix><task>`, or with the tick `<prefix><task>/<time>`.
 *
 * @param key As node-cron makes it.
 */
export function lockName(key: string, prefix: string, per: 'tick' | 'task'): string {
  const { task = key, tick = '' } = KEY.exec(key)?.groups ?? {};
  const name = `${prefix}${portable(task)}`;
  return per === 'task' || tick === '' ? name : `${name}/${tick.replaceAll(':', '-')}`;
}

/** A task may be called as it likes; names that differ stay different. */
function portable(task: string): string {
  try {
    validatePortableName(task);
    return task;
  } catch {
    const readable = task.replace(/[^\w-]+/g, '-').slice(0, 40);
    return `${readable}-${createHash('sha256').update(task).digest('hex').slice(0, 16)}`;
  }
}
