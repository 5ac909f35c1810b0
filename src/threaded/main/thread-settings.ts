import { parseDuration } from '../../values/duration.js';
import { LockConfigError } from '../../contract/errors.js';
import { refuseUnknown } from '../../values/refuse-unknown.js';
import type { ThreadedOptions } from '../options.js';
import { invalid } from '../../values/invalid.js';

/** What {@link ThreadedOptions} come to. */
export interface ThreadSettings {
  readonly module: string;
  readonly export: string;
  readonly args: readonly unknown[];
  /** Milliseconds; by the ttl if it is absent. */
  readonly stallLimit: number | undefined;
  readonly execArgv: readonly string[];
  readonly worker: string | URL | undefined;
}

const OPTIONS = new Set(['module', 'export', 'args', 'stallLimit', 'execArgv', 'worker']);
const RELATIVE = /^\.{1,2}([/\\]|$)/;

/** @throws LockValidationError, LockConfigError naming the option. */
export function resolveThreadSettings(options: ThreadedOptions): ThreadSettings {
  refuseUnknown(options, OPTIONS);
  const { args = [], stallLimit, execArgv = [], worker } = options;
  const module = options.module instanceof URL ? options.module.href : options.module;
  if (typeof module !== 'string' || module === '') throw invalid('module', 'is neither a name nor a URL');
  if (RELATIVE.test(module)) {
    throw invalid('module', `is relative to no file: write new URL('${module}', import.meta.url)`);
  }
  if (typeof options.export !== 'string' || options.export === '') throw invalid('export', 'is no name');
  if (!Array.isArray(args)) throw invalid('args', 'is not an array');
  if (!Array.isArray(execArgv) || execArgv.some((one) => typeof one !== 'string')) {
    throw invalid('execArgv', 'is no array of strings');
  }
  if (worker !== undefined && typeof worker !== 'string' && !(worker instanceof URL)) {
    throw invalid('worker', 'is neither a path nor a URL');
  }
  requireData(args, 'args');
  const limit = stallLimit === undefined ? undefined : parseDuration(stallLimit, 'stallLimit');
  return { module, export: options.export, args, stallLimit: limit, execArgv, worker };
}

/** Names what cannot be sent, and never shows it. */
function requireData(value: unknown, option: string, seen = new Set<unknown>()): void {
  // What has gone round in a circle is no worse than where it came from.
  if (seen.has(value) || isData(value)) return;
  if (typeof value === 'object' && value !== null) {
    seen.add(value);
    for (const [key, part] of Object.entries(value)) {
      requireData(part, Array.isArray(value) ? `${option}[${key}]` : `${option}.${key}`, seen);
    }
  }
  // The engine's own error would tell a function's text.
  throw new LockConfigError(
    `${option} is of type ${typeof value}, which cannot be handed to another thread: export a function of your own that makes the backend there, and name that`,
    { option },
  );
}

function isData(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
