import { createHash } from 'node:crypto';

/** A Lua script, and the name by which a server that has it can be asked to run it. */
export interface Script {
  readonly source: string;
  /** SHA-1 of the source, in hex. */
  readonly sha: string;
}

/** Makes a script of its parts. */
export function script(...parts: readonly string[]): Script {
  const source = parts.join('\n');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
