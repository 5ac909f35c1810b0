import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Call, RawResponse, Reply } from './call.js';

const NOTHING = Buffer.alloc(0);
const JSON_TYPE = 'application/json';
/** Bytes of an answer, of which a client may not take all at once. */
const LARGE = 64 * 1024;
const TEXT_TYPE = 'text/plain; charset=utf-8';
export const REQUEST_ID = 'x-request-id';

/** A request as the HTTP library gives it. */
export class FastifyCall implements Call {
  constructor(
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    private readonly onLarge: (response: RawResponse) => void,
  ) {}

  get id(): string {
    return this.request.id;
  }

  get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  get params(): Readonly<Record<string, string>> {
    return this.request.params as Record<string, string>;
  }

  get query(): Readonly<Record<string, unknown>> {
    return this.request.query as Record<string, unknown>;
  }

  get body(): Buffer {
    return this.request.body instanceof Buffer ? this.request.body : NOTHING;
  }

  get isHead(): boolean {
    return this.request.method === 'HEAD';
  }

  get connection(): object {
    return this.request.raw.socket;
  }

  get address(): string {
    return this.request.raw.socket.remoteAddress ?? '';
  }

  answer({ status, json, text, headers }: Reply): void {
    const { reply } = this;
    if (reply.sent || reply.raw.destroyed) return;
    reply.code(status).header(REQUEST_ID, this.id);
    if (headers !== undefined) reply.headers(headers);
    if (json !== undefined) reply.header('content-type', JSON_TYPE).send(JSON.stringify(json));
    else if (text !== undefined) reply.header('content-type', TEXT_TYPE).send(text);
    else reply.send();
    if (reply.raw.writableLength > LARGE && !reply.raw.destroyed) this.onLarge(reply.raw);
  }

  takeOver(): { readonly response: RawResponse; readonly headers: Readonly<Record<string, string>> } {
    const headers = { ...(this.reply.getHeaders() as Record<string, string>), [REQUEST_ID]: this.id };
    this.reply.hijack();
    return { response: this.reply.raw, headers };
  }

  whenFirst(listener: () => void): void {
    const { raw } = this.reply;
    if (raw.socket !== null) listener();
    // It is given the connection then.
    else raw.once('socket', listener);
  }

  onAbandoned(listener: () => void): void {
    const { raw } = this.reply;
    raw.once('close', () => {
      if (!raw.writableEnded) listener();
    });
  }
}
