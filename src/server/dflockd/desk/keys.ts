import { keptName } from './key-name.js';

/** A key that somebody has or had. */
export class Key {
  /** How many hold it or wait for it. */
  users = 0;
  /** How many of these wait. */
  waiters = 0;
  /** When it was last touched while nobody had it. */
  idleSince = 0;

  constructor(
    readonly name: string,
    /** 1: a lock. */
    readonly limit: number,
  ) {}
}

/**
 * Which keys there are. A key that nobody has any more is remembered for a while, and keeps its limit: so a semaphore's
 * users learn that they disagree even if they never meet.
 */
export class Keys {
  private readonly all = new Map<string, Key>();
  /** Those that nobody has, the longest idle first. */
  private readonly unused = new Map<string, Key>();

  /**
   * @param max How many there may be.
   * @param maxIdle For how many milliseconds a key is remembered.
   */
  constructor(
    private readonly max: number,
    private readonly maxIdle: number,
    readonly now: () => number,
  ) {}

  get size(): number {
    this.prune();
    return this.all.size;
  }

  /** Those that nobody has. */
  get idle(): Iterable<Key> {
    this.prune();
    return this.unused.values();
  }

  find(name: string): Key | undefined {
    return this.all.get(name);
  }

  /** The key for who wants it with that limit. */
  obtain(name: string, limit: number): Key | 'error_limit_mismatch' | 'error_max_locks' {
    this.prune();
    const known = this.all.get(name);
    if (known !== undefined) {
      if (known.limit !== limit) return 'error_limit_mismatch';
      this.touch(name);
      return known;
    }
    if (this.all.size >= this.max) return 'error_max_locks';
    const key = new Key(keptName(name), limit);
    this.all.set(key.name, key);
    this.rest(key);
    return key;
  }

  /** Somebody asked for it: it is remembered for longer. */
  touch(name: string): void {
    const key = this.unused.get(name);
    if (key === undefined) return;
    this.unused.delete(name);
    this.rest(key);
  }

  enter(key: Key): void {
    if (key.users++ === 0) this.unused.delete(key.name);
  }

  leave(key: Key): void {
    if (--key.users === 0) this.rest(key);
  }

  private rest(key: Key): void {
    key.idleSince = this.now();
    this.unused.set(key.name, key);
  }

  private prune(): void {
    if (this.unused.size === 0) return;
    const before = this.now() - this.maxIdle;
    for (const key of this.unused.values()) {
      if (key.idleSince >= before) break;
      this.unused.delete(key.name);
      this.all.delete(key.name);
    }
  }
}
