import { CLIENT_SHAPES } from './client-shapes.js';
import type { ClientMessage } from './from-client.js';
import { FrameError } from './frame-error.js';
import type { ServerMessage } from './from-server.js';
import { SERVER_SHAPES } from './server-shapes.js';
import { isObject } from '../values/is-object.js';
import type { Shape } from './shape.js';

/** A frame is the JSON text of an array of messages: all that is told at one time. */
export function writeFrame(messages: readonly (ClientMessage | ServerMessage)[]): string {
  return JSON.stringify(messages);
}

/**
 * What a client says.
 *
 * @throws FrameError that says what is wrong, for people; nothing of what was said is in it.
 */
export function readClientFrame(text: string): ClientMessage[] {
  const messages = parse(text);
  messages.forEach((message, index) => {
    const type = typeOf(message, index);
    const shape = CLIENT_SHAPES.get(type);
    if (shape === undefined) throw broken(index, 'has an unknown type');
    check(message as object, shape, index);
  });
  return messages as ClientMessage[];
}

/**
 * What a server says. Messages of a type that is not known here are left out, as a newer server may have more.
 *
 * @throws FrameError as above.
 */
export function readServerFrame(text: string): ServerMessage[] {
  const known: ServerMessage[] = [];
  parse(text).forEach((message, index) => {
    const shape = SERVER_SHAPES.get(typeOf(message, index));
    if (shape === undefined) return;
    check(message as object, shape, index);
    known.push(message as ServerMessage);
  });
  return known;
}

function parse(text: string): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new FrameError('the frame is not JSON');
  }
  if (!Array.isArray(parsed) || parsed.length === 0) throw new FrameError('the frame is not an array of messages');
  return parsed;
}

function typeOf(message: unknown, index: number): string {
  const type: unknown =
    isObject(message) && Object.hasOwn(message, 'type') ? (message as { type: unknown }).type : undefined;
  if (typeof type !== 'string') throw broken(index, 'has no type');
  return type;
}

function check(message: object, shape: Shape, index: number): void {
  const field = shape.problemOf(message);
  if (field !== undefined) throw broken(index, `(${(message as { type: string }).type}) is wrong at ${show(field)}`);
}

function broken(index: number, problem: string): FrameError {
  return new FrameError(`message ${String(index + 1)} of the frame ${problem}`);
}

/** A field may be called anything. */
function show(field: string): string {
  return /^\w{1,32}$/.test(field) ? field : 'a field that does not belong there';
}
