import { inspect } from 'node:util';
import { vi, type MockInstance } from 'vitest';

const DEEP = { depth: 40, showHidden: true, maxArrayLength: null, maxStringLength: null } as const;
const SAID = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const;

/** Everything that anybody could have seen of something, as text: in a log, on a screen, in a report of errors. */
export class Evidence {
  private readonly found: { readonly label: string; readonly text: string }[] = [];
  private readonly spies: MockInstance[];

  constructor() {
    this.spies = [
      ...SAID.map((method) => vi.spyOn(console, method)),
      vi.spyOn(process, 'emitWarning'),
      vi.spyOn(process.stdout, 'write'),
      vi.spyOn(process.stderr, 'write'),
    ];
    for (const spy of this.spies) spy.mockImplementation(() => true);
  }

  /** How many things were looked at. */
  get size(): number {
    return this.found.length;
  }

  get labels(): readonly string[] {
    return [...new Set(this.found.map(({ label }) => label))];
  }

  /** Looks at a value from all sides, and at what made it happen. */
  see(label: string, value: unknown): void {
    const views = [
      () => String(value),
      () => inspect(value),
      () => inspect(value, DEEP),
      () => JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one)),
      () => Object.entries(value as object).join(),
    ];
    if (value instanceof Error) views.push(() => `${value.name} ${value.message} ${value.stack ?? ''}`);
    this.found.push({ label, text: views.map(attempted).join('\n') });
    const { cause } = (value ?? {}) as { readonly cause?: unknown };
    if (cause !== undefined) this.see(`${label}, its cause`, cause);
  }

  /** Where any of these secrets can be seen, or the better part of one. */
  traces(secrets: readonly string[]): readonly string[] {
    const said = this.spies.flatMap((spy) => spy.mock.calls).map((call) => inspect(call, DEEP));
    const all = [...this.found, ...said.map((text) => ({ label: 'what was said', text }))];
    const parts = secrets.map((secret) => secret.slice(0, 12).toLowerCase());
    return all.filter(({ text }) => parts.some((part) => text.toLowerCase().includes(part))).map(({ label }) => label);
  }

  end(): void {
    for (const spy of this.spies) spy.mockRestore();
  }
}

function attempted(view: () => string): string {
  try {
    return view();
  } catch (error) {
    return String(error);
  }
}
