import type { Answer } from './stub-service.js';

const MEGABYTE = 'x'.repeat(1024 * 1024);

function raw(status: number, body: string | Buffer, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

/** Sends as fast as it is read. */
function stream(head: string, chunks: number): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write(head);
    let sent = 0;
    const more = (): void => {
      while (!response.destroyed && sent < chunks) {
        sent++;
        if (!response.write(MEGABYTE)) {
          response.once('drain', more);
          return;
        }
      }
      if (!response.destroyed) response.end('"}');
    };
    more();
  };
}

/** Repeats the right answer, with something in it that is not as it should be. */
function twisted(twist: (fields: Record<string, unknown>) => unknown): Answer {
  return (response, _, right) => {
    const body = JSON.stringify(twist({ ...right, fencing_token: 1 }));
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  };
}

const every = (value: unknown): Answer =>
  twisted((fields) => Object.fromEntries(Object.keys(fields).map((key) => [key, value])));

/** The right answer, under names that cannot be sent back; what has no ids is wrong in another way. */
const ids = (id: string): Answer =>
  twisted((fields) =>
    'session_id' in fields || 'lease_id' in fields
      ? { ...fields, session_id: id, lease_id: id }
      : { name: 5, status: 5, locks: [5] },
  );

/** Bodies longer than any that is read. */
export const TOO_LONG: Readonly<Record<string, Answer>> = {
  'ten megabytes': stream('{"x":"', 10),
  'no end of it': stream('{"x":"', Infinity),
  'ten megabytes of an error': (response) => response.writeHead(500).end(MEGABYTE.repeat(10)),
};

/** The one that takes as long as a request may. */
export const UNENDING = 'a body that never ends';

/** What no lock service says, or not like this: none of it is an answer to anything. */
export const NONSENSE: Readonly<Record<string, Answer>> = {
  'ten megabytes': stream('{"x":"', 10),
  html: raw(200, '<!doctype html><h1>Welcome</h1>', { 'content-type': 'text/html' }),
  'html with an error': raw(502, '<h1>Bad Gateway</h1>', { 'content-type': 'text/html' }),
  'html that claims to be JSON': raw(200, '<h1>Welcome</h1>'),
  'text that goes on after its JSON': raw(200, '{"status":"acquired"} and so on'),
  'broken JSON': raw(200, '{"status":"acquired","lease_id":"'),
  'JSON 100,000 levels deep': raw(200, '['.repeat(100_000)),
  'JSON 100,000 levels deep that is whole': raw(200, `${'{"a":'.repeat(100_000)}[1]${'}'.repeat(100_000)} x`),
  'JSON 100,000 levels deep, with a large number': raw(200, `${'['.repeat(100_000)}${'9'.repeat(20)}`),
  'UTF-8 that is cut off': raw(200, Buffer.from('{"status":"ü').subarray(0, -1)),
  'the right answer, with a character that is cut off': (response, _, right) => {
    const text = JSON.stringify({ ...right, fencing_token: 1, note: '?' });
    const bytes = Buffer.from(text, 'latin1').map((byte) => (byte === 0x3f ? 0xc3 : byte));
    response.writeHead(200, { 'content-type': 'application/json' }).end(bytes);
  },
  'UTF-16': raw(200, Buffer.from('{"status":"acquired"}', 'utf16le')),
  'bytes that claim to be compressed': raw(200, 'no gzip', { 'content-encoding': 'gzip' }),
  'a redirect within': raw(301, '', { location: '/elsewhere' }),
  'a connection that ends within the body': (response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{"status":');
    setImmediate(() => response.destroy());
  },
  'no answer': (response) => response.destroy(),
  [UNENDING]: (response) => response.writeHead(200).write('{'),
  'an error of nobody': raw(500, '{}'),
  'an error that is a list': raw(503, '[{"code":"lease_not_current"}]'),
  'an error in words of its own': raw(400, '{"code":"no_such_thing","error":"?"}'),
};

/** JSON, but not what was asked for. */
export const MISFITS: Readonly<Record<string, Answer>> = {
  null: raw(200, 'null'),
  'a list': raw(200, '[]'),
  'a list of lists': raw(200, '[[{}]]'),
  'a number': raw(200, '5'),
  'a huge number': raw(200, '9'.repeat(400)),
  'a text': raw(200, '"acquired"'),
  true: raw(200, 'true'),
  'an object without a field': raw(200, '{}'),
  'fields that are null': every(null),
  'fields that are lists': every([5]),
  'fields that are objects': every({ toString: 'x', length: 5 }),
  'fields that are negative': every(-1),
  'fields that are fractions': every(1.5),
  'fields that are true': every(true),
  'fields that are empty': every(''),
  'fields with half a character': every('\ud800'),
  'fields that lead elsewhere': every('..'),
  'ids with half a character': ids('\ud800'),
  'ids that lead elsewhere': ids('..'),
  'ids of two lines': ids('a\r\nb'),
  'ids that are empty': ids(''),
  'fields on a prototype': (response, _, right) => {
    const inherited = JSON.stringify({ ...right, fencing_token: 1 });
    response.writeHead(200).end(`{"__proto__":${inherited},"constructor":{"prototype":${inherited}}}`);
  },
  'numbers beyond all bounds': raw(
    200,
    '{"status":"acquired","lease_id":"x","session_id":1e999,"fencing_token":1e999,"expires_at":1e999,"retry_after_ms":1e999}',
  ),
};
