import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** A response that is written by hand. */
export type RawResponse = ServerResponse;

/** What is answered: JSON, or text, or nothing. */
export interface Reply {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request, and how it is answered. */
export interface Call {
  /** For whoever asks why it was refused. */
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  /** What the path's placeholders stand for, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Empty if there is none. */
  readonly body: Buffer;
  /** It is a `GET`, but only the head of the answer is wanted. */
  readonly isHead: boolean;
  /** The connection that it came over: the same object for each request of it. */
  readonly connection: object;
  /** Where the other side of it is. */
  readonly address: string;
  /** Once. After the client has gone, nothing happens. */
  answer(reply: Reply): void;
  /** Takes the response over, instead of answering. @returns It, and the headers that it needs beside its own. */
  takeOver(): { readonly response: RawResponse; readonly headers: Readonly<Record<string, string>> };
  /** Calls back when all requests before it on its connection are answered, and never if the client goes before that: for an answer that is dear to make. */
  whenFirst(listener: () => void): void;
  /** Calls back if the client goes before it is answered. */
  onAbandoned(listener: () => void): void;
}

/** What is done with the requests of a path. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With placeholders: `/locks/:name`. */
  readonly path: string;
  /** May throw what the refusal is. */
  handle(call: Call): void;
}
