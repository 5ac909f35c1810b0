import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { digestOf } from './digest-of.js';
import type { Principal, Principals } from './principals.js';
import type { NamedToken } from './read-tokens.js';

/** As long as nobody can guess. Bytes. */
const SIZE = 32;

/** A token that was given out in place of others, as it may be stored: nothing in it lets anybody in. */
export interface Rotation {
  readonly name: string;
  /** Of the token, which nobody can guess. */
  readonly hash: string;
  readonly salt: string;
  /** Salted hashes of those that it stands for: who is given yet another one in the list has that one. */
  readonly replaced: readonly string[];
}

/** Where rotations are kept. */
export interface Rotations {
  readonly all: readonly Rotation[];
  put(rotation: Rotation): void;
  delete(name: string): void;
}

/** What a name has. */
interface Known {
  readonly principal: Principal;
  rotation: Rotation | undefined;
  /** The one before it, if it may be taken back. */
  before?: Rotation | undefined;
}

/**
 * Those who have a token.
 *
 * A token is looked up by its hash under a key that nobody knows, so what a look takes tells nothing of what is there; what was
 * found is compared in constant time.
 */
export class TokenPrincipals implements Principals {
  readonly required = true;
  readonly #key = randomBytes(SIZE);
  /** Without the tokens themselves. What is private to the language, `inspect` shows to nobody. */
  #list: readonly { readonly name: string; readonly hash: string }[] = [];
  private readonly names = new Map<string, Known>();
  private readonly listeners = new Set<() => void>();
  /** By keyed hash. */
  private owners = new Map<string, { readonly digest: Buffer; readonly name: string }>();

  /**
   * @param list At least one.
   * @param rotations Those of before, and where new ones are kept. In memory by default.
   * @param random Unpredictable bytes.
   */
  constructor(
    list: readonly NamedToken[],
    private readonly rotations?: Rotations,
    private readonly random: (size: number) => Buffer = randomBytes,
  ) {
    this.seat(list, new Map(rotations?.all.map((one) => [one.name, one])));
  }

  identify(token: string): Principal | undefined {
    const digest = this.keyed(plainHash(token));
    const found = this.owners.get(digest.toString('latin1'));
    const isRight = found !== undefined && timingSafeEqual(found.digest, digest);
    return isRight ? this.names.get(found.name)?.principal : undefined;
  }

  has(principal: Principal): boolean {
    return this.names.get(principal.name)?.principal === principal;
  }

  rotate(principal: Principal): string {
    const known = this.names.get(principal.name);
    if (known?.principal !== principal) throw new TypeError('who has no token gets no other');
    const { name } = principal;
    const token = this.random(SIZE).toString('base64url');
    const salt = this.random(16).toString('base64url');
    const replaced = this.hashesOf(name).map((hash) => saltedHash(salt, hash));
    known.before = known.rotation;
    known.rotation = { name, salt, hash: plainHash(token), replaced };
    this.rotations?.put(known.rotation);
    this.index();
    return token;
  }

  takeBack({ name }: Principal, token: string): void {
    const known = this.names.get(name);
    if (known?.rotation?.hash !== plainHash(token)) return;
    known.rotation = known.before;
    if (known.rotation === undefined) this.rotations?.delete(name);
    else this.rotations?.put(known.rotation);
    this.index();
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Who has which token from now on. A token that was rotated stands for those of the list that were there then. */
  replace(list: readonly NamedToken[]): void {
    const rotations = [...this.names].flatMap(([name, { rotation }]) =>
      rotation === undefined ? [] : [[name, rotation] as const],
    );
    this.seat(list, new Map(rotations));
    for (const listener of [...this.listeners]) listener();
  }

  private seat(list: readonly NamedToken[], rotations: ReadonlyMap<string, Rotation>): void {
    this.#list = list.map(({ name, token }) => ({ name, hash: plainHash(token) }));
    const wanted = new Set(list.map(({ name }) => name));
    for (const name of this.names.keys()) if (!wanted.has(name)) this.names.delete(name);
    for (const name of wanted) {
      const principal = this.names.get(name)?.principal ?? Object.freeze({ name });
      this.names.set(name, { principal, rotation: this.stillStanding(rotations.get(name)) });
    }
    for (const name of rotations.keys()) if (this.names.get(name)?.rotation === undefined) this.rotations?.delete(name);
    this.index();
  }

  /** A rotation holds as long as the list has no other token for that name than those that it replaced. */
  private stillStanding(rotation: Rotation | undefined): Rotation | undefined {
    if (rotation === undefined) return undefined;
    const { name, salt, replaced } = rotation;
    return this.hashesOf(name).every((hash) => replaced.includes(saltedHash(salt, hash))) ? rotation : undefined;
  }

  private hashesOf(name: string): string[] {
    return this.#list.flatMap((one) => (one.name === name ? [one.hash] : []));
  }

  private index(): void {
    this.owners = new Map();
    for (const { name, hash } of this.#list) {
      if (this.names.get(name)?.rotation === undefined) this.own(hash, name);
    }
    for (const [name, { rotation }] of this.names) if (rotation !== undefined) this.own(rotation.hash, name);
  }

  private own(hash: string, name: string): void {
    const digest = this.keyed(hash);
    this.owners.set(digest.toString('latin1'), { digest, name });
  }

  private keyed(hash: string): Buffer {
    return createHmac('sha256', this.#key).update(hash).digest();
  }
}

function plainHash(token: string): string {
  return digestOf(token).toString('base64url');
}

/** For what somebody chose, and others might guess. */
function saltedHash(salt: string, hash: string): string {
  return plainHash(`${salt}:${hash}`);
}
