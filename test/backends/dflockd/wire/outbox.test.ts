import { describe, expect, it } from 'vitest';
import { Outbox } from '../../../../src/backends/dflockd/wire/outbox.js';

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('Outbox', () => {
  it('writes once what is said in a turn, however many microtasks that takes', async () => {
    const written: string[] = [];
    const outbox = new Outbox((text) => written.push(text));
    outbox.open();
    outbox.add('a');
    outbox.add('b');
    for (let i = 0; i < 10; i++) await Promise.resolve();
    outbox.add('c');
    expect(written).toEqual([]);
    await turn();
    expect(written).toEqual(['abc']);
    outbox.add('d');
    await turn();
    expect(written).toEqual(['abc', 'd']);
  });

  it('keeps what is said before it is open, and forgets what is said after its end', async () => {
    const written: string[] = [];
    const outbox = new Outbox((text) => written.push(text));
    outbox.add('a');
    await turn();
    expect(written).toEqual([]);
    outbox.open();
    expect(written).toEqual(['a']);
    outbox.add('b');
    outbox.close();
    await turn();
    expect(written).toEqual(['a']);
  });

  it('writes each at once if it is prompt, but nothing before it is open', () => {
    const written: string[] = [];
    const outbox = new Outbox((text) => written.push(text), true);
    outbox.add('a');
    outbox.add('b');
    expect(written).toEqual([]);
    outbox.open();
    outbox.add('c');
    outbox.add('d');
    expect(written).toEqual(['ab', 'c', 'd']);
  });
});
