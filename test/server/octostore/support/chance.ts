const WORDS = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  'null',
  'true',
  '0',
  '-1',
  '1e999',
  '"ttl_seconds"',
  '"metadata"',
  '"lease_id"',
  '"acl"',
  '"acquire"',
  '"__proto__"',
  '"\\ud800"',
  '"00000000-0000-4000-8000-000000000000"',
  '\u0000',
  'é',
  '😀',
];
const FIELDS = [
  'ttl_seconds',
  'metadata',
  'lease_id',
  'session_id',
  'ephemeral',
  'lock_delay_seconds',
  'acl',
  'candidate_id',
  'leader_token',
  '__proto__',
  'constructor',
];
const PATHS = [
  '/locks/a/acquire',
  '/locks/a/renew',
  '/locks/a/release',
  '/locks/a',
  '/locks',
  '/locks?prefix=a',
  '/locks/a/acl',
  '/sessions',
  '/sessions/00000000-0000-4000-8000-000000000000/keepalive',
  '/sessions/00000000-0000-4000-8000-000000000000',
  '/elections',
  '/elections/election-1/campaign',
  '/elections/election-1/renew',
  '/elections/election-1/resign',
  '/elections/election-1',
  '/health',
  '/nothing',
];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'QUERY', 'get', 'BREW'];

/** Bad input by chance, the same for the same seed. */
export class Chance {
  constructor(private state: number) {}

  /** A whole number below that. */
  below(max: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * max);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  text(): string {
    const length = this.below(12);
    return Array.from({ length }, () =>
      this.below(4) === 0
        ? String.fromCharCode(this.below(0x10000))
        : this.pick([...WORDS, 'a', '/', '.', '..', '-', 'ß']),
    ).join('');
  }

  value(depth = 0): unknown {
    const kind = this.below(depth > 3 ? 6 : 8);
    if (kind === 0) return null;
    if (kind === 1) return this.below(2) === 0;
    if (kind === 2) return this.pick([0, 1, 60, 3600, 3601, -1, 1.5, 2 ** 32, 2 ** 53, 1e300]);
    if (kind === 3) return '00000000-0000-4000-8000-000000000000';
    if (kind < 6) return this.text();
    if (kind === 6) return Array.from({ length: this.below(4) }, () => this.value(depth + 1));
    return Object.fromEntries(
      Array.from({ length: this.below(4) }, () => [this.pick([...FIELDS, 'acquire']), this.value(depth + 1)]),
    );
  }

  body(): Buffer {
    const kind = this.below(4);
    if (kind === 0) return Buffer.from(Array.from({ length: this.below(40) }, () => this.below(256)));
    if (kind === 1) return Buffer.from(Array.from({ length: this.below(14) }, () => this.pick(WORDS)).join(''));
    const text = Buffer.from(JSON.stringify(this.value()) ?? '');
    if (kind === 2 && text.length > 0) text[this.below(text.length)] = this.below(256);
    return text;
  }

  /** A request, good or bad, in bytes. */
  request(token: string): Buffer {
    const body = this.body();
    let path = this.pick(PATHS);
    if (this.below(5) === 0)
      path = path.replace('a', this.pick(['%', '%FF', '%2F', '%C3%A9', 'x'.repeat(300), '//', '..', '%00']));
    const lines = [
      `${this.pick(this.below(6) === 0 ? METHODS : ['GET', 'POST'])} ${path} HTTP/1.1`,
      'host: x',
      ...(this.below(8) === 0 ? [] : [`authorization: Bearer ${token}`]),
      ...(this.below(8) === 0 ? [] : ['content-type: application/json']),
      ...(this.below(50) === 0 ? [`x: ${'y'.repeat(this.below(20_000))}`] : []),
      ...(this.below(50) === 0 ? ['origin: https://other.example'] : []),
      `content-length: ${String(this.below(100) === 0 ? body.length + this.below(3) - 1 : body.length)}`,
      '',
      '',
    ];
    const text = Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), body]);
    // Now and then not even HTTP.
    if (this.below(200) === 0) text[this.below(text.length)] = this.below(256);
    return text;
  }
}
