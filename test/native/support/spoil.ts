import fc, { type Arbitrary } from 'fast-check';

/** Anything that is JSON, the nearly right above all. */
const junk: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, 0, -1, 0.5, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, '', 'x', [], {}, true, [0], [1], ['']),
  fc.constantFrom(1e300, 'x'.repeat(257), '🔒'.repeat(256), '🔒'.repeat(257), 'acquire', 'shared', [[]], { id: 1 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const keys = fc.constantFrom(
  'id',
  'lock',
  'name',
  'type',
  'extra',
  '__proto__',
  'constructor',
  'more',
  'keepFor',
  'ttl',
);

/** A frame that was right, changed at some places: perhaps it still is. */
export function spoilt(frame: Arbitrary<unknown[]>): Arbitrary<string> {
  const spoiling = fc.record({ at: fc.nat(), key: fc.option(keys), field: fc.nat(), value: fc.option(junk) });
  return fc.tuple(frame, fc.array(spoiling, { maxLength: 3 })).map(([messages, spoilings]) => {
    let text = JSON.stringify(messages);
    for (const { at, key, field, value } of spoilings) {
      const all = JSON.parse(text) as unknown[];
      const message = all[at % Math.max(1, all.length)];
      if (typeof message === 'object' && message !== null) spoil(message as Record<string, unknown>, key, field, value);
      else all.push(value);
      text = JSON.stringify(all);
    }
    return text;
  });
}

function spoil(message: Record<string, unknown>, key: string | null, field: number, value: unknown): void {
  const names = Object.keys(message);
  const name = key ?? names[field % Math.max(1, names.length)] ?? 'id';
  if (value === null) Reflect.deleteProperty(message, name);
  // Not an assignment: `__proto__` is a name like any other in JSON.
  else Object.defineProperty(message, name, { value, enumerable: true, configurable: true, writable: true });
}
