import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { outlive, say } from '../../src/cli/say.js';

describe('say', () => {
  it('writes', () => {
    let told = '';
    say({ write: (text) => (told += text), on: () => undefined }, 'hello');
    expect(told).toBe('hello');
  });

  it('goes on where a write throws', () => {
    const full = (): never => {
      throw new Error('ENOSPC');
    };
    expect(() => {
      say({ write: full, on: () => undefined }, 'hello');
    }).not.toThrow();
  });

  it('goes on when the terminal has hung up', async () => {
    const gone = new Writable({
      write: (_chunk, _encoding, done) => {
        done(new Error('EIO'));
      },
    });
    outlive(gone);
    const closed = new Promise((resolve) => gone.once('close', resolve));
    say(gone, 'one');
    await closed;
    say(gone, 'two');
    expect(gone.errored).toStrictEqual(new Error('EIO'));
  });
});
