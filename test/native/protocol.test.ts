import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreeOn, tokenOf, tokenProtocol } from '../../src/native/protocol.js';

describe('agreeOn', () => {
  it.each([
    [[1], [1], 1],
    [[1], [2, 1], 1],
    [[1, 2], [1, 2, 3], 2],
    [[1], [2], undefined],
    [[], [1], undefined],
  ])('a client of %j and a server of %j agree on %s', (theirs, ours, version) => {
    expect(agreeOn(theirs, ours)).toBe(version);
  });
});

describe('tokenProtocol', () => {
  it('is made of what a header allows, and is read again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (token) => {
        const protocol = tokenProtocol(token);
        expect(protocol).toMatch(/^[!#$%&'*+.^_`|~\w-]+$/);
        expect(tokenOf(['rxlock', protocol])).toBe(token);
      }),
    );
  });

  it('is that of the page', () => {
    expect(tokenProtocol('s3cret/1')).toBe('rxlock.token.s3cret%2F1');
  });

  it('is none where there is none, or no text', () => {
    expect(tokenOf(['rxlock'])).toBeUndefined();
    expect(tokenOf(['rxlock.token.%E0%A4'])).toBeUndefined();
  });
});
