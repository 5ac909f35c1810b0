import { readFile } from 'node:fs/promises';
import { LockConfigError } from '../../contract/errors.js';
import { invalid } from '../../values/invalid.js';
import { readTokens, type NamedToken } from '../read-tokens.js';
import type { LockServerOptions } from './options.js';

/** Who has which token, as the options say. */
export class TokenReader {
  /** What is private to the language, `inspect` shows to nobody. */
  readonly #fixed: readonly NamedToken[];
  private readonly file: string | undefined;

  /** @throws LockValidationError for tokens that are none. */
  constructor({ tokens, tokenFile }: Pick<LockServerOptions, 'tokens' | 'tokenFile'>) {
    this.#fixed = tokens === undefined ? [] : listOf(tokens);
    if (tokenFile !== undefined && (typeof tokenFile !== 'string' || tokenFile === '')) {
      throw invalid('tokenFile', 'is the path of a file');
    }
    this.file = tokenFile;
  }

  /** Is anybody asked? */
  get isOn(): boolean {
    return this.#fixed.length > 0 || this.file !== undefined;
  }

  /** @throws LockConfigError if the file cannot be read; LockValidationError for what is in it. */
  async read(): Promise<readonly NamedToken[]> {
    if (this.file === undefined) return this.#fixed;
    const inFile = readTokens(await textOf(this.file), 'tokenFile');
    const known = new Set(this.#fixed.map(({ token }) => token));
    if (inFile.some(({ token }) => known.has(token))) throw invalid('tokenFile', 'has a token that tokens has as well');
    return [...this.#fixed, ...inFile];
  }
}

function listOf(tokens: NonNullable<LockServerOptions['tokens']>): readonly NamedToken[] {
  if (typeof tokens !== 'object' || tokens === null) throw invalid('tokens', 'has a token for each name');
  const lines = Object.entries(tokens).flatMap(([name, one]) => [one].flat().map((token) => [name, token] as const));
  for (const [name, token] of lines) {
    // As text, what has a line break or a colon in the wrong place would be somebody else's.
    if (typeof token !== 'string' || /[\r\n]/.test(name + token) || name.includes(':')) {
      throw invalid('tokens', 'has a token, or several, for each name');
    }
  }
  return readTokens(lines.map(([name, token]) => `${name}:${token}`).join('\n'), 'tokens');
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new LockConfigError(`tokenFile cannot be read: ${(error as Error).message}`, {
      option: 'tokenFile',
      cause: error,
    });
  }
}
