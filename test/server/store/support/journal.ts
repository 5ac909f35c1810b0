/** What a client was told it holds, and for how long it believes in it. Times are of one monotonic clock, in milliseconds. */
export interface Held {
  readonly name: string;
  readonly by: string;
  readonly sentAt: number;
  readonly toldAt: number;
  readonly token: number | undefined;
  until: number;
}

/** What all clients of a server were told over its lives. */
export class Journal {
  readonly faults: string[] = [];
  private readonly held: Held[] = [];

  readonly now = (): number => performance.now();

  get grants(): number {
    return this.held.length;
  }

  /** How many were told by each front. */
  get by(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { by } of this.held) counts[by] = (counts[by] ?? 0) + 1;
    return counts;
  }

  granted(by: string, name: string, sentAt: number, ttl: number, token?: number): Held {
    const held = { name, by, sentAt, toldAt: this.now(), token, until: sentAt + ttl };
    this.held.push(held);
    return held;
  }

  renewed(held: Held, sentAt: number, ttl: number): void {
    // Whose time was over meanwhile has found out, and does not believe in it again.
    if (this.now() < held.until) held.until = sentAt + ttl;
  }

  /** It gives it back, from now on. */
  ends(held: Held): void {
    held.until = Math.min(held.until, this.now());
  }

  /** It was told that it has it no more. */
  refused(held: Held): void {
    if (this.now() < held.until)
      this.faults.push(`${held.by} lost ${held.name} ${(held.until - this.now()).toFixed(0)} ms too early`);
    this.ends(held);
  }

  /** All that is wrong with what they were told. */
  check(): string[] {
    return [...this.faults, ...this.overlaps(), ...this.badTokens()];
  }

  private overlaps(): string[] {
    const faults: string[] = [];
    const last = new Map<string, Held>();
    for (const held of [...this.held].sort((a, b) => a.toldAt - b.toldAt)) {
      const before = last.get(held.name);
      if (before !== undefined && before.until > held.toldAt && held.until > held.toldAt)
        faults.push(
          `${held.name}: ${held.by} was told at ${held.toldAt.toFixed(1)}, and ${before.by} believed in it until ${before.until.toFixed(1)}`,
        );
      if (before === undefined || held.until > before.until) last.set(held.name, held);
    }
    return faults;
  }

  /** Tokens are given once; and who asks for a name after another was told of it gets a greater one. */
  private badTokens(): string[] {
    const faults: string[] = [];
    const all = this.held.filter((held): held is Held & { readonly token: number } => held.token !== undefined);
    if (new Set(all.map(({ token }) => token)).size < all.length) faults.push('a token was given twice');
    const told = [...all].sort((a, b) => a.toldAt - b.toldAt);
    let next = 0;
    const highest = new Map<string, number>();
    for (const held of [...all].sort((a, b) => a.sentAt - b.sentAt)) {
      for (let other = told[next]; other !== undefined && other.toldAt < held.sentAt; other = told[++next])
        highest.set(other.name, Math.max(highest.get(other.name) ?? 0, other.token));
      const before = highest.get(held.name) ?? 0;
      if (held.token <= before) faults.push(`token ${String(held.token)} of ${held.name} came after ${String(before)}`);
    }
    return faults;
  }
}
