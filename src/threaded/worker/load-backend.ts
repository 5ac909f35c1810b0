import { createRequire } from 'node:module';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LockConfigError } from '../../contract/errors.js';
import type { LockBackend } from '../../contract/backend.js';
import type { Start } from '../shared/messages.js';

const ADDRESS = /^(file|data|node):/;
/** The package's own entries, which are those beside this file, wherever the program is. */
const OWN = /^rxlock(\/|$)/;

/**
 * Loads what makes the backend, and has it made.
 *
 * @throws LockConfigError if there is no such module, or nothing in it that makes a backend; and whatever that throws.
 */
export async function loadBackend({ module, export: name, args, from }: LoadOptions): Promise<LockBackend> {
  const exported = await load(module, from);
  const make = exported[name];
  if (typeof make !== 'function') {
    throw new LockConfigError(`the module '${module}' exports no function '${name}'`, { option: 'export' });
  }
  const backend = (await (make as (...args: readonly unknown[]) => unknown)(...args)) as
    Partial<LockBackend> | undefined;
  if (typeof backend?.acquire === 'function') return backend as LockBackend;
  throw new LockConfigError(`what '${name}' of the module '${module}' makes is no backend`, { option: 'export' });
}

type LoadOptions = Pick<Start, 'module' | 'export' | 'args' | 'from'>;

async function load(module: string, from: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(/* @vite-ignore */ addressOf(module, from))) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new LockConfigError(`the module '${module}' could not be loaded`, { option: 'module', cause });
  }
}

function addressOf(module: string, from: string): string {
  if (isAbsolute(module)) return pathToFileURL(module).href;
  if (ADDRESS.test(module) || OWN.test(module)) return module;
  return pathToFileURL(createRequire(from).resolve(module)).href;
}
