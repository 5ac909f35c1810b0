import fc from 'fast-check';
import { EMPTY, NEVER, of, VirtualTimeScheduler, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Api, CONNECTED } from '../../../src/backends/octostore/wire/api.js';
import { resolveSettings } from '../../../src/backends/octostore/client/settings.js';
import type { HttpHead, Transport } from '../../../src/backends/octostore/wire/transport.js';
import { Watches } from '../../../src/backends/octostore/client/watches.js';
import { schedulerClock } from '../../../src/values/scheduler-clock.js';
import { LockError } from '../../../src/contract/errors.js';
import { lockStatus } from '../../../src/values/lock-status.js';
import { fuzz, jsonText, mutated, valueOrLockError } from './support/support.js';

const settings = resolveSettings({ baseUrl: 'http://127.0.0.1:1', token: 'test-token' });
const HEAD: HttpHead = { status: 200, retryAfter: undefined };

/** What comes over the wire: the head, then text in pieces, as a transport decodes it; then nothing, or the end. */
function wire(pieces: readonly Uint8Array[], ends: boolean): Observable<HttpHead | string> {
  const decoder = new TextDecoder();
  const parts = pieces.map((piece) => decoder.decode(piece, { stream: true }));
  return ends ? of(HEAD, ...parts) : (of(HEAD, ...parts, NEVER) as Observable<HttpHead | string>);
}

function runtimeOf(scheduler: VirtualTimeScheduler) {
  return { scheduler, clock: schedulerClock(scheduler), random: () => 0.5 };
}

function transportOf(stream: () => Observable<HttpHead | string>): Transport {
  return { request: () => EMPTY, stream, close: () => Promise.resolve() };
}

/** Bytes, cut into pieces at any places: in the middle of a line, of a character, of nothing. */
function inPieces(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<readonly Uint8Array[]> {
  return fc.tuple(bytes, fc.array(fc.nat(), { maxLength: 6 })).map(([whole, cuts]) => {
    const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).toSorted((a, b) => a - b), whole.length];
    return places.slice(1).map((end, i) => whole.subarray(places[i], end));
  });
}

const line = fc.oneof(
  jsonText.map((json) => `data: ${json}`),
  fc.constantFrom('event: state', 'id: 1', 'id: \0', 'retry: 10', 'retry: x', ': ping', 'data', 'data:', 'dat', ''),
  fc
    .constantFrom('released', 'expired', 'renewed', 'acquired')
    .map((event) => `data: {"event":"${event}","fencing_token":9007199254740993,"expires_at":"2030-01-01T00:00:00Z"}`),
);
const end = fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\r\n\r\n');
const frames = fc.array(fc.tuple(line, end), { maxLength: 8 }).map((lines) => lines.flat().join(''));
const encoder = new TextEncoder();
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  mutated(frames).map((text) => encoder.encode(text)),
);

/** Reads a whole stream, whatever it says. */
function read(pieces: readonly Uint8Array[], ends: boolean): { readonly seen: unknown[]; readonly error: unknown } {
  const scheduler = new VirtualTimeScheduler();
  const api = new Api(
    settings,
    transportOf(() => wire(pieces, ends)),
    runtimeOf(scheduler),
  );
  const seen: unknown[] = [];
  let failure: unknown;
  const reading = api.events('/locks/a/watch', 'watch the lock', 'a').subscribe({
    next: (event) => seen.push(event),
    error: (error: unknown) => {
      failure = error;
    },
  });
  reading.unsubscribe();
  return { seen, error: failure };
}

describe('the stream of server-sent events', () => {
  it('gives texts, or ends in a typed error, whatever the bytes and wherever they are cut', () => {
    fuzz(0.06, fc.tuple(inPieces(bytes), fc.boolean()), ([pieces, ends]) => {
      const { seen, error } = valueOrLockError(() => read(pieces, ends)) as ReturnType<typeof read>;
      expect(seen[0]).toBe(CONNECTED);
      expect(seen.slice(1).every((event) => typeof event === 'string')).toBe(true);
      expect(error === undefined || error instanceof LockError).toBe(true);
    });
  });

  it('says the same wherever it is cut', () => {
    fuzz(0.02, inPieces(frames.map((text) => encoder.encode(text))), (pieces) => {
      const whole = new Uint8Array(pieces.flatMap((piece) => [...piece]));
      expect(read(pieces, false).seen).toEqual(read([whole], false).seen);
    });
  });

  it('is cut off when an event has no end, and hears no more of it', () => {
    const long = encoder.encode('x'.repeat(40_000));
    const { seen, error } = read(
      [encoder.encode('data: '), long, long, long, encoder.encode('\n\ndata: late\n\n')],
      false,
    );
    expect(seen).toEqual([CONNECTED]);
    expect(error).toMatchObject({ code: 'ERR_LOCK_NETWORK', message: 'an event is too long' });
  });

  it('becomes statuses that can be told, and no error', () => {
    fuzz(0.02, fc.tuple(inPieces(bytes), fc.boolean()), ([pieces, ends]) => {
      const scheduler = new VirtualTimeScheduler();
      scheduler.maxFrames = 200;
      const runtime = runtimeOf(scheduler);
      const api = new Api(
        settings,
        transportOf(() => wire(pieces, ends)),
        runtime,
      );
      const held = lockStatus({ name: 'a', status: 'held', holder: 'h', fencingToken: 9_007_199_254_740_993n });
      const told: string[] = [];
      const watching = new Watches({ api, runtime, status: () => of(held) }).watch('a').subscribe((status) => {
        told.push(JSON.stringify(status));
      });
      scheduler.flush();
      watching.unsubscribe();
      expect(told.length).toBeGreaterThan(0);
      for (const one of told) expect(one).toMatch(/^\{"name":"a","status":"(held|free)"/);
    });
  });
});
